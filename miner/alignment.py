"""A quote found in its document, with offsets into the text as it stands; nothing approximate."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING

from miner.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from miner.types import Document, Span


def align(document: Document, quote: str, before: str = "", after: str = "") -> Span | Rejected:
    """Find a quote in its document. Nothing approximate is ever accepted.

    A quote that stands there exactly is found first. One that differs only in white space, Unicode
    composition, width, or the shape of quotation marks and dashes is found on a folded copy, and
    the span is the document's own characters.

    Args:
        document: Where the quote should stand.
        quote: What a model or a reader copied out.
        before: Text that precedes the quote, to choose among several occurrences.
        after: Text that follows it.

    Returns:
        The span; or Rejected "empty_quote" or "not_verbatim".
    """
    wanted = quote.strip()
    if not wanted:
        return Rejected("empty_quote")
    text = document.text
    found = [(at, at + len(wanted)) for at in _occurrences(text, wanted)]
    found = [(a, b) for a, b in found if not _cuts_a_character(text, b)]
    if not found:
        found = _folded_occurrences(text, wanted)
    if not found:
        return Rejected("not_verbatim", quote[:200])
    start, end = max(found, key=lambda span: _fit(text, span, before, after))
    return document.span(start, end)


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _cuts_a_character(text: str, end: int) -> bool:
    return end < len(text) and unicodedata.combining(text[end]) != 0


def _continues(character: str) -> bool:
    """Whether it may compose with what stands before it: a mark, or a Hangul vowel or final."""
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"


def _fit(text: str, span: tuple[int, int], before: str, after: str) -> tuple[int, bool, int]:
    """Order occurrences: by agreeing characters of context, by word boundaries, the first."""
    start, end = span
    context = 0
    left, right = _squeeze(text[max(0, start - 200) : start]), _squeeze(text[end : end + 200])
    wanted_left, wanted_right = _squeeze(before), _squeeze(after)
    for ours, theirs in (
        (reversed(left), reversed(wanted_left)),
        (iter(right), iter(wanted_right)),
    ):
        for a, b in zip(ours, theirs, strict=False):
            if a != b:
                break
            context += 1
    inside = (start > 0 and text[start - 1].isalnum() and text[start].isalnum()) or (
        end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    )
    return context, not inside, -start


def _squeeze(text: str) -> str:
    return " ".join(_fold(text)[0].split())


_FOLDS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
}
"""Shapes of one character. Compatibility forms such as a superscript 2 are other characters."""


@functools.lru_cache(maxsize=64)
def _fold(text: str) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """A folded copy, and for each of its characters where its source starts and ends."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        stop = at + 1
        if text[at].isspace():
            while stop < len(text) and text[stop].isspace():
                stop += 1
            folded = " "
        else:
            while stop < len(text) and _continues(text[stop]):
                stop += 1
            cluster = unicodedata.normalize("NFC", text[at:stop])
            folded = "".join(_FOLDS.get(c, c) for c in cluster if not _hidden(c))
        out.extend(folded)
        starts.extend([at] * len(folded))
        ends.extend([stop] * len(folded))
        at = stop
    return "".join(out), tuple(starts), tuple(ends)


def _hidden(character: str) -> bool:
    """Whether it has no shape of its own: joiners, soft hyphens, controls, tags."""
    return unicodedata.category(character) in {"Cf", "Cc"}


def _folded_occurrences(text: str, wanted: str) -> list[tuple[int, int]]:
    folded, starts, ends = _fold(text)
    needle = _fold(wanted)[0].strip()
    found = []
    for at in _occurrences(folded, needle) if needle else ():
        last = at + len(needle) - 1
        whole = (at == 0 or starts[at - 1] != starts[at]) and (
            last + 1 == len(folded) or starts[last + 1] != starts[last]
        )
        if whole:
            found.append((starts[at], ends[last]))
    return found
