"""A node as a query vector: its own words, its ancestors', and best of all its exemplars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from miner.errors import SelectionError, choices

if TYPE_CHECKING:
    from miner.select.settings import Corpus
    from miner.types import Encoder, Node, Taxonomy, Vectors

REFERENCE = "id:"
"""An exemplar that begins so names a document of the corpus."""


def node_text(node: Node, taxonomy: Taxonomy) -> str:
    """What stands for a node: name, description, terms, and its parent's name as context.

    A root that only groups (no description) says little; the parent's name alone keeps apart
    equal names under different parents.
    """
    parent = taxonomy[node.parent].name if node.parent else ""
    terms = ", ".join(node.terms)
    name = f"{node.name} ({parent})" if parent else node.name
    return ". ".join(part.strip().rstrip(".") for part in (name, node.description, terms) if part)


def node_queries(
    taxonomy: Taxonomy, nodes: Sequence[Node], encoder: Encoder, corpus: Corpus
) -> Vectors:
    """A unit row per node: half its words, half the mean of its exemplars where it has any.

    Raises:
        SelectionError: An exemplar names a document that the corpus lacks.
    """
    queries = encoder.encode([node_text(node, taxonomy) for node in nodes], query=True)
    queries = np.array(queries, dtype=np.float32)
    references = _references(nodes, corpus)
    for i, node in enumerate(nodes):
        if not node.exemplars:
            continue
        texts = [text for text in node.exemplars if not text.startswith(REFERENCE)]
        rows = [references[text] for text in node.exemplars if text.startswith(REFERENCE)]
        found = [encoder.encode(texts)] if texts else []
        if rows:
            found.append(corpus.vectors(np.array(rows, dtype=np.int64)))
        queries[i] = unit(unit(queries[i]) + unit(np.concatenate(found).mean(axis=0)))
    return queries


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
