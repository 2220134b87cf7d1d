"""Blanks out a name that the sentences before tell; some five in six are good, so no default.

A name is blanked only where no other name of the text could stand in its place (rivals.py). What
is left of faults is the English of the sentences (docs/verdicts-rules.md), which no rule here
reads, so no shipped recipe has this task.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.dates import MONTHS
from miner.tasks.asking import spread
from miner.tasks.finding import annotate, dice
from miner.tasks.prose import broken_line, flaw, incomplete, run_on, slip, speaks_to_reader
from miner.tasks.rivals import is_adjective, rivals
from miner.tasks.structure import is_reference_page, language_of
from miner.text import sentences, words
from miner.types import Answers, Passage, Rejected, Task

if TYPE_CHECKING:
    from miner.types import Annotation, Case, Mining

_NAME = re.compile(
    rf"(?<=[a-z,] )(?!(?:{MONTHS})\b)"
    r"[A-Z][a-z]+(?: (?:of |de |von |van )?[A-Z][a-z]+)*(?![\w-])"
)
_CAPITAL_BEFORE = re.compile(r"[A-Z][\w.'’-]* \Z")
_LONGER_BEFORE = re.compile(
    r"[\w,]\s[A-Z][\w.'’-]*\s\Z|[A-Z][\w.'’-]*\s(?:d[aeiou]s?|del|van|von|of|of the)\s\Z"
)
_LONGER_AFTER = re.compile(r"\s(?:of (?:the )?)?[A-Z]")
_JOINED = re.compile(r"[A-Z][\w.'’-]*\s(?:and|y|e|&)\s\Z")
"""What stands before the second half of a name such as Trinidad and Tobago."""
_CUT = re.compile(r"['’]s [A-Z]")
"""What stands behind a name that goes on: New Year's Eve."""
_NO_NAME = frozenset(
    ("St", "Mr", "Mrs", "Ms", "Dr", "Jr", "Sr", "Mt", "Ft", "Sir", "College", "River")
)
_UNTOLD = re.compile(r"\b(?:died|born|buried)\b[^.]*\b(?:in|at|near) \Z")
"""Before a place that nothing told before: where somebody died is seldom where they were born."""
_STANDS_ALONE = re.compile(
    r"[.,!?]|['’]s? |\s(?:in|on|at|to|from|by|for|with|and|or|but|as|is|was|were|are|has|had|have|did|does|do|could|"
    r"would|can|may|might|must|will|should|also|who|which|that|where|when|after|before|until|because|during|while|since|"
    r"under|over|into|of|than|through|against|between|again|then|became|made|went|came|took|left|began|won|lost|wrote|"
    r"said|got|gave|grew|led|found|met|saw|kept|\w+ed)\b"
)
"""What follows a name that is said of no noun behind it, as in "a Paris hospital"."""
BLANK = "_____"


