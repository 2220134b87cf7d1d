"""No example holds a question of a benchmark that its model will be tested on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from miner.contamination import Benchmarks
from miner.types import Check, Document, Example, Rejected


@dataclass(frozen=True)
class Contamination:
    """Refuses examples that hold a question of the named files, runs or benchmarks."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    against: tuple[str, ...]
    """Files of JSON lines with a question each (.gz too), or folders of runs."""
    skip: tuple[str, ...] = ()
    """Beginnings of the names of benchmarks whose questions mean nothing without their context."""
    output: bool = True
    """Whether the output is searched as well as instruction and input."""

    def __post_init__(self) -> None:
        if not self.against:
            raise ValueError("'against' is empty: name the files of questions to look for")

    @cached_property
    def _benchmarks(self) -> Benchmarks:
        return Benchmarks.read([Path(name) for name in self.against], self.skip)

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if no question is found."""
        del documents
        parts = [item.instruction, item.input, item.output if self.output else ""]
        hit = self._benchmarks.find(*filter(None, parts))
        if hit is None:
            return None
        share = f"{hit.overlap:.0%} in common"
        return Rejected("found", f"{hit.benchmark}: {hit.question[:160]} ({share})")


PART: type[Check] = Contamination
