"""A syllabus without a model: an article is a subject, its sections are sessions.

Key concepts are what a section links to, and the phrases that the article keeps coming back to and
that stand in the section. All of it is the document's own wording, so what is asked about it can be
answered from the document.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from miner.tasks.keyphrases import rank
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.taxonomy.names import fold, slug, usable
from miner.taxonomy.tree import SESSION, Origin, Proposal
from miner.types import Node, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from miner.tasks.structure import Outline
    from miner.types import Document

MOST_PHRASES = 40
LEAST_SESSIONS = 2
OVERVIEW = ": overview"
"""Ends the name of the session that an article's lead makes."""
SHORT = 5


def syllabus_from(document: Document, parent: Node, most_concepts: int) -> Iterator[Proposal]:
    """Propose a subject and its sessions, or say why the document makes none.

    Args:
        document: Attached to `parent`.
        parent: The node that the subject comes below.
        most_concepts: Of a session.
    """
    origin = Origin("corpus", documents=(document.id,))
    title = usable(re.sub(r"\s*\([^()]*\)$", "", document.title))
    reason = "no_title" if isinstance(title, Rejected) else _unfit(document)
    if isinstance(title, Rejected) or reason:
        yield Proposal(
            Node(f"{parent.id}/?", document.title[:80], "subject", parent=parent.id),
            origin,
            "failed",
            reason,
        )
        return
    parts = outline(document)
    id = f"{parent.id}/{slug(title)}"
    sessions = list(_sessions(document, parts, title, most_concepts))
    if len(sessions) < LEAST_SESSIONS:
        node = Node(id, title, "subject", parent=parent.id)
        yield Proposal(node, origin, "failed", "no_outline")
        return
    lead = " ".join(document.text[slice(*parts.lead)].split())
    terms = tuple(concept for _, concepts in sessions for concept in concepts[:3])
    subject = Node(id, title, "subject", lead[:400], parent.id, (f"id:{document.id}",), terms[:20])
    yield Proposal(subject, origin)
    for name, concepts in sessions:
        yield Proposal(Node(f"{id}/{slug(name)}", name, SESSION, "", id, terms=concepts), origin)


def _unfit(document: Document) -> str:
    if language_of(document) != "en":
        return "language"
    return "reference_page" if is_reference_page(document) else ""


def _sessions(
    document: Document, parts: Outline, title: str, most: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and concepts of each part of the article that has concepts of its own."""
    body = document.text[parts.lead[0] : parts.end]
    phrases = [body[a:b] for a, b in rank(body)[:MOST_PHRASES]]
    phrases = [p for p in phrases if p != p.lower() or _mentions(p, body) > 1]
    own = set(fold(title).split())
    taken: set[str] = set()
    places = [(f"{title}{OVERVIEW}", *parts.lead)]
    places += [(s.title, s.start, s.end) for s in parts.sections if s.end <= parts.end]
    for raw, start, end in places:
        name = usable(raw)
        if isinstance(name, Rejected):
            continue
        text = document.text[start:end]
        found = _links(document, start, end) + [p for p in phrases if _stands_in(p, text)]
        concepts: dict[str, str] = {}
        for concept in map(usable, found):
            if isinstance(concept, str) and _tells(concept, own):
                concepts.setdefault(concept.casefold(), concept)
        new = [item for item in concepts.items() if item[0] not in taken]
        chosen = dict(new[:most])
        taken |= chosen.keys()
        if chosen:
            yield name, tuple(chosen.values())


def _tells(concept: str, title: set[str]) -> bool:
    """Whether a concept is more than a part of the title, or a short everyday word."""
    return not set(fold(concept).split()) <= title and (
        len(concept) > SHORT or concept != concept.lower()
    )


def _links(document: Document, start: int, end: int) -> list[str]:
    return [
        document.text[link["start"] : link["end"]]
        for link in document.meta.get("links", ())
        if start <= link["start"] < link["end"] <= end
    ]


def _stands_in(phrase: str, text: str) -> bool:
    return _mentions(phrase, text) > 0


def _mentions(phrase: str, text: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE))
