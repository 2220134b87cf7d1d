"""A Ray cluster: shards run as core tasks, on one machine or many that share the store's folder.

Nothing of the order, the retries or the resuming is left to Ray: a task that dies is reported, and
the job decides. Ray's own usage statistics are switched off.
"""

from __future__ import annotations

import dataclasses
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.engine import Crashed, successors
from miner.engine.worker import answer, name_of, result
from miner.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from miner.types import Engine

_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Ray:
    """A cluster.

    Attributes:
        address: Of the cluster, such as `auto` or `ray://host:10001`; left empty, RAY_ADDRESS
            says it, and without that a cluster of this machine alone is started.
        cpus: Processors of one task.
        gpus: Of one task that embeds; a share of one is allowed.
        timeout_seconds: A task that runs this long is killed and reported as hanging.
        tasks: Most tasks at a time; 0 for as many as the cluster has room for.
    """

    address: str = ""
    cpus: float = 1.0
    gpus: float = 0.0
    timeout_seconds: float = 3600.0
    tasks: int = 0

    def embedding(self) -> Ray:
        """The engine on which shards are embedded; cleaning needs no GPU."""
        return dataclasses.replace(self, cpus=max(self.cpus, 1.0))

    def cleaning(self) -> Ray:
        """The engine on which shards are cleaned."""
        return dataclasses.replace(self, gpus=0.0)

    def map(
        self, function: Callable[[Any], Any], specs: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Pairs of a spec and its result, as they finish; `Crashed` where a task's process died.

        Args:
            function: A function of a module that every node can import.
            specs: What to call it with; taken when there is room.

        Raises:
            MinerError: As the function raised it.
        """
        ray = self._connect()
        options = {"num_cpus": self.cpus, "num_gpus": self.gpus, "max_retries": 0}
        task = ray.remote(**options)(answer)
        name, after = name_of(function), successors(specs)
        flying: dict[Any, tuple[Any, float]] = {}
        done: list[Any] = []  # a process that has done a task is the likely one to get the next
        exhausted = False
        try:
            while True:
                while not exhausted and len(flying) < self._room(ray):
                    try:
                        spec = after(done.pop() if done else None)
                    except StopIteration:
                        exhausted = True
                    else:
                        flying[task.remote(name, spec)] = (spec, time.monotonic())
                if not flying:
                    return
                ready, _ = ray.wait(list(flying), num_returns=1, timeout=_POLL_SECONDS)
                for reference in ready:
                    spec, _ = flying.pop(reference)
                    done.append(spec)
                    yield spec, _outcome(ray, reference)
                self._end_hanging(ray, flying)
        finally:
            for reference in flying:
                ray.cancel(reference, force=True)

    def _connect(self) -> Any:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise MissingExtraError("ray", "ray", "engine 'ray'") from None
        if not ray.is_initialized():
            try:
                ray.init(
                    address=self.address or os.environ.get("RAY_ADDRESS") or "local",
                    log_to_driver=False,
                    logging_level="error",
                    include_dashboard=False if not self.address else None,
                )
            except (ConnectionError, ValueError) as error:
                raise UsageError(f"no Ray cluster at '{self.address}': {error}") from error
        return ray

    def _room(self, ray: Any) -> int:
        if self.tasks:
            return self.tasks
        has = ray.cluster_resources()
        room = has.get("CPU", 1) / self.cpus
        if self.gpus:
            room = min(room, has.get("GPU", 0) / self.gpus)
        return max(1, int(room))

    def _end_hanging(self, ray: Any, flying: dict[Any, tuple[Any, float]]) -> None:
        now = time.monotonic()
        for reference, (_, began) in flying.items():
            if now - began > self.timeout_seconds:
                ray.cancel(reference, force=True)


def _outcome(ray: Any, reference: Any) -> Any:
    from ray.exceptions import RayError

    try:
        answered = ray.get(reference)
    except RayError as error:  # the process or its node died, or we ended it
        first = str(error).strip().partition("\n")[0]
        return Crashed(f"{type(error).__name__}: {first}".rstrip(": "))
    return result(answered)


PART: type[Engine] = Ray
