"""Room on the disk that is set aside before it is full, for the last records of a run.

The file is filled with zeros when work begins; records overwrite them from the start as JSON lines.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def set_aside(path: Path, size: int) -> None:
    """Take `size` bytes of real disk, unless the file is there already.

    Raises:
        OSError: There is no room: nothing should be paid for that could not be kept.
    """
    if path.is_file() and path.stat().st_size >= size:
        return
    with path.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, size)
        os.fsync(file.fileno())


def append(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record after those that are there, and flush it to the disk."""
    line = json.dumps(record).encode("ascii") + b"\n"
    with path.open("r+b" if path.is_file() else "w+b") as file:
        used = len(file.read().rstrip(b"\0"))
        file.seek(used)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def records(path: Path) -> list[dict[str, Any]]:
    """The records in order; a line that a crash cut short is left out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_bytes().rstrip(b"\0").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
