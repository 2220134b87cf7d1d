"""Processes of this machine, which may die or hang without harm to the others."""

from __future__ import annotations

import contextlib
import mmap
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from miner import engine
from miner.engine import Crashed, successors
from miner.engine.worker import name_of, result

if TYPE_CHECKING:
    from miner.types import Engine

_POLL_SECONDS = 1.0
_OPENING = 12
"""Times the patience until the first item: what lies before it in a large file is unpacked."""


@dataclass(frozen=True)
class Local:
    """A pool of processes.

    Attributes:
        processes: How many; 0 works in this process, unprotected. By default one a core.
        timeout_seconds: A worker that stays this long at one item is killed.
        devices: One process for each of these instead, which sees this GPU alone, as
            CUDA_VISIBLE_DEVICES has it; `cpu` sees none.
    """

    processes: int | None = None
    timeout_seconds: float = 300.0
    devices: tuple[str, ...] = ()

    def map(
        self, function: Callable[[Any], Any], specs: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Pairs of a spec and its result, as they finish.

        A spec is taken from `specs` only when there is somebody to work on it.

        Args:
            function: A function of a module, so that a worker finds it by name.
            specs: What to call it with; plain values.

        Yields:
            The result is an `engine.Crashed` where the worker died or hung.

        Raises:
            MinerError: As the function raised it.
        """
        if self.processes == 0 and not self.devices:
            yield from self._here(function, specs)
            return
        workers: list[_Worker] = []
        try:
            yield from self._run(function, successors(specs), workers)
        finally:
            for worker in workers:
                worker.stop()

    def _here(
        self, function: Callable[[Any], Any], specs: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        after, spec = successors(specs), None
        while True:
            try:
                spec = after(spec)
            except StopIteration:
                return
            yield spec, function(spec)

    def _run(
        self,
        function: Callable[[Any], Any],
        after: Callable[[Any], Any],
        workers: list[_Worker],
    ) -> Iterator[tuple[Any, Any]]:
        most = len(self.devices) or self.processes or len(os.sched_getaffinity(0))
        name, exhausted = name_of(function), False
        while True:
            while not exhausted and sum(w.busy for w in workers) < most:
                idle = next((w for w in workers if not w.busy), None)
                try:
                    spec = after(idle.last if idle else None)
                except StopIteration:
                    exhausted = True
                    break
                if idle is None:
                    workers.append(idle := _Worker(self._free_device(workers)))
                idle.start(name, spec)
            busy = [w for w in workers if w.busy]
            if not busy:
                return
            for worker in _ready(busy, self.timeout_seconds):
                spec, result = worker.finish()
                if isinstance(result, Crashed):
                    workers.remove(worker)
                yield spec, result

    def _free_device(self, workers: list[_Worker]) -> str:
        free = Counter(self.devices) - Counter(worker.device for worker in workers)
        return next(iter(free), "")


def _ready(busy: list[_Worker], timeout_seconds: float) -> list[_Worker]:
    """Those that answered, died, or have just been killed because they hang; at least one."""
    while True:
        signs = wait([w.connection for w in busy], timeout=_POLL_SECONDS)
        ready = [w for w in busy if w.connection in signs]
        for worker in busy:
            if worker not in ready and worker.stuck(timeout_seconds):
                worker.kill(f"hung for {timeout_seconds:g} seconds")
                ready.append(worker)
        if ready:
            return ready


class _Worker:
    """One process, its pipe, and the memory in which it says where it is."""

    def __init__(self, device: str = "") -> None:
        seen = {"CUDA_VISIBLE_DEVICES": "" if device == "cpu" else device} if device else {}
        with tempfile.TemporaryFile() as file:
            file.truncate(engine.PLACE.size)
            self.board = mmap.mmap(file.fileno(), engine.PLACE.size)
            self.connection, other = Pipe()
            fds = (other.fileno(), file.fileno())
            self.process = subprocess.Popen(
                [sys.executable, "-m", "miner.engine.worker", *map(str, fds)],
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **seen},
            )
            other.close()
        self.device = device
        self.spec: Any = None
        self.last: Any = None
        self.busy, self.killed = False, ""
        self.place, self.since = engine.NOWHERE, 0.0

    connection: Connection

    def start(self, name: str, spec: Any) -> None:
        """Give it work."""
        self.spec, self.last, self.busy = spec, spec, True
        engine.PLACE.pack_into(self.board, 0, engine.NOWHERE)
        self.place, self.since = engine.NOWHERE, time.monotonic()
        with contextlib.suppress(ConnectionError):  # died while idle: finish() will find out
            self.connection.send((name, spec))

    def finish(self) -> tuple[Any, Any]:
        """The spec and what came of it."""
        spec, self.spec, self.busy = self.spec, None, False
        if self.killed:
            return spec, self._crashed()
        try:
            answered = self.connection.recv()
        except (EOFError, ConnectionError):
            return spec, self._crashed()
        return spec, result(answered)

    def _crashed(self) -> Crashed:
        code = self.process.wait()
        place = self._where()
        self.stop()
        return Crashed(
            self.killed or f"its process ended with {code}",
            None if place < 0 else place,
        )

    def _where(self) -> int:
        return int(engine.PLACE.unpack_from(self.board, 0)[0])

    def stuck(self, seconds: float) -> bool:
        """Whether it has been at one item for too long."""
        place, now = self._where(), time.monotonic()
        if place != self.place:
            self.place, self.since = place, now
        patience = _OPENING if place == engine.NOWHERE else 1
        return now - self.since > seconds * patience

    def kill(self, why: str) -> None:
        """End it at once."""
        self.killed = why
        self.process.kill()

    def stop(self) -> None:
        """End it; what it was at is lost."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


PART: type[Engine] = Local
