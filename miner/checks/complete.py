"""An extraction names all there is: no untagged second mention, no surface with two types.

What an extraction leaves out teaches a model to leave it out. Checked on entities, open or with a
schema: a surface that is tagged once and stands elsewhere untagged; a surface with two labels; and
for labels of dates, money and percentages, one that the rules of typed_values find and the
extraction lacks. Where a model was shown what rules found (miner.tasks.candidates), what only the
rules have is in dispute: a topic, a date, a price, a percentage that the model left out on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.tasks.candidates import AGREEMENT
from miner.tasks.values import find
from miner.types import Annotation, Check, Document, Entities, Labels, Rejected

LABELS: Mapping[str, re.Pattern[str]] = {
    "money": re.compile(r"\b(?:money|price|monetary|currency|cost)\b", re.IGNORECASE),
    "percentage": re.compile(r"\bpercent(?:age)?s?\b", re.IGNORECASE),
    "date": re.compile(r"\bdates?\b", re.IGNORECASE),
}
"""What a label is called that means what the rules of typed_values find."""


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
        if self.rules and (disputed := _disputed(item)):
            return disputed
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
        named = {name.replace("_", " ") for name in finding.schema}
        wanted = {kind for kind, label in LABELS.items() if any(map(label.search, named))}
        for value in find(text)[0] if wanted else ():
            plain = _plain(value.label, text[value.start : value.end])
            if value.label in wanted and plain and not _touched(value.start, value.end, tagged):
                return Rejected(f"missed_{value.label}", text[value.start : value.end])
        return None


def _disputed(item: Annotation) -> Rejected | None:
    """What rules found, the model was shown, and left out."""
    for label, text, *_ in item.meta.get(AGREEMENT, {}).get("rule_only", ()):
        if isinstance(item.finding, Labels):
            return Rejected("disputed_label", label)
        if isinstance(item.finding, Entities) and label in LABELS and _plain(label, text):
            return Rejected(f"disputed_{label}", text)
    return None


def _plain(label: str, text: str) -> bool:
    """Whether it is surely one; whether a bare year is a date is for the guideline to say."""
    return label != "date" or any(map(str.isalpha, text))


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
