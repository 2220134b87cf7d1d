"""The output, read back by its format's own parser, gives the finding it was rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.checks.findings import finding_of
from miner.types import Check, Document, Example, Rejected


@dataclass(frozen=True)
class FormatRoundTrip:
    """Refuses an output that its format cannot read, or reads as something else."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if the finding comes back, or if the output is plain text."""
        del documents
        if not item.format:
            return None
        from miner.compose.formats import round_trips

        finding = finding_of(item)
        if finding is None:
            return Rejected("no_annotation", f"format {item.format}, but nothing to compare with")
        if not round_trips(item.format, item.output, finding):
            return Rejected("differs", f"{item.format}: {item.output[:160]}")
        return None


PART: type[Check] = FormatRoundTrip
