"""An example before its provenance."""

from __future__ import annotations

from dataclasses import dataclass

from miner.types import Finding, Span


@dataclass(frozen=True, slots=True)
class Draft:
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
