"""A node's query, refined by its surest documents (pseudo-relevance feedback).

A description names a topic in a few words; its surest documents say how the corpus itself speaks of
it. Near-duplicates count once, or a template would become the topic. The description keeps its
share, so that a node without documents doesn't drift to others' (docs/selection.md).
Source: Rocchio (1971), without negative examples, since the other nodes are the rivals anyhow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from miner.select.queries import unit

if TYPE_CHECKING:
    from miner.select.membership import Members
    from miner.select.settings import Corpus
    from miner.types import Vectors


def refined(
    queries: Vectors, members: Members, corpus: Corpus, count: int, weight: float, duplicates: float
) -> Vectors:
    """The queries, each moved towards its surest documents.

    Args:
        queries: Unit rows, one a node.
        members: First memberships; only those with a positive margin are listened to.
        corpus: Where the vectors are.
        count: Documents listened to per node.
        weight: Their share; less in proportion where there are fewer than `count` of them.
        duplicates: Cosine above which a document has been heard already.
    """
    result = queries.copy()
    for node in range(len(queries)):
        here = members.of(node)
        rows = members.rows[here][members.margins[here] > 0][: 2 * count]
        if not len(rows):
            continue
        heard = _distinct(corpus.vectors(rows), duplicates)[:count]
        share = weight * len(heard) / count
        result[node] = unit((1 - share) * queries[node] + share * unit(heard.mean(axis=0)))
    return result


def _distinct(vectors: Vectors, duplicates: float) -> Vectors:
    alike = np.triu(vectors @ vectors.T, 1) > duplicates
    return vectors[~alike.any(axis=0)]
