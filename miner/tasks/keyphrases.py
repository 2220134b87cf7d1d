"""Names the phrases that a text keeps coming back to, most telling first, by rules."""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate
from miner.tasks.prose import broken_line, flaw
from miner.tasks.stopwords import ENGLISH
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.text import sentences, words
from miner.types import Document, Phrases, Rejected, Span, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining

_TOKEN = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]")
_NO_HEAD = re.compile(r"(?:ly|ing|ed|ous|ful|able|ible|ical|less|ive|est)$")
_NO_FIRST = re.compile(r"(?:ly|ing|ed)$")
_SINGULAR = re.compile(r"(?<=[a-z]{3})(?:ies|s)$")


@dataclass(frozen=True)
class Keyphrases:
    """Takes phrases of one to three words that recur, and only where several do."""

    needs_model: ClassVar[bool] = False
    min_phrases: int = 3
    max_phrases: int = 6
    min_words: int = 80
    max_words: int = 350

    def mine(self, case: Case) -> Mining:
        """One list of phrases, or why there is none."""
        yield from ()
        document = case.document
        if language_of(document) != "en" or is_reference_page(document):
            return [Rejected("unfit_page")]
        text = self._text(document)
        if text is None:
            return [Rejected("no_text")]
        found = rank(text.text)[: self.max_phrases]
        if len(found) < self.min_phrases:
            return [Rejected("few_phrases")]
        items = tuple(document.span(text.start + a, text.start + b) for a, b in found)
        return [annotate(case, "keyphrases", Phrases(text, items))]

    def _text(self, document: Document) -> Span | None:
        """The lead and what follows it up to a paragraph's end, without headings."""
        parts = outline(document)
        candidates = [parts.lead, *((s.start, s.end) for s in parts.sections)]
        for start, end in candidates:
            text = document.text[start:end]
            if self.min_words <= len(words(text)) <= self.max_words:
                return None if flaw(text) or broken_line(text) else document.span(start, end)
        return None


def rank(text: str) -> list[tuple[int, int]]:
    """Where each key phrase first stands, best first.

    A candidate is a run of words without stop words; it must recur, as singular or plural. Its score
    grows with its occurrences, the sentences they spread over, and its length.
    """
    first: dict[tuple[str, ...], tuple[int, int]] = {}
    count: Counter[tuple[str, ...]] = Counter()
    spread: dict[tuple[str, ...], set[int]] = {}
    all_sentences = sentences(text, "en")
    for number, (start, end) in enumerate(all_sentences):
        for run in _runs(text, start, end):
            for size in (1, 2, 3):
                for i in range(len(run) - size + 1):
                    piece = run[i : i + size]
                    key = tuple(_normal(word) for word, _, _ in piece)
                    count[key] += 1
                    spread.setdefault(key, set()).add(number)
                    if key not in first and _is_phrase([word for word, _, _ in piece]):
                        first[key] = (piece[0][1], piece[-1][2])
    scores = {}
    for key in first:
        enough = len(spread[key]) >= (2 if len(key) > 1 else max(3, len(all_sentences) // 4))
        if enough:
            scores[key] = math.log1p(count[key]) * len(spread[key]) * (1 + 0.7 * (len(key) - 1))
    best = sorted(scores, key=lambda key: (-scores[key], first[key]))
    chosen: list[tuple[str, ...]] = []
    for key in best:
        if not any(_within(key, other) or _within(other, key) for other in chosen):
            chosen.append(key)
    return [first[key] for key in chosen]


def _runs(text: str, start: int, end: int) -> list[list[tuple[str, int, int]]]:
    """Runs of words that no stop word and no punctuation interrupts."""
    runs: list[list[tuple[str, int, int]]] = [[]]
    last = start
    for match in _TOKEN.finditer(text, start, end):
        if text[last : match.start()].strip() or text[last : match.start()].count(" ") > 1:
            runs.append([])
        last = match.end()
        if match[0].lower() in ENGLISH:
            runs.append([])
        else:
            runs[-1].append((match[0], match.start(), match.end()))
    return [run for run in runs if run]


def _normal(word: str) -> str:
    return _SINGULAR.sub("", word.lower().removesuffix("'s").removesuffix("’s"))


def _is_phrase(piece: list[str]) -> bool:
    """Whether the words could be a noun phrase: no adverb first, no adjective or verb last."""
    if any(len(word) < 3 for word in piece) or piece[-1].endswith(("'s", "’s")):
        return False
    if len(piece) == 1 and (len(piece[0]) < 4 or _NO_HEAD.search(piece[0])):
        return False
    mixed = len({word[0].isupper() for word in piece}) > 1
    return not mixed and not _NO_FIRST.search(piece[0]) and not _NO_HEAD.search(piece[-1])


def _within(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return len(short) <= len(long) and any(
        long[i : i + len(short)] == short for i in range(len(long) - len(short) + 1)
    )


PART: type[Task] = Keyphrases
