"""Files that are whole or absent: write under a temporary name, flush, rename, flush the folder.

A reader never sees half a file, and a kill at any moment leaves at most a temporary name behind,
which `sweep` clears. `lock` keeps a second process off a folder.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from miner.errors import BusyError, StoreError, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".partial"


def crash_point(name: str) -> None:
    """Die here, without clean-up, when the environment says so: tests kill in every gap."""
    if os.environ.get("MINER_CRASH_AT") == name:
        os._exit(137)


@contextmanager
def writing(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A binary file that becomes `path` when the block ends well, and nothing otherwise.

    Args:
        path: Its folder is made if need be.
        mode: Permissions from the first byte on, less the process's umask.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}{SUFFIX}")
    try:
        partial.touch(mode)
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        crash_point("before_rename")
        partial.replace(path)
    except OSError as error:
        if error.filename is None:  # a write does not know what it writes to
            error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)
    crash_point("after_rename")


def write_bytes(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a whole file at once."""
    with writing(path, mode) as file:
        file.write(content)


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys, so that equal content is equal bytes."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
    write_bytes(path, (text + "\n").encode("utf-8", "surrogatepass"))


def read_json(path: Path, *keys: str) -> dict[str, Any]:
    """A table that `write_json` wrote; it must have these keys.

    Raises:
        StoreError: The file is missing or damaged.
    """
    with reading(path):
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(table, dict):
            raise StoreError(f"{path}: damaged: expected a table, got {type(table).__name__}")
        for key in keys:
            if key not in table:
                raise StoreError(f"{path}: damaged: '{key}' is missing")
        return table


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what a killed process left half written. Only the holder of the lock may."""
    for partial in folder.rglob(f"*{SUFFIX}"):
        partial.unlink(missing_ok=True)


@contextmanager
def lock(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder for this process alone; the system lets go of it if the process dies.

    Args:
        folder: Made if it is missing.
        shared: Hold it beside others that share it, against any that wants it alone.

    Raises:
        BusyError: Another process holds it.
        StoreError: A file stands where the folder should be.
    """
    with _lock_file(folder, ".lock") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BusyError(
                f"{folder}: process {holder} is at work here; wait for it, or stop it"
            ) from None
        file.truncate(0)
        file.write("of a share" if shared else str(os.getpid()))
        file.flush()
        yield


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait for this process's turn at what those that share a folder must not do together."""
    with _lock_file(folder, ".turn") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock_file(folder: Path, name: str) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise StoreError(f"{folder}: no folder can be here: a file stands in the way") from None
    return (folder / name).open("a+")
