"""The files that a path means: local, by glob or folder, of the shipped sample, or an fsspec URL.

A file's name is its path below the part of `path` that has no wildcard, so that ids made from it
are the same wherever the corpus lies.
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from miner.errors import SourceError, choices
from miner.types import File

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SAMPLE = Path(__file__).parent.parent / "sample"
"""The corpus that ships with the package: `sample:NAME` is a file in it."""

HASHED_WHOLE = 64 << 20
"""Bytes up to which a local file's fingerprint is a hash of its content, and needs no times."""


def is_elsewhere(path: str) -> bool:
    """Whether a path does not depend on the folder it is read in: URL, absolute or `sample:`."""
    return "://" in path or path.startswith(("sample:", "/", "~"))


def find_files(path: str, suffixes: Collection[str]) -> Sequence[File]:
    """The files of a path in the order of their names.

    Args:
        path: A file, a glob, a folder (read through all its depth), `sample:NAME` or a URL.
        suffixes: Endings that count in a folder, such as ".jsonl"; compressed ones go without
            saying.

    Raises:
        SourceError: Nothing is there.
    """
    system, full = _system(path)
    root = _root(full)
    try:
        if _has_magic(full):
            found = [name for name in system.glob(full) if not system.isdir(name)]
        elif _is_folder(system, full):
            root = full.rstrip("/")
            found = [n for n in system.find(full) if _looks_like_file(n, suffixes)]
        else:
            found = [full] if system.exists(full) else []
    except (OSError, ImportError, ValueError) as error:
        raise SourceError(f"{path}: {error}") from error
    if not found:
        raise SourceError(f"{path}: {_why_nothing(system, full, suffixes)}")
    names = sorted((_below(name, root), name) for name in found)
    try:
        return [_file(system, name, where) for name, where in names]
    except OSError as error:  # a link to nowhere, or no right to read
        raise SourceError(f"{path}: cannot read one of its files: {error}") from error


def open_file(path: str, file: File) -> IO[bytes]:
    """Open one of the files that `find_files(path)` named.

    Raises:
        SourceError: It is not there any more, or cannot be read.
    """
    system, full = _system(path)
    if _has_magic(full):
        where = f"{_root(full)}/{file.name}"
    else:
        where = f"{full.rstrip('/')}/{file.name}" if _is_folder(system, full) else full
    try:
        opened: IO[bytes] = system.open(where, "rb")
    except (OSError, ImportError, ValueError) as error:
        raise SourceError(f"{path}: cannot read '{file.name}': {error}") from error
    return opened


@functools.lru_cache(maxsize=64)
def _system(path: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    if path.startswith("sample:"):
        path = str(SAMPLE / path.removeprefix("sample:"))
    if "://" not in path:
        path = os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - a glob, no Path
    try:
        system, full = url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise SourceError(f"{path}: {error}") from error
    return system, str(full)


def _is_folder(system: Any, full: str) -> bool:
    # The web has no folders: to ask would cost a request and parse whatever page comes back.
    return "http" not in system.protocol and bool(system.isdir(full))


def _root(full: str) -> str:
    """The folders before the first wildcard, without a slash at the end."""
    folders = full.split("/")[:-1]
    for place, folder in enumerate(folders):
        if _has_magic(folder):
            return "/".join(folders[:place])
    return "/".join(folders)


def _below(name: str, root: str) -> str:
    return name.removeprefix(root).lstrip("/") if root else name


def _has_magic(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def _looks_like_file(name: str, suffixes: Collection[str]) -> bool:
    last = name.rsplit("/", 1)[-1].lower()
    for packed in (".gz", ".zst", ".bz2", ".xz"):
        last = last.removesuffix(packed)
    return not last.startswith(".") and last.endswith(tuple(suffixes))


def _why_nothing(system: Any, full: str, suffixes: Collection[str]) -> str:
    """What the reader of a message needs to find the right path."""
    if _has_magic(full):
        return "no file fits this pattern"
    if system.isdir(full):
        return f"no file in this folder ends in {', '.join(sorted(suffixes))}"
    parent, _, name = full.rpartition("/")
    try:
        names = [n.rsplit("/", 1)[-1] for n in system.ls(parent, detail=False)]
    except (OSError, ValueError):
        return "no such file or folder"
    guess = choices(name, names).partition("; ")[2]
    return "no such file or folder" + (f"; {guess}" if guess else "")


def _file(system: Any, name: str, where: str) -> File:
    info = system.info(where)
    size = info.get("size")
    if isinstance(system.protocol, tuple) and "file" in system.protocol:
        return File(name, _local_fingerprint(Path(where)), size)
    keys = (
        "ETag",
        "etag",
        "md5Hash",
        "VersionId",
        "LastModified",
        "last_modified",
        "mtime",
        "size",
    )
    known = [f"{key}={info[key]}" for key in keys if info.get(key) is not None]
    return File(name, hashlib.blake2b("|".join(known).encode(), digest_size=16).hexdigest(), size)


def _local_fingerprint(path: Path) -> str:
    stat = path.stat()
    digest = hashlib.blake2b(digest_size=16)
    if stat.st_size <= HASHED_WHOLE:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    else:
        digest.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()
