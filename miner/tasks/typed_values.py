"""Finds dates, amounts of money, percentages and quantities, with exact offsets, by rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice
from miner.tasks.prose import broken_line, flaw, incomplete, slip, speaks_to_reader
from miner.tasks.structure import language_of, outline
from miner.tasks.values import LABELS, find
from miner.text import passages, words
from miner.types import Document, Entities, Entity, Passage, Rejected, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from miner.types import Annotation, Case, Mining

_DIGIT_RUN = re.compile(r"\d+")


@dataclass(frozen=True)
class TypedValues:
    """Takes only passages in which every number is accounted for: the answer is then complete."""

    needs_model: ClassVar[bool] = False
    per_document: int = 1
    min_values: int = 3
    max_words: int = 140

    def mine(self, case: Case) -> Mining:
        """The passages richest in kinds of values."""
        yield from ()
        document = case.document
        if language_of(document) != "en":
            return [Rejected("language")]
        if why := slip(document.text):
            return [Rejected("slips", why)]
        found = [self._entities(case, p) for p in self._passages(case)]
        rich = [f for f in found if f is not None]
        if not rich:
            return [Rejected("no_passage")]
        rng = dice(case, "typed_values")
        rng.shuffle(rich)
        rich.sort(key=lambda f: -len({item.label for item in f.items}))
        return [self._annotate(case, f) for f in rich[: self.per_document]]

    def _passages(self, case: Case) -> Iterator[Passage]:
        """Passages within the lead and within sections, so that none runs over a heading."""
        document, parts = case.document, outline(case.document)
        for start, end in (parts.lead, *((s.start, s.end) for s in parts.sections)):
            piece = Document(document.id, document.text[start:end], language=document.language)
            if len(_DIGIT_RUN.findall(piece.text)) < self.min_values:
                continue
            for cut in passages(piece, self.max_words, overlap=0):
                yield Passage(document.id, start + cut.start, start + cut.end, cut.text)

    def _entities(self, case: Case, passage: Passage) -> Entities | None:
        text = passage.text
        if (
            len(words(text)) < 25
            or incomplete(text) not in ("", "no_antecedent")
            or flaw(text)
            or speaks_to_reader(text)
        ):
            return None
        values, doubts = find(text)
        if doubts or len(values) < self.min_values or broken_line(text):
            return None
        span = case.document.span
        items = tuple(
            Entity(span(passage.start + v.start, passage.start + v.end), v.label) for v in values
        )
        return Entities(span(passage.start, passage.end), items, LABELS)

    def _annotate(self, case: Case, finding: Entities) -> Annotation:
        return annotate(case, "typed_values", finding, key=str(finding.text.start))


PART: type[Task] = TypedValues
