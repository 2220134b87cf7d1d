"""What the encoder was not made to read: documents in other languages, and nodes in other scripts.

Vectors of a text that an encoder cannot read are near to one another for no reason of their
meaning, so that a node fills with what has nothing to do with it (docs/selection.md has figures).
Such documents are left out, and such nodes stay empty, unless the recipe says `any_language`. A
node in another language of the same script is read by half: that is told, and it competes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from miner.errors import SelectionError
from miner.languages import NEAR, identify, readable
from miner.text import base_language
from miner.types import MadeFor

if TYPE_CHECKING:
    from miner.select.settings import Corpus, Domain, Select
    from miner.types import Encoder, Node

UNREAD = "unread: language"
"""What bars such a document."""
SAMPLE, TEXT = 100, 400
"""Texts of unknown language that are looked at, and characters of each."""
LETTERS = 40
"""Of a node's words, below which its language is not guessed."""
SURE = 0.9
"""Probability with which words must be of another language to count as such."""


def made_for(encoder: Encoder, settings: Select) -> tuple[str, ...]:
    """The languages that bind a selection; none where the encoder names none."""
    if settings.any_language or not isinstance(encoder, MadeFor):
        return ()
    return tuple(map(base_language, encoder.languages))


def reads(
    store: Corpus, known: Sequence[str | None], languages: Sequence[str]
) -> Callable[[str | None], bool]:
    """Whether an encoder made for some languages reads a document, by the document's language.

    Documents whose language is unknown stand or fall together, by a sample of their texts.

    Args:
        store: The corpus.
        known: Its documents' languages.
        languages: The encoder's.
    """
    unknown = unknown_are_read(store, known, languages)
    verdicts = {
        language: base_language(language) in languages if language else unknown
        for language in set(known)
    }
    return verdicts.__getitem__


def unknown_are_read(store: Corpus, known: Sequence[str | None], languages: Sequence[str]) -> bool:
    """Whether half or more of the documents without a language are in one that is read."""
    from miner.store import Store

    ids = sorted(id for id, language in zip(store.ids, known, strict=True) if not language)
    if not (ids and isinstance(store, Store)):  # arrays have no texts
        return True
    texts = [found.text for found in store.documents(ids[:: -(-len(ids) // SAMPLE)]).values()]
    return 2 * sum(_is_read(text[:TEXT], languages) for text in texts) >= len(texts)


def _is_read(text: str, languages: Sequence[str]) -> bool:
    if not readable(text, languages):
        return False
    language, probability = identify(text)
    return probability < SURE or language in _near(languages)


def _near(languages: Sequence[str]) -> set[str]:
    """The languages, and those that a short text may be mistaken for."""
    return set(languages).union(*(NEAR.get(language, ()) for language in languages))


def unread_nodes(nodes: Sequence[Node], languages: Sequence[str]) -> Mapping[int, str]:
    """Nodes whose words nobody can go by, each with the reason; exemplars speak for themselves."""
    if not languages:
        return {}
    return {
        number: f"its words are in a script of none of the encoder's languages ({said(languages)})"
        for number, node in enumerate(nodes)
        if not (node.exemplars or readable(_words(node), languages))
    }


def foreign_nodes(nodes: Sequence[Node], languages: Sequence[str]) -> Mapping[str, int]:
    """How many nodes are surely described in another language of a script that can be read."""
    found: dict[str, int] = {}
    if not languages:
        return found
    near = _near(languages)
    for node in nodes:
        words = _words(node)
        if sum(map(str.isalpha, words)) < LETTERS or not readable(words, languages):
            continue
        language, probability = identify(words)
        if probability >= SURE and language not in near:
            found[language] = found.get(language, 0) + 1
    return found


def require_read(domain: Domain, languages: Sequence[str]) -> None:
    """Refuse a domain of which nothing is given but a description that cannot be read.

    Raises:
        SelectionError: So it is.
    """
    given = domain.examples or domain.imitate
    if languages and not given and not readable(domain.description, languages):
        raise SelectionError(
            "[select.domain] description: in a script of none of the encoder's languages "
            f"({said(languages)}); describe it in one of them, give examples, or index with "
            "another encoder"
        )


def said(languages: Sequence[str]) -> str:
    """The languages in a list."""
    return ", ".join(languages)


def _words(node: Node) -> str:
    return ". ".join(filter(None, (node.name, node.description, ", ".join(node.terms))))
