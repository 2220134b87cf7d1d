"""Rules on answers to questions: which mention, how long, and how it is said that there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from miner.compose.preferences.rule import Preference, cut
from miner.types import Answers, Finding, Span

if TYPE_CHECKING:
    from collections.abc import Callable

_ANSWERS = frozenset({"Answers"})


def _extractive(finding: Finding) -> bool:
    return isinstance(finding, Answers) and not finding.answer and not finding.options


def first_occurrence(finding: Finding) -> Finding:
    """Each span moved to the first place where the text has the same words."""
    if not isinstance(finding, Answers) or not _extractive(finding):
        return finding
    whole = finding.text

    def moved(span: Span) -> Span:
        at = whole.text.find(span.text)
        if span.document != whole.document or at < 0:
            return span
        start = whole.start + at
        return Span(span.document, start, start + len(span.text), span.text)

    return replace(finding, spans=tuple(moved(span) for span in finding.spans))


def _spans(rule: Callable[[Span], Span]) -> Callable[[Finding], Finding]:
    def apply(finding: Finding) -> Finding:
        if not isinstance(finding, Answers) or not _extractive(finding):
            return finding
        return replace(finding, spans=tuple(rule(span) for span in finding.spans))

    return apply


def without_preposition(span: Span) -> Span:
    """Turn "in London" to "London"."""
    first, _, rest = span.text.partition(" ")
    known = {"in", "on", "at", "by", "from", "of", "with", "for", "to", "during", "since", "about"}
    return cut(span, len(first) + 1, len(span.text)) if rest and first.lower() in known else span


def _all_prepositions(span: Span) -> Span:
    while (shorter := without_preposition(span)) != span:
        span = shorter
    return span


RULES: tuple[Preference, ...] = (
    Preference("first_occurrence", "occurrence", _ANSWERS, (
        "If the words of the answer occur more than once in the text, take the first occurrence.",
        "Point to the earliest place in the text where the answer's words stand.",
    ), first_occurrence),
    Preference("no_preposition", "preposition", _ANSWERS, (
        "Leave out a preposition at the beginning of the answer.",
        "The answer should not begin with words such as “in”, “by” or “from”.",
    ), _spans(_all_prepositions), "en"),
)  # fmt: skip
