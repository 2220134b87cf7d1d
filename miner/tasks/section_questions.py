"""Asks what a section answers, by its heading or the question above it; needs an edited corpus.

The answer is the section's own text. That it keeps to its heading is told by words; that its
English is good, by no rule here. So of the shipped recipes longform.toml alone names this task
(docs/verdicts-texts.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice, whole
from miner.tasks.headings import ask
from miner.tasks.prose import broken_line, flaw, incomplete, slip
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.tasks.subject import subject_of
from miner.text import paragraphs, words
from miner.types import Answers, Rejected, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from miner.types import Annotation, Case, Mining

_QUESTION = re.compile(
    r"(?:What|Who|Where|When|Why|How|Which|Can|Do|Does|Is|Are|Will|Should|May)\b[^?!.:]{8,110}\?$"
)
_DEIXIS = re.compile(
    r"\b(?:this|these|that|those|it|they|he|she|him|her|them|his|their|here|above|below|your?)\b|"
    r"\b(?:more|else)\?$",
    re.IGNORECASE,
)
"""A question that points at what is not in it cannot be asked by itself."""
_LEANS = re.compile(r"(?:This|These|However|But|And|Then|Also)\b")


@dataclass(frozen=True)
class SectionQuestions:
    """Needs sections whose headings are known to make a good question, or an FAQ page."""

    needs_model: ClassVar[bool] = False
    per_document: int = 2
    min_words: int = 30
    max_words: int = 150
    """A longer section has more room to stray from its heading."""

    def mine(self, case: Case) -> Mining:
        """Up to `per_document` questions, spread over the document by chance."""
        yield from ()
        document = case.document
        if language_of(document) != "en":
            return [Rejected("language")]
        if is_reference_page(document):
            return [Rejected("reference_page")]
        if why := slip(document.text):
            return [Rejected("slips", why)]
        found = [*self._by_heading(case), *self._by_question(case)]
        if not found:
            return [Rejected("no_section")]
        rng = dice(case, "section_questions")
        chosen = rng.sample(found, min(self.per_document, len(found)))
        return [annotation for annotation in found if annotation in chosen]

    def _by_heading(self, case: Case) -> Iterator[Annotation]:
        document = case.document
        parts = outline(document)
        subject = subject_of(document.text, parts)
        if subject is None:
            return
        for section in parts.sections:
            body = document.text[section.start : section.end]
            question = ask(section.title, body, subject, dice(case, section.title))
            if question and self._fits(body, heading=True):
                answer = document.span(section.start, section.end)
                finding = Answers(whole(case), question, (answer,))
                yield annotate(
                    case, "section_questions", finding,
                    key=str(section.start), meta={"self_contained": True},
                )  # fmt: skip

    def _by_question(self, case: Case) -> Iterator[Annotation]:
        """Question and answer pages: two or more lines that ask, each above its answer."""
        document = case.document
        lines = paragraphs(document.text)
        asked = [
            i for i, (a, b) in enumerate(lines) if _QUESTION.fullmatch(document.text[a:b].strip())
        ]
        if len(asked) < 2:
            return
        for place, line in enumerate(asked[:-1]):
            # The last answer's end is unknown: whatever the page says next would join it.
            stop = asked[place + 1]
            if stop - line not in (2, 3):
                continue
            question = document.text[slice(*lines[line])].strip()
            answer = document.span(lines[line + 1][0], lines[stop - 1][1])
            if not _DEIXIS.search(question) and self._fits(answer.text, heading=False):
                finding = Answers(whole(case), question, (answer,))
                yield annotate(
                    case, "section_questions", finding,
                    key=str(answer.start), meta={"self_contained": True},
                )  # fmt: skip

    def _fits(self, body: str, *, heading: bool) -> bool:
        if not self.min_words <= len(words(body)) <= self.max_words or broken_line(body):
            return False
        why = incomplete(body)
        # Below a heading that names the subject, "He" and "It" are clear; "However" is not.
        clear = heading and why == "no_antecedent" and not _LEANS.match(body)
        return not flaw(body) if clear else not why


PART: type[Task] = SectionQuestions
