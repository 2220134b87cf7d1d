"""An extraction names all there is: no untagged second mention, no surface with two types.

What an extraction leaves out teaches a model to leave it out. Checked on entities, open or with a
schema: a surface that is tagged once and stands elsewhere untagged; a surface with two labels; and
for labels of dates, money and percentages, a plain one that was not tagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.types import Annotation, Check, Document, Entities, Rejected

RULES: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    # What a label is called; what such a thing looks like at its plainest.
    "money": (
        re.compile(r"\b(?:money|price|monetary|currency|cost)\b", re.IGNORECASE),
        re.compile(r"(?<![\w.])[$€£¥]\s?\d[\d,.]*\d|(?<![\w.])[$€£¥]\s?\d"),
    ),
    "percentage": (
        re.compile(r"\bpercent(?:age)?s?\b", re.IGNORECASE),
        re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)?\s?%"),
    ),
    "date": (
        re.compile(r"\bdates?\b", re.IGNORECASE),
        re.compile(
            r"\b(?:\d{1,2} (?:January|February|March|April|June|July|August|September|October|"
            r"November|December)|(?:January|February|March|April|June|July|August|September|October|"
            r"November|December) \d{1,2},?) (?:1[5-9]|20)\d\d\b"
        ),
    ),
}


@dataclass(frozen=True)
class Complete:
    """Refuses extractions that leave out what they should know of."""

    subject: ClassVar[Literal["annotation", "example"]] = "annotation"

    repeats: bool = True
    """Whether every occurrence of a tagged surface must be tagged. Off for tasks that list each
    entity once."""
    rules: bool = True

    def check(self, item: Annotation, documents: Mapping[str, Document]) -> Rejected | None:
        """None if nothing is known to be missing."""
        del documents
        finding = item.finding
        if not isinstance(finding, Entities):
            return None
        text, offset = finding.text.text, finding.text.start
        tagged = [(e.span.start - offset, e.span.end - offset) for e in finding.items]
        labels: dict[str, str] = {}
        for entity in finding.items:
            first = labels.setdefault(entity.span.text, entity.label)
            if first != entity.label:
                return Rejected("two_labels", f"{entity.span.text}: {first}, {entity.label}")
        if self.repeats:
            for surface in labels:
                for start, end in occurrences(surface, text):
                    if not _covered(start, end, tagged):
                        return Rejected("untagged_mention", f"{surface} at {start + offset}")
        return self._missed(finding, text, tagged) if self.rules else None

    def _missed(
        self, finding: Entities, text: str, tagged: Sequence[tuple[int, int]]
    ) -> Rejected | None:
        for kind, (label, pattern) in RULES.items():
            if any(label.search(name.replace("_", " ")) for name in finding.schema):
                for match in pattern.finditer(text):
                    if not _touched(*match.span(), tagged):
                        return Rejected(f"missed_{kind}", match.group())
        return None


def occurrences(surface: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a surface stands as whole words; in scripts without spaces, anywhere."""
    at = text.find(surface)
    while at >= 0:
        end = at + len(surface)
        if not (_joined(text, at) or _joined(text, end)):
            yield at, end
        at = text.find(surface, end)


def _joined(text: str, at: int) -> bool:
    """Whether a word runs on over a boundary."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return before.isalnum() and after.isalnum() and before.isascii() and after.isascii()


def _covered(start: int, end: int, tagged: Sequence[tuple[int, int]]) -> bool:
    """Whether a mention is tagged, by itself or as part of a longer one."""
    return any(low <= start and end <= high for low, high in tagged)


def _touched(start: int, end: int, tagged: Sequence[tuple[int, int]]) -> bool:
    return any(low < end and start < high for low, high in tagged)


PART: type[Check] = Complete
