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
    from miner.select.settings import Domain, Select
    from miner.types import Encoder, Node

UNREAD = "unread: language"
"""What bars such a document."""
LETTERS = 40
"""Of a node's words, below which its language is not guessed."""
SURE = 0.9
"""Probability with which a node's words must be of another language to be told of."""


def made_for(encoder: Encoder, settings: Select) -> tuple[str, ...]:
    """The languages that bind a selection; none where the encoder names none."""
    if settings.any_language or not isinstance(encoder, MadeFor):
        return ()
    return tuple(map(base_language, encoder.languages))


def reads(languages: Sequence[str]) -> Callable[[str | None], bool]:
    """Whether an encoder made for these reads a document's language; an unknown one passes."""
    return lambda language: not language or base_language(language) in languages


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
    near = set(languages).union(*(NEAR.get(language, ()) for language in languages))
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
