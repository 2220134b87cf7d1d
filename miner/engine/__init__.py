"""Engines, one a file: where shards run. What runs in them says where it is with `beat`.

A first SIGTERM or Ctrl-C asks the work to stop where it loses nothing; a second one does not wait.
"""

from __future__ import annotations

import contextlib
import signal
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.errors import Stopped

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

PLACE = struct.Struct("q")
NOWHERE = -1

_board: mmap.mmap | None = None
_asked = ""
"""The signal that asked this process to stop."""


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
    """Say which item of the work is next, for the case that it kills or hangs this process.

    Raises:
        Stopped: The work is done in the process that was asked to stop.
    """
    if _board is not None:
        PLACE.pack_into(_board, 0, place)
    elif _asked:
        stop_if_asked()


def beat_before(row: int) -> None:
    """Say that work goes on, though it has not come to its first item: rows are passed over.

    Raises:
        Stopped: As `beat`.
    """
    beat(NOWHERE - 1 - row)


def successors(specs: Iterable[Any]) -> Callable[[Any], Any]:
    """A function that gives the next spec to whoever is free, who says what it did last, or None.

    A generator of specs is sent that, so that it can hand out what is at hand there.

    Raises:
        StopIteration: The function, when there is no more.
    """
    iterator = iter(specs)
    send: Callable[[Any], Any] | None = getattr(iterator, "send", None)
    return send or (lambda _: next(iterator))


def listen(board: mmap.mmap | None) -> mmap.mmap | None:
    """Have `beat` write to shared memory from now on; what it wrote to before is returned."""
    global _board
    before, _board = _board, board
    return before


def stop_asked() -> bool:
    """Whether a signal asked this process to stop."""
    return bool(_asked)


def stop_if_asked() -> None:
    """Stop here, if that was asked for.

    Raises:
        Stopped: It was.
    """
    if _asked:
        raise Stopped(f"stopped by {_asked}; the same command goes on from here")


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C ask for a stop while the block runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, _frame: FrameType | None) -> None:
        global _asked  # noqa: PLW0603 - a signal is sent to the process
        if _asked:
            raise KeyboardInterrupt
        _asked = signal.Signals(number).name

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
        _forget()


def _forget() -> None:
    global _asked  # noqa: PLW0603 - as above
    _asked = ""
