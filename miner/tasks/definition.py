"""Asks what a thing is; the answer is the article's first sentence, if that sentence defines it."""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate
from miner.tasks.prose import flaw, incomplete, slip
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.tasks.subject import Subject, subject_of
from miner.text import words
from miner.types import Answers, Rejected, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining

_GENUS = re.compile(r"(?:an?|the|one of|any|some|a kind|a type|when|where)\b", re.IGNORECASE)
_VACUOUS = re.compile(
    r"(?:an?|the) (?:\w+ ){0,2}(?:commune|municipality|village|town|city|county|surname|given name|"
    r"family name|unincorporated community|census-designated place|year|day|number|word|name|term)\b",
    re.IGNORECASE,
)
"""What a reader learns nothing from by itself: thousands of pages say it of thousands of places."""
_VAGUE = re.compile(
    r"(?:an?|the) (?:\w+ )?(?:region|area|place|thing|time|period)\b(?! (?:where|when|of|in which))",
    re.IGNORECASE,
)


_LIVED = re.compile(r"\([^()]*\b\d{4}\b[^()]*[-–—][^()]*\b\d{4}\)")
"""Years of birth and death: "is" is not said of the dead."""
_EMPTY = {
    word[:5]
    for word in (
        "type",
        "kind",
        "form",
        "part",
        "study",
        "level",
        "typical",
        "that",
        "which",
        "with",
    )
}


@dataclass(frozen=True)
class Definition:
    """Needs a title, a first sentence of the form "X is a ...", and an article behind it."""

    needs_model: ClassVar[bool] = False
    min_predicate_words: int = 8
    """Words behind the verb: "was an English author" is true of too many."""
    max_sentence_words: int = 45
    min_words: int = 60
    """Words of the document: a stub's one sentence is a template, not a definition."""

    def mine(self, case: Case) -> Mining:
        """One question, or why there is none."""
        yield from ()
        document = case.document
        if language_of(document) != "en":
            return [Rejected("language")]
        if is_reference_page(document):
            return [Rejected("reference_page")]
        if why := slip(document.text):
            return [Rejected("slips", why)]
        if len(words(document.text)) < self.min_words:
            return [Rejected("stub")]
        parts = outline(document)
        subject = subject_of(document.text, parts)
        if subject is None or re.search(r"\(.*\)$|[!?.,]$", document.title.strip()):
            return [Rejected("no_subject")]
        why = self._unfit(document.text, subject) or flaw(document.text[slice(*parts.lead)])
        if why:
            return [Rejected("no_definition", why)]
        question = f"{'Who' if subject.person else 'What'} {subject.verb} {subject.phrase}?"
        answer = document.span(subject.start, subject.end)
        # A lead of one sentence would show the answer alone.
        shown = parts.lead if parts.lead[1] > subject.end else (parts.lead[0], parts.end)
        finding = Answers(document.span(*shown), question, (answer,))
        return [annotate(case, "definition", finding, meta={"self_contained": True})]

    def _unfit(self, text: str, subject: Subject) -> str:
        sentence = text[subject.start : subject.end]
        predicate = text[subject.predicate : subject.end]
        count = len(words(sentence))
        if len(words(predicate)) < self.min_predicate_words or count > self.max_sentence_words:
            return "length"
        if predicate.lstrip().startswith(("where ", "when ")) or not _GENUS.match(predicate):
            return "no_genus"
        if _VACUOUS.match(predicate) and count < 25:
            return "vacuous"
        if _VAGUE.match(predicate) and count < 25:
            return "vague"
        if _LIVED.search(sentence) and subject.verb == "is":
            return "out_of_date"
        if circular(subject.bare, predicate):
            return "circular"
        return incomplete(sentence)


def circular(subject: str, predicate: str) -> bool:
    """Whether a predicate says little but its subject again: "climate typical in the tropics"."""
    known = {word[:5] for word in words_of(subject)} | _EMPTY
    told = {word[:5] for word in words_of(predicate) if len(word) > 3}
    return len(told - known) < 2


def words_of(text: str) -> list[str]:
    """Its words in lower case."""
    return re.findall(r"[a-z]+", text.lower())


PART: type[Task] = Definition
