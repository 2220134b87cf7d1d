"""Extraction in a child process that can be killed, under limits of memory and time.

A page can keep the parser busy for minutes inside C code, where no signal is heard, or take all
memory. The child limits its own CPU time and address space; the parent waits only so long, kills,
rejects the page, and starts another child.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import json
import math
import os
import resource
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Self, get_args

from miner.sources.extraction import Engine, Page, extract, precheck
from miner.types import Rejected

if TYPE_CHECKING:
    from types import TracebackType

PAGES = 5000
"""Pages after which a child is replaced: the extractor leaks."""


_MALLOC = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_TOP_PAD_": str(1 << 24)}
"""Memory of one page is kept for the next, rather than given back and asked for again."""

GARBAGE = 50_000
"""Objects between two searches for cycles, of which a page's tree has none."""


@dataclass(frozen=True)
class Limits:
    """What one page may cost.

    Attributes:
        max_chars: Of the page; longer ones are not tried.
        cpu_seconds: Of the child for one page.
        wall_seconds: Until the child is killed.
        memory_bytes: Address space of the child.
    """

    max_chars: int = 10_000_000
    cpu_seconds: int = 20
    wall_seconds: float = 60.0
    memory_bytes: int = 2 << 30


class Extractor:
    """Pages to texts, one at a time, in a child that starts with the first of them."""

    def __init__(self, engine: Engine = "trafilatura", limits: Limits | None = None) -> None:
        self._engine = engine
        self._limits = limits or Limits()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._pages = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def extract(self, html: str) -> Page | Rejected:
        """The page's main text, or why there is none: never an error, never a hang."""
        if refused := precheck(html, self._limits.max_chars):
            return refused
        if not html.strip():
            return Rejected("no_content", "an empty page")
        reply = self._ask(html.encode("utf-8", "replace"))
        if isinstance(reply, Rejected):
            self.close()
            return reply
        table = json.loads(reply)
        return Rejected(**table["rejected"]) if "rejected" in table else Page(**table)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream:
                with contextlib.suppress(OSError):  # what a dead child did not read
                    stream.close()

    def _ask(self, page: bytes) -> bytes | Rejected:
        child = self._running()
        try:
            _write(child.stdin, page)
            return _read_until(child.stdout, time.monotonic() + self._limits.wall_seconds)
        except TimeoutError:
            return Rejected("extraction_timeout", f"over {self._limits.wall_seconds:g} s")
        except (EOFError, OSError):
            child.kill()
            return Rejected("extraction_died", f"exit code {child.wait()}")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # a fork must not share its parent's child
            self._child, self._owner = None, os.getpid()
        self._pages += 1
        if self._pages % PAGES == 0:
            self.close()
        if self._child is None:
            limits = self._limits
            self._child = subprocess.Popen(
                [
                    *(sys.executable, "-m", __name__, self._engine),
                    *(str(limits.memory_bytes), str(limits.cpu_seconds)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1", **_MALLOC},
            )
            if self._child.stdin and hasattr(fcntl, "F_SETPIPE_SZ"):
                # A page in one go where the system allows it, else a switch of processes per 64 KB.
                with contextlib.suppress(OSError):
                    fcntl.fcntl(self._child.stdin.fileno(), fcntl.F_SETPIPE_SZ, 1 << 20)
        return self._child


_shared: dict[tuple[Engine, Limits], Extractor] = {}


def shared(engine: Engine, limits: Limits | None = None) -> Extractor:
    """The extractor of this process for these settings; it ends with the process."""
    key = (engine, limits or Limits())
    if key not in _shared:
        _shared[key] = Extractor(*key)
        atexit.register(_shared[key].close)
    return _shared[key]


def _write(stream: IO[bytes] | None, content: bytes) -> None:
    if stream is None:
        raise EOFError
    stream.write(len(content).to_bytes(8, "little"))
    stream.write(content)
    stream.flush()


def _read_until(stream: IO[bytes] | None, deadline: float) -> bytes:
    """One answer.

    Raises:
        TimeoutError: It is not there in time.
        EOFError: The child is gone.
    """
    if stream is None:
        raise EOFError
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(buffer) < 8 or len(buffer) < 8 + int.from_bytes(buffer[:8], "little"):
            if not selector.select(deadline - time.monotonic()):
                raise TimeoutError
            if not (block := os.read(stream.fileno(), 1 << 20)):
                raise EOFError
            buffer += block
    return buffer[8:]


def main(engine: Engine, memory_bytes: int, cpu_seconds: int) -> None:
    """Serve pages from standard input until it ends."""
    import logging

    logging.disable(logging.CRITICAL)
    gc.set_threshold(GARBAGE)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hardest = resource.getrlimit(resource.RLIMIT_CPU)
    while size := sys.stdin.buffer.read(8):
        html = sys.stdin.buffer.read(int.from_bytes(size, "little")).decode()
        resource.setrlimit(
            resource.RLIMIT_CPU, (math.ceil(time.process_time()) + cpu_seconds, hardest)
        )
        try:
            found = extract(html, engine)
        except (MemoryError, RecursionError) as error:
            found = Rejected("extraction_failed", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever the extractor's code raises on a page
            found = Rejected("extraction_failed", f"{type(error).__name__}: {error}"[:200])
        if isinstance(found, Rejected):
            table = {"rejected": {"reason": found.reason, "detail": found.detail}}
        else:
            table = found.table()
        _write(sys.stdout.buffer, json.dumps(table).encode())


if __name__ == "__main__" and sys.argv[1] in get_args(Engine):
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))  # type: ignore[arg-type]
