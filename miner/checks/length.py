"""Instruction, input and output are neither empty nor too long, nor too short to teach anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.checks.findings import finding_of
from miner.text import sentences
from miner.types import Check, Document, Example, Rejected, Writing


@dataclass(frozen=True)
class Length:
    """Bounds in characters, which hold for every script."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    min_instruction: int = 8
    max_instruction: int = 4000
    max_input: int = 20_000
    min_output: int = 1
    min_written: int = 120
    """Characters of an output that is a piece of a document: below that there is no text to learn
    to write, only a stub."""
    min_single: int = 200
    """The same, of one that is a single sentence: one fact, and no text."""
    max_output: int = 20_000

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if all three parts are within bounds."""
        del documents
        finding = finding_of(item)
        written = isinstance(finding, Writing) and finding.style != "record"
        least = self.min_written if written else self.min_output
        for name, text, low, high in (
            ("instruction", item.instruction, self.min_instruction, self.max_instruction),
            ("input", item.input, 0, self.max_input),
            ("output", item.output, least, self.max_output),
        ):
            size = len(text.strip())
            if size < low:
                return Rejected(f"short_{name}", f"{size} characters, at least {low}")
            if size > high:
                return Rejected(f"long_{name}", f"{size} characters, at most {high}")
        if written and size < self.min_single and len(sentences(item.output)) < 2:
            return Rejected("short_output", f"one sentence of {size} characters")
        return None


PART: type[Check] = Length
