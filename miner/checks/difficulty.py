"""How hard an example is to answer: a number from 0 (easy) to 1 (hard), without asking a model.

For questions on a text, the mean of three things that make SQuAD-like questions hard (Sugawara et
al., 2018, name the first two): how little of the question's wording stands in the sentence that
holds the answer; how many rivals of the answer's kind the text has; how late the answer comes. A
question that the text does not answer is as hard as its wording is near to the text. For a choice
of labels, how many there are to choose from. Nothing is claimed for other findings.

Where the check *closed_book* asked a model, how seldom it answers without the text is the mean's
other half.
"""

from __future__ import annotations

import math
import re

from miner.checks.findings import finding_of
from miner.shingles import tokens
from miner.types import Answers, Example, Labels, Span

_NUMBER = re.compile(r"\d[\d.,]*")
_NAME = re.compile(r"\b[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*")
_SENTENCE_END = re.compile(r"[.!?。！？]\s+|\n")

LITTLE = frozenset(
    ("a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "and", "or", "is", "was", "are",
     "were", "did", "do", "does", "what", "who", "when", "where", "which", "how", "why", "whom")
)  # fmt: skip
"""Words that say nothing about what is asked."""

MANY = 32
"""Rivals or options from which more make no difference."""


LEVELS = ("easy", "medium", "hard")
"""Thirds of the scale."""


def level(difficulty: float | None) -> str:
    """The third of the scale; empty where nothing is claimed."""
    return "" if difficulty is None else LEVELS[min(int(difficulty * 3), 2)]


def difficulty(example: Example) -> float | None:
    """From 0 to 1, rounded to three places; None where nothing is claimed."""
    known = example.scores.get("closed_book")
    found = _without_model(example)
    if known is None:
        return found
    return round((1 - known + found) / 2 if found is not None else 1 - known, 3)


def _without_model(example: Example) -> float | None:
    finding = finding_of(example)
    if isinstance(finding, Labels) and finding.options:
        return round(_many(len(finding.options) - 1), 3)
    if not isinstance(finding, Answers) or finding.options:
        return None
    text = finding.text
    asked = set(tokens(finding.question)) - LITTLE
    inside = [s for s in finding.spans if s.document == text.document]
    if not inside:
        return round(_shared(asked, text.text), 3) if not finding.answer and asked else None
    first = inside[0]
    at = first.start - text.start
    if not 0 <= at < len(text.text):
        return None
    sentence = _sentence(text.text, at, at + len(first.text))
    parts = (
        1 - _shared(asked, sentence),
        _many(_rivals(first, text.text)),
        at / max(len(text.text), 1),
    )
    return round(sum(parts) / len(parts), 3)


def _shared(asked: set[str], text: str) -> float:
    return len(asked & set(tokens(text))) / len(asked) if asked else 1.0


def _many(number: int) -> float:
    return min(math.log1p(max(number, 0)) / math.log1p(MANY), 1.0)


def _rivals(answer: Span, text: str) -> int:
    """Other pieces of the text that look like the answer: numbers, names, or sentences."""
    if _NUMBER.search(answer.text):
        found = _NUMBER.findall(text)
    elif _NAME.fullmatch(answer.text):
        found = _NAME.findall(text)
    else:
        found = _SENTENCE_END.split(text)
    return len(set(found)) - 1


def _sentence(text: str, start: int, end: int) -> str:
    """What stands around a piece of text between the ends of sentences."""
    low = max((m.end() for m in _SENTENCE_END.finditer(text, 0, start)), default=0)
    after = _SENTENCE_END.search(text, max(end - 1, start))
    return text[low : after.start() if after else len(text)]
