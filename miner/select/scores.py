"""Every document against every node, in blocks: what is kept is a few numbers per document.

A node's score is z-scored by its own mean and spread over the corpus, since cosines of different
nodes do not compare. Both follow from the corpus' mean vector m and covariance C without a pass of
their own: the mean of cos(x, q) is q.m, its variance q.C.q. Documents x nodes never stands in
memory; per document its best few nodes do.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from miner.select.settings import Corpus
    from miner.types import Vectors

KEEP = 4
"""Best nodes kept per document: the owner, its rival, and room for near-synonyms between them."""
SLICE = 4096
"""Rows scored at once: a slice of scores against 500 nodes stays within the processor's cache."""
SAMPLE = 200_000
"""Documents from which mean and spread are estimated when there are more."""
LEAST_SPREAD = 0.02
"""Below any spread seen on real text; keeps five equal documents from dividing by zero."""


@dataclass(frozen=True)
class Moments:
    """Mean vector, shape (d,), and covariance, shape (d, d), of a corpus."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def mean_of(self, queries: Vectors) -> NDArray[np.float32]:
        """Each query's mean cosine over the corpus."""
        mean: NDArray[np.float32] = (queries @ self.mean).astype(np.float32)
        return mean

    def spread_of(self, queries: Vectors) -> NDArray[np.float32]:
        """Each query's standard deviation of cosines over the corpus."""
        variance = np.einsum("nd,nd->n", queries @ self.covariance, queries)
        spread: NDArray[np.float32] = np.sqrt(np.maximum(variance, LEAST_SPREAD**2)).astype("f4")
        return spread

    def alike(self, queries: Vectors, threshold: float) -> NDArray[np.bool_]:
        """Which queries' scores correlate above a threshold over the corpus, shape (n, n)."""
        spread = self.spread_of(queries)
        scaled = queries / spread[:, None]
        turned = scaled @ self.covariance.astype(np.float32)
        result = np.empty((len(queries), len(queries)), dtype=bool)
        for start in range(0, len(queries), SLICE):  # only truths stand for thousands of nodes
            result[start : start + SLICE] = turned[start : start + SLICE] @ scaled.T > threshold
        return result


@dataclass(frozen=True)
class Ranked:
    """Per document its best nodes: numbers and z-scores, shape (documents, KEEP), best first."""

    nodes: NDArray[np.int32]
    scores: NDArray[np.float32]


def moments(corpus: Corpus) -> Moments:
    """Mean and covariance, of a sample drawn by id when the corpus is large."""
    total: NDArray[np.float64] | float = 0.0
    square: NDArray[np.float64] | float = 0.0
    count = 0
    for block in _sample(corpus):
        total = total + block.sum(axis=0, dtype=np.float64)
        square = square + (block.T @ block).astype(np.float64)
        count += len(block)
    mean = np.asarray(total) / max(count, 1)
    return Moments(mean, np.asarray(square) / max(count, 1) - np.outer(mean, mean))


def _sample(corpus: Corpus) -> Iterator[Vectors]:
    ids = corpus.ids
    if len(ids) <= SAMPLE:
        yield from (block for _, block in corpus.blocks())
        return
    rest = -(-len(ids) // SAMPLE)
    drawn = [row for row, id in enumerate(ids) if zlib.crc32(id.encode()) % rest == 0]
    for start in range(0, len(drawn), SLICE):
        yield corpus.vectors(np.array(drawn[start : start + SLICE], dtype=np.int64))


def rank(corpus: Corpus, queries: Vectors, moments: Moments) -> Ranked:
    """The best nodes of every document by z-score; ties go to the node that comes first.

    Args:
        corpus: n documents.
        queries: Unit rows, one a node.
        moments: Of the corpus.
    """
    spread = moments.spread_of(queries)
    weights = np.ascontiguousarray((queries / spread[:, None]).T)
    offset = moments.mean_of(queries) / spread
    keep = min(KEEP, len(queries))
    nodes = np.empty((len(corpus.ids), keep), dtype=np.int32)
    scores = np.empty((len(corpus.ids), keep), dtype=np.float32)
    for start, block in corpus.blocks():
        for first in range(0, len(block), SLICE):
            z = block[first : first + SLICE] @ weights
            z -= offset
            rows = np.arange(len(z))
            at = start + first
            for slot in range(keep):
                best = z.argmax(axis=1)
                nodes[at : at + len(z), slot] = best
                scores[at : at + len(z), slot] = z[rows, best]
                z[rows, best] = -np.inf
    return Ranked(nodes, scores)
