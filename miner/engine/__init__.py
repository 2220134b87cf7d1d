"""Engines, one a file: where shards run. What runs in them says where it is with `beat`."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap

PLACE = struct.Struct("q")
NOWHERE = -1

_board: mmap.mmap | None = None


@dataclass(frozen=True)
class Crashed:
    """The result of work whose process died or hung.

    Attributes:
        detail: How it ended.
        place: The last that it said by `beat`; None if it said nothing.
    """

    detail: str
    place: int | None = None


def beat(place: int) -> None:
    """Say which item of the work is next, for the case that it kills or hangs this process."""
    if _board is not None:
        PLACE.pack_into(_board, 0, place)


def listen(board: mmap.mmap) -> None:
    """Have `beat` write to shared memory: called once, in a worker."""
    global _board  # noqa: PLW0603 - a process has one place
    _board = board
