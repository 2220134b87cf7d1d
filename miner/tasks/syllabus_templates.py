"""Questions on key concepts by template, and the stretch of a document that answers them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from miner.tasks.prose import broken_line, flaw, incomplete
from miner.text import sentences
from miner.types import Rejected, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.types import Document

MIN_WORDS = 30
MAX_WORDS = 150
EARLY_WORDS = 8
"""What a sentence is about stands among its first words."""
ONE = (
    "Explain the connection of {concepts} with {subject}.",
    "What should someone who studies {subject} know about {concepts}?",
    "In connection with {subject}, what is there to say about {concepts}?",
    "Within the topic of {subject}, explain the part of {concepts}.",
)
MANY = (
    "Explain how {concepts} come into the topic of {subject}.",
    "In connection with {subject}, what is there to say about {concepts}?",
    "What should someone who studies {subject} know about {concepts}?",
    "Tell me about {concepts} in the context of {subject}.",
)


def question_of(subject: str, concepts: Sequence[str], *key: object) -> str:
    """A question that names the concepts; which wording it has depends on `key`."""
    bank = ONE if len(concepts) == 1 else MANY
    digest = hashlib.sha256(repr((subject, tuple(concepts), key)).encode()).digest()
    template = bank[digest[0] % len(bank)]
    slots = {"subject": subject, "concepts": _listed(concepts)}
    return re.sub(r"\{(\w+)\}", lambda found: slots[found[1]], template)  # once: names are data


def answer_from(documents: Sequence[Document], concepts: Sequence[str]) -> Span | Rejected:
    """The shortest run of whole sentences that has every concept and says enough.

    Documents are tried in order; within one, a run must be unbroken prose and begin with a sentence
    that is about one of the concepts and can be understood by itself.
    """
    reason = Rejected("concepts_apart", "; ".join(concepts))
    for document in documents:
        if all(_places(concept, document.text) for concept in concepts):
            span = _shortest(document, concepts)
            if isinstance(span, Span):
                return span
            reason = span
    return reason


def _shortest(document: Document, concepts: Sequence[str]) -> Span | Rejected:
    text = document.text
    bounds = sentences(text, document.language)
    holds = [[bool(_places(c, text[a:b])) for c in concepts] for a, b in bounds]
    sizes = [len(text[a:b].split()) for a, b in bounds]
    best: tuple[int, int, int] | None = None
    for first in range(len(bounds)):
        opening = text[slice(*bounds[first])]
        early = " ".join(opening.split()[:EARLY_WORDS])
        if not any(_places(c, early) for c in concepts) or incomplete(opening):
            continue
        total = 0
        for last in range(first, len(bounds)):
            total += sizes[last]
            if total > MAX_WORDS:
                break
            every = all(
                any(row[i] for row in holds[first : last + 1]) for i in range(len(concepts))
            )
            if every and total >= MIN_WORDS:
                best = min(filter(None, (best, (total, first, last))))
                break
    if best is None:
        return Rejected("concepts_apart", "; ".join(concepts))
    span = document.span(bounds[best[1]][0], bounds[best[2]][1])
    if why := flaw(span.text) or broken_line(span.text):
        return Rejected("no_prose", why)
    return span


def _places(concept: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(concept)}(?!\w)", text, re.IGNORECASE) is not None


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
