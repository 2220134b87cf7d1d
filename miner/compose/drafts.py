"""An example before its provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from miner.types import Finding, Span


class Draft(NamedTuple):
    """What a reader of the example sees, and `finding`, which the output renders."""

    instruction: str
    input: str
    output: str
    finding: Finding
    style: str = "template"
    format: str = ""
    preferences: tuple[str, ...] = ()
    guideline: str = ""
    evidence: tuple[Span, ...] = ()
