"""How long work says how far it has come: what it calls, and what it can tell when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Figures:
    """What a job has asked, paid and made so far, over all calls that share its folder."""

    requests: int
    """Answered in this call; what the ledger held is not counted."""
    in_flight: int
    accepted: int
    """Examples; of a tree that grows, proposals."""
    rejected: Mapping[str, int]
    """Tasks, annotations, examples and proposals turned away, by reason."""
    dollars: float
    """Spent, with what is held back for requests in flight."""
    projected: float | None
    """What it will come to in the end; None where nothing tells yet."""
    share: float
    """Of the documents (or examples, or nodes) that are wanted: how much is there, 0 to 1."""
    words: tuple[str, str] = ("documents", "examples")
    """What is done, and what is accepted."""


class Progress(Protocol):
    """Told of every step."""

    def __call__(
        self,
        phase: str,
        done: int,
        total: int | None,
        figures: Callable[[], Figures] | None = None,
        /,
    ) -> None:
        """`figures` is called at any time until the phase ends, from any thread."""