@dataclass(frozen=True)
class Cloze:
    """Blanks only a name that an earlier sentence has too: that makes the answer findable."""

    needs_model: ClassVar[bool] = False
    per_document: int = 1
    max_words: int = 160

    def mine(self, case: Case) -> Mining:
        """One sentence with a blank for each passage, or why there is none."""
        yield from ()
        document = case.document
        if language_of(document) != "en" or is_reference_page(document):
            return [Rejected("unfit_page")]
        if (
            not document.title.strip()
        ):  # a web page is seldom whole enough for its names to be found
            return [Rejected("no_title")]
        if why := slip(document.text):
            return [Rejected("slips", why)]
        made = [self._cloze(case, piece) for piece in spread(case, 4, self.max_words, 60)]
        found = [annotation for annotation in made if annotation is not None]
        return [*found[: self.per_document]] or [Rejected("no_sentence")]

    def _cloze(self, case: Case, piece: Passage) -> Annotation | None:
        if flaw(piece.text) or broken_line(piece.text) or speaks_to_reader(piece.text):
            return None
        spans = sentences(piece.text, "en")
        options = [
            (number, match)
            for number, (start, end) in enumerate(spans)
            if number > 0 and _is_fit(piece.text[start:end])
            for match in _NAME.finditer(piece.text, start, end)
            if not _CAPITAL_BEFORE.search(piece.text, start, match.start())
            and not _LONGER_BEFORE.search(piece.text, start, match.start())
            and not _LONGER_AFTER.match(piece.text, match.end())
            and match[0] not in _NO_NAME
            and not is_adjective(piece.text, match.start())
            and not re.search(r"\d\w* \Z", piece.text[start : match.start()])
            and _same_article(piece.text[: spans[number - 1][1]], piece.text, match)
            and _STANDS_ALONE.match(piece.text, match.end())
            and not re.search(rf"\b{match[0].lower()}\b", piece.text)
            and not _is_of_title(case.document.title, piece.text, match)
            and not _CUT.match(piece.text, match.end())
            and not _is_half(piece.text, start, match)
            and not _UNTOLD.search(piece.text, start, match.start())
            and self._told_once_elsewhere(piece.text, spans, number, match[0])
            and not rivals(
                piece.text[: spans[number - 1][1]],
                piece.text[start:end],
                match[0],
                match.start() - start,
            )
        ]
        if not options:
            return None
        number, match = dice(case, "cloze", piece.start).choice(options)
        start, end = spans[number]
        text = piece.text
        question = f"{text[start : match.start()]}{BLANK}{text[match.end() : end]}"
        context = case.document.span(piece.start, piece.start + spans[number - 1][1])
        place = _whole(match[0], context.text)[0]
        answer = case.document.span(piece.start + place, piece.start + place + len(match[0]))
        finding = Answers(context, question, (answer,))
        return annotate(case, "cloze", finding, key=str(piece.start), meta={"form": "cloze"})

    def _told_once_elsewhere(
        self, text: str, spans: list[tuple[int, int]], number: int, name: str
    ) -> bool:
        start, end = spans[number]
        before = text[: spans[number - 1][1]]
        told = bool(_whole(name, before))
        return told and text[start:end].count(name) == 1 and len(words(before)) >= 40


def _same_article(before: str, text: str, match: re.Match[str]) -> bool:
    """Whether the blank has "the" before it if and only if the name has, wherever it is told."""
    with_article = bool(re.search(r"\b[Tt]he \Z", text[: match.start()]))
    return all(
        bool(re.search(r"\b[Tt]he \Z", before[:place])) == with_article
        for place in _whole(match[0], before)
    )


def _is_of_title(title: str, text: str, match: re.Match[str]) -> bool:
    """Whether a name is but a word of the title, which stands there whole: "Jack in the Box"."""
    if len(title) <= len(match[0]):
        return False
    found = re.finditer(re.escape(title), text)
    return any(each.start() <= match.start() and match.end() <= each.end() for each in found)


def _is_half(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a name is the second half of a pair that the text names more than once."""
    joined = _JOINED.search(text, start, match.start())
    return joined is not None and text.count(f"{joined[0]}{match[0]}") > 1


def _whole(name: str, text: str) -> list[int]:
    """Where a name stands by itself, as "World War" does not in "World War I"."""
    return [
        match.start()
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        if not _LONGER_BEFORE.search(text, max(match.start() - 40, 0), match.start())
        and not _LONGER_AFTER.match(text, match.end())
    ]


def _is_fit(sentence: str) -> bool:
    """Whether a sentence is of a fair length and whole by itself."""
    if re.search(r"[;:()\"“]|\band in \d{4}\b|, that\b", sentence) or sentence.count(",") > 2:
        return False  # a plain sentence: in others a hasty writer goes wrong
    return 8 <= len(words(sentence)) <= 28 and not incomplete(sentence) and not run_on(sentence)


PART: type[Task] = Cloze
