"""A model's quotes against the passages that it was shown: what stands there becomes evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.alignment import align
from miner.tasks.retrieval import content_words
from miner.types import Rejected, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.types import Document, Passage

MIN_QUOTE_WORDS = 4


def evidence(
    quotes: Sequence[Mapping[str, Any]],
    passages: Sequence[Passage],
    documents: Mapping[str, Document],
) -> tuple[list[Span], list[str]]:
    """Find quotes in the passages that were shown.

    Args:
        quotes: Each with `quote`, and with `passage`, a number from 1, which may be wrong.
        passages: In the order in which they were shown.
        documents: Theirs, by id.

    Returns:
        The spans, each once, and the quotes that stand in no passage or say too little.
    """
    spans: list[Span] = []
    lost: list[str] = []
    for row in quotes:
        quote, number = str(row["quote"]).strip(), row["passage"]
        if len(quote.split()) < MIN_QUOTE_WORDS:
            lost.append(quote)
            continue
        shown = list(passages)
        if 1 <= number <= len(shown):
            shown.insert(0, shown.pop(number - 1))
        span = next(filter(None, (_inside(p, documents[p.document], quote) for p in shown)), None)
        if span is None:
            lost.append(quote)
        elif span not in spans:
            spans.append(span)
    return spans, lost


def _inside(passage: Passage, document: Document, quote: str) -> Span | None:
    """The quote's place in a passage; exact first, then as miner.alignment aligns it."""
    at = passage.text.find(quote)
    if at >= 0:
        return document.span(passage.start + at, passage.start + at + len(quote))
    found = align(document, quote)
    if isinstance(found, Rejected) or not passage.start <= found.start < found.end <= passage.end:
        return None
    return found


def support(answer: str, question: str, spans: Sequence[Span]) -> float:
    """Share of an answer's telling words that stand in its evidence or its question."""
    said = set(content_words(answer))
    borne = set(content_words(question)).union(*(content_words(s.text) for s in spans))
    return len(said & borne) / max(1, len(said))
