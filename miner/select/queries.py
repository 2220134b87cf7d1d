"""A node as a query vector: its own words, its ancestors', and best of all its exemplars."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from miner.errors import SelectionError, choices
from miner.select.telling import silent

if TYPE_CHECKING:
    from miner.select.settings import Corpus, Domain
    from miner.select.telling import Tell
    from miner.types import Encoder, Node, Taxonomy, Vectors

REFERENCE = "id:"
"""An exemplar that begins so names a document of the corpus."""
DOMAIN = "domain"
"""Id of the node that a domain without a taxonomy is."""
IMITATED = 50
"""Texts of an imitated corpus whose mean is the baseline's query."""
PHRASE_END = re.compile(r"[,;:.!?\n、，；。：]+")
ENCODED = 2048
"""Phrases between two words of how far it is."""
MAX_PHRASES = 40
"""Phrases of one node that are encoded; a description of that many says no more with more."""


def node_text(node: Node, taxonomy: Taxonomy) -> str:
    """All that a node says of itself, as one text; its parent keeps apart equal names."""
    parent = taxonomy[node.parent].name if node.parent else ""
    name = f"{node.name} ({parent})" if parent else node.name
    parts = (name, node.description, ", ".join(node.terms))
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())


def node_phrases(node: Node) -> list[str]:
    """A node's name, the phrases of its description, and its terms: each once."""
    phrases = (phrase.strip() for phrase in PHRASE_END.split(node.description))
    return list(dict.fromkeys([node.name, *filter(None, phrases), *node.terms]))[:MAX_PHRASES]


def node_queries(
    taxonomy: Taxonomy,
    nodes: Sequence[Node],
    encoder: Encoder,
    corpus: Corpus,
    tell: Tell = silent,
) -> Vectors:
    """A unit row per node: its words, and in equal parts its exemplars where it has any.

    Its words are the mean of two vectors: all as one text, and the phrases each on its own. An
    encoder lets the first words of an enumeration speak loudest; taken apart, each has a voice.
    `tell` hears how far it is, where there are thousands of phrases.

    Raises:
        SelectionError: An exemplar names a document that the corpus lacks.
    """
    wholes = [node_text(node, taxonomy) for node in nodes]
    phrases = [node_phrases(node) for node in nodes]
    texts = list(dict.fromkeys([*wholes, *itertools.chain.from_iterable(phrases)]))
    place = {text: i for i, text in enumerate(texts)}
    spoken = _spoken(texts, encoder, tell)
    apart = np.stack([spoken[[place[p] for p in some]].mean(axis=0) for some in phrases])
    queries = unit(unit(spoken[[place[text] for text in wholes]]) + unit(apart))
    references = _references(nodes, corpus)
    for i, node in enumerate(nodes):
        if node.exemplars:
            shown = _exemplars(node, references, encoder, corpus)
            queries[i] = unit(queries[i] + unit(shown.mean(axis=0)))
    return queries


def _spoken(texts: Sequence[str], encoder: Encoder, tell: Tell) -> Vectors:
    vectors = np.empty((len(texts), encoder.dimensions), dtype=np.float32)
    for start in range(0, len(texts), ENCODED):
        if len(texts) > ENCODED:
            tell(f"encoding: {start:,} of {len(texts):,} names and phrases of the nodes")
        vectors[start : start + ENCODED] = encoder.encode(
            texts[start : start + ENCODED], query=True
        )
    return vectors


def whole_queries(
    taxonomy: Taxonomy,
    nodes: Sequence[Node],
    encoder: Encoder,
    corpus: Corpus,
    domain: Domain | None = None,
) -> Vectors:
    """A unit row per node as anybody would make it: its text encoded, halved with its exemplars.

    This is the baseline that a selection is compared with. Where a domain is the only node, its
    description and examples are the text and the exemplars.
    """
    from miner.select.examples import read_examples, read_texts

    if domain and [node.id for node in nodes] == [DOMAIN]:
        shown = [read_examples(domain.examples, corpus, encoder)]
        if domain.description:
            shown.append(encoder.encode([domain.description], query=True))
        if domain.imitate:
            texts = itertools.islice(read_texts(Path(domain.imitate)), IMITATED)
            shown.append(encoder.encode(list(texts)))
        return unit(np.concatenate(shown).mean(axis=0, keepdims=True))
    queries = encoder.encode([node_text(node, taxonomy) for node in nodes], query=True)
    queries = unit(np.asarray(queries))
    references = _references(nodes, corpus)
    for i, node in enumerate(nodes):
        if node.exemplars:
            given = _exemplars(node, references, encoder, corpus)
            queries[i] = unit(queries[i] + unit(given.mean(axis=0)))
    return queries


def _exemplars(node: Node, references: dict[str, int], encoder: Encoder, corpus: Corpus) -> Vectors:
    texts = [text for text in node.exemplars if not text.startswith(REFERENCE)]
    rows = [references[text] for text in node.exemplars if text.startswith(REFERENCE)]
    found = [encoder.encode(texts)] if texts else []
    if rows:
        found.append(corpus.vectors(np.array(rows, dtype=np.int64)))
    return np.concatenate(found)


def _references(nodes: Sequence[Node], corpus: Corpus) -> dict[str, int]:
    wanted = {text: node for node in nodes for text in node.exemplars if text.startswith(REFERENCE)}
    if not wanted:
        return {}
    rows = {f"{REFERENCE}{id}": row for row, id in enumerate(corpus.ids)}
    for text, node in wanted.items():
        if text not in rows:
            sample = sorted(rows, key=lambda other: (other[:6] != text[:6], other))[:5]
            raise SelectionError(
                f"node '{node.id}': exemplar '{text}' is no document of this index; "
                f"for instance, {choices(text, sample)}"
            )
    return rows


def unit(vectors: Vectors) -> Vectors:
    """Rows of length one; zero rows stay zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(length, 1e-12)).astype(np.float32)
    return scaled
