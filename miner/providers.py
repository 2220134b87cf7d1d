"""Who takes files of requests: providers of batches, and models that are asked by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from miner.errors import LLMError, Stopped
from miner.flow import FATAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from miner.errors import MinerError
    from miner.flow import Failure
    from miner.types import Reply, Request

MOST_BYTES = 190_000_000
"""Of one file of requests: some room below the 200 MB that the batch API allows."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a provider says of a batch."""

    id: str
    state: str
    """`open`, `ended` (whatever is in its files is done), `cancelled` (the same), `failed`."""
    files: tuple[str, ...] = ()
    """Ids of its output and error files, as far as there are any."""
    problems: tuple[tuple[int, str, str], ...] = ()
    """Of a failed one: line from 1 or 0, code, message."""

    @property
    def why(self) -> str:
        """Why it failed, in one line."""
        said = (f"line {n}: {m}" if n else m for n, _, m in self.problems[:5])
        return "; ".join(said) or "no reason is given"


class Provider(Protocol):
    """Where batches go: what a model's `provider()` returns. Each method raises Failure."""

    def upload(self, name: str, path: Path) -> str:
        """Send a file of requests; returns the provider's id of it."""

    def create(self, name: str, file: str) -> Status:
        """Make a batch of a file, with `name` as its metadata."""

    def find(self, name: str, since: float) -> Status | None:
        """The batch of that name, if one was made after the time `since`."""

    def look(self, batch: str) -> Status:
        """How a batch stands."""

    def fetch(self, file: str, path: Path) -> None:
        """Write a file of answers to the disk."""

    def close(self) -> None:
        """Close the connections."""


class BatchModel(Protocol):
    """A model that is asked by batches."""

    endpoint: str
    requests_per_batch: int
    poll_seconds: float

    def provider(self) -> Provider:
        """Where its batches go."""

    def line(self, id: str, request: Request) -> bytes:
        """One request as a line of a batch's file."""

    def answers(self, path: Path) -> Iterator[tuple[str, Reply | Failure]]:
        """Ids and answers of a file; lines that cannot be read are left out."""


def stop_for(failure: Failure) -> MinerError:
    """What ends the run after a failure that no waiting mends."""
    if failure.reason == "quota":
        return Stopped(f"the provider's quota is used up: {failure.detail}")
    return LLMError(failure.detail if failure.reason in FATAL else str(failure))
