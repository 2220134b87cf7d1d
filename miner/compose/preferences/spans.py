"""Rules on where a span begins and ends: determiners, titles, quotation marks, whole sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from miner.compose.preferences.rule import SPANS, Preference, cut, on_spans, widen

if TYPE_CHECKING:
    from miner.types import Span

_DETERMINER = re.compile(
    r"(?:the|an?|this|that|these|those|its|his|her|their|our|my|your)\s+(?=\S)", re.IGNORECASE
)
_DETERMINER_BEFORE = re.compile(
    r"(?<!\w)(?:the|an?|this|that|these|those|its|his|her|their|our|my|your) \Z", re.IGNORECASE
)
_TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame|Lord|Lady|King|Queen|Prince|Princess|Emperor|Pope|"
    r"President|Prime Minister|Chancellor|Senator|Governor|General|Colonel|Captain|Major|Sergeant|"
    r"Judge|Justice|Rev|Reverend|Father|Saint|St|Sheikh|Sultan|Count|Duke|Baron|Mayor|Minister|"
    r"Secretary|Ambassador|Coach|Chief|Bishop|Archbishop|Cardinal)"
)
_TITLE = re.compile(rf"(?:{_TITLES}\.?\s+)+(?=[A-Z])")
_TITLE_BEFORE = re.compile(rf"(?<!\w)(?:{_TITLES}\.? )+\Z")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_OPEN, _CLOSE = "\"'“‘«„`([", "\"'”’»“`)]"
_PAIRS = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "„": "“", "(": ")", "[": "]"}
_TAIL = ".,;:!?"
_NAMELIKE = frozenset({"Entities", "Relations", "Attributes", "Events"})


def _before(span: Span, whole: Span) -> str:
    return whole.text[: span.start - whole.start]


def _after(span: Span, whole: Span) -> str:
    return whole.text[span.end - whole.start :]


def without_determiner(span: Span, whole: Span) -> Span:
    """Turn "the Nile" to "Nile", also where there are two: "the that"."""
    del whole
    while match := _DETERMINER.match(span.text):
        shorter = cut(span, match.end(), len(span.text))
        if shorter == span:
            break
        span = shorter
    return span


def with_determiner(span: Span, whole: Span) -> Span:
    """Turn "Nile" to "the Nile", if the text has it so."""
    match = _DETERMINER_BEFORE.search(_before(span, whole)[-12:])
    if match is None or _DETERMINER.match(span.text):
        return span
    return widen(span, whole, len(match[0]), 0)


def without_title(span: Span, whole: Span) -> Span:
    """Turn "President Lincoln" to "Lincoln"."""
    del whole
    match = _TITLE.match(span.text)
    return cut(span, match.end(), len(span.text)) if match else span


def with_title(span: Span, whole: Span) -> Span:
    """Turn "Lincoln" to "President Lincoln", if the text has it so."""
    match = _TITLE_BEFORE.search(_before(span, whole)[-60:])
    if match is None or not span.text[:1].isupper():
        return span
    return widen(span, whole, len(match[0]), 0)


def without_possessive(span: Span, whole: Span) -> Span:
    """Turn "Lincoln's" to "Lincoln"."""
    del whole
    match = _POSSESSIVE.search(span.text)
    if match is None or (match[0] in "'’" and not span.text[:-1].endswith("s")):
        return span
    return cut(span, 0, match.start())


def with_possessive(span: Span, whole: Span) -> Span:
    """Turn "Lincoln" to "Lincoln's", if the text has it so."""
    match = re.match(r"['’]s\b", _after(span, whole))
    return widen(span, whole, 0, 2) if match else span


def without_quotes(span: Span, whole: Span) -> Span:
    """Turn "“Hamlet”" to "Hamlet"."""
    del whole
    while len(span.text) > 2 and _PAIRS.get(span.text[0]) == span.text[-1]:
        shorter = cut(span, 1, len(span.text) - 1)
        if shorter == span:
            break
        span = shorter
    return span


def with_quotes(span: Span, whole: Span) -> Span:
    """Turn "Hamlet" to "“Hamlet”", if the text has it so."""
    left, right = _before(span, whole)[-1:], _after(span, whole)[:1]
    quoted = left in '"“‘«„' and left and _PAIRS.get(left) == right
    return widen(span, whole, 1, 1) if quoted else span


def without_end_mark(span: Span, whole: Span) -> Span:
    """Turn "in 1990." to "in 1990"; a full stop that belongs to an abbreviation stays."""
    del whole
    end = len(span.text.rstrip(_TAIL + " "))
    if re.search(r"(?:\b\w|\.\w|\b(?:Inc|Ltd|Co|Corp|Jr|Sr|Dr|St))\.\Z", span.text[: end + 1]):
        end += 1
    return cut(span, 0, end) if end < len(span.text) else span


def with_end_mark(span: Span, whole: Span) -> Span:
    """Turn "in 1990" to "in 1990.", if the text has it so."""
    follows = _after(span, whole)[:1]
    ends = span.text[-1:] in _TAIL
    return widen(span, whole, 0, 1) if follows and follows in ".!?" and not ends else span


def whole_words(span: Span, whole: Span) -> Span:
    """To the white space on both sides, so that no word is cut."""
    before, after = _before(span, whole), _after(span, whole)
    match_left = re.search(r"\S+\Z", before)
    match_right = re.match(r"\S+", after)
    left = len(match_left[0]) if match_left and not span.text[:1].isspace() else 0
    right = len(match_right[0]) if match_right and not span.text[-1:].isspace() else 0
    return widen(span, whole, left, right)


def whole_sentence(span: Span, whole: Span) -> Span:
    """The sentence, or the sentences, that hold the span."""
    from miner.text import sentences

    start, end = span.start - whole.start, span.end - whole.start
    touched = [(a, b) for a, b in sentences(whole.text) if a < end and start < b]
    if not touched:
        return span
    return widen(span, whole, start - min(touched[0][0], start), max(touched[-1][1], end) - end)


RULES: tuple[Preference, ...] = (
    Preference("no_determiner", "determiner", SPANS, (
        "Leave out articles and other determiners at the beginning of an item.",
        "Items should not start with words such as “the”, “a” or “his”.",
        "Drop a leading “the”, “a” or possessive from what you copy.",
    ), on_spans(without_determiner), "en", of_names=True),
    Preference("with_determiner", "determiner", SPANS, (
        "Include the article or possessive right before an item, if there is one.",
        "Where an item is preceded by “the”, “a” or “their”, copy that word too.",
        "Keep determiners with the items they belong to.",
    ), on_spans(with_determiner), "en", of_names=True),
    Preference("no_title", "title", _NAMELIKE, (
        "Give names without titles such as “Dr.” or “President”.",
        "Titles and ranks before a name are not part of it.",
        "Strip honorifics and ranks from names.",
    ), on_spans(without_title), "en", of_names=True),
    Preference("with_title", "title", _NAMELIKE, (
        "Titles and ranks right before a name belong to it.",
        "Include a title such as “King” or “Dr.” when it stands before a name.",
        "Copy names together with their titles.",
    ), on_spans(with_title), "en", of_names=True),
    Preference("no_possessive", "possessive", SPANS - {"Answers"}, (
        "Leave off a possessive ending (’s).",
        "Give items without a final possessive ’s.",
        "A possessive ending is not part of the item.",
    ), on_spans(without_possessive), "en", of_names=True),
    Preference("with_possessive", "possessive", SPANS - {"Answers"}, (
        "Keep a possessive ’s that is attached to an item.",
        "If an item carries a possessive ’s in the text, copy it with the item.",
        "Items include their possessive ending.",
    ), on_spans(with_possessive), "en", of_names=True),
    Preference("no_quotes", "quotes", SPANS, (
        "Do not include quotation marks or brackets that enclose an item.",
        "Take items out of their quotation marks and brackets.",
        "Enclosing quotes and brackets are not part of an item.",
    ), on_spans(without_quotes), of_names=True),
    Preference("with_quotes", "quotes", SPANS, (
        "If an item stands in quotation marks, include the marks.",
        "Keep the quotation marks around an item.",
        "Copy quoted items together with their quotes.",
    ), on_spans(with_quotes), of_names=True),
    Preference("no_end_mark", "end_mark", frozenset({"Answers", "Phrases"}), (
        "Do not copy punctuation at the end of an item.",
        "Leave off a final full stop or comma.",
        "Items end without punctuation.",
    ), on_spans(without_end_mark)),
    Preference("with_end_mark", "end_mark", frozenset({"Answers"}), (
        "If a sentence ends right behind the answer, include its full stop.",
        "Keep the punctuation mark that closes the sentence after your answer.",
    ), on_spans(with_end_mark)),
    Preference("whole_words", "extent", frozenset({"Answers"}), (
        "Take whole words up to the white space on both sides, punctuation included.",
        "Extend each item to the nearest spaces, so that no word or mark is cut off.",
    ), on_spans(whole_words)),
    Preference("whole_sentence", "extent", frozenset({"Answers"}), (
        "Answer with the whole sentence that contains the answer.",
        "Quote the complete sentence in which the answer stands.",
        "Give the full sentence, not just the part that answers.",
    ), on_spans(whole_sentence)),
)  # fmt: skip
