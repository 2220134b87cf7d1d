"""What a worker process of the local pool runs: receive, work, answer, until the pipe closes.

It is started as a program of its own rather than forked or spawned: it inherits no threads or
locks, and the user's script is not imported a second time.
"""

from __future__ import annotations

import ctypes
import importlib
import mmap
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from miner import engine, errors
from miner.errors import MinerError

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def main(connection: Connection, board: mmap.mmap) -> None:
    """Serve until the other end closes."""
    engine.listen(board)
    while True:
        try:
            name, spec = connection.recv()
        except (EOFError, ConnectionError):
            return
        connection.send(answer(name, spec))


def answer(name: str, spec: Any) -> tuple[str, Any]:
    """Call a function by its name; what it returns or raises, as plain values."""
    try:
        return "done", _named(name)(spec)
    except MinerError as error:
        return "error", (type(error).__name__, str(error))
    except Exception:  # noqa: BLE001 - told to the parent, which raises it
        return "bug", traceback.format_exc()


def result(answered: tuple[str, Any]) -> Any:
    """What an answer holds.

    Raises:
        MinerError: As the function raised it.
        RuntimeError: The function has a bug; the traceback is that of the worker.
    """
    kind, value = answered
    if kind == "error":
        name, message = value
        # The constructor of a MissingExtraError takes the parts of its message.
        known = {} if name == "MissingExtraError" else vars(errors)
        raise known.get(name, MinerError)(message)
    if kind == "bug":
        raise RuntimeError(f"a worker failed:\n{value}")
    return value


def name_of(function: Callable[[Any], Any]) -> str:
    """The name under which a worker finds a function."""
    return f"{function.__module__}:{function.__qualname__}"


def _named(name: str) -> Callable[[Any], Any]:
    module, _, attribute = name.partition(":")
    found: Callable[[Any], Any] = getattr(importlib.import_module(module), attribute)
    return found


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies, however it does."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group, but the parent
        signal.signal(number, signal.SIG_IGN)  # drains: it hands out no more and waits for us
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    _die_with_parent()
    pipe, memory = (int(argument) for argument in sys.argv[1:3])
    main(Connection(pipe), mmap.mmap(memory, engine.PLACE.size))
