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
    from miner.types import Rows, Vectors

KEEP = 4
"""Best nodes kept per document: the owner, its rival, and room for near-synonyms between them."""
BLOCK = 8192
"""Rows read at once: 12 MB of 384 numbers, which the allocator keeps from block to block."""
SLICE = 4096
"""Most rows scored at once."""
SLICED = 262_144
"""Scores computed at once, about: 1 MB, so that they are in the cache when the best are sought."""
SAMPLE = 100_000
"""Documents from which mean and spread are estimated, and feedback is heard, of a larger corpus."""
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
    rows: NDArray[np.int64] | None = None
    """Which rows of the corpus these are, ascending; None for all of them."""

    def rows_at(self, places: NDArray[np.int64]) -> Rows:
        """The corpus' rows at places of this ranking."""
        return places if self.rows is None else self.rows[places]

    def places_of(self, rows: Rows) -> NDArray[np.int64]:
        """Where rows stand in this ranking; -1 for those that are not ranked."""
        if self.rows is None:
            return rows
        places = np.minimum(np.searchsorted(self.rows, rows), max(len(self.rows) - 1, 0))
        known = self.rows[places] == rows if len(self.rows) else np.zeros(len(rows), dtype=bool)
        return np.where(known, places, -1)


def moments(corpus: Corpus, sample: Rows | None = None) -> Moments:
    """Mean and covariance of a corpus, or of a sample of it (see `sampled`)."""
    total: NDArray[np.float64] | float = 0.0
    square: NDArray[np.float64] | float = 0.0
    count = 0
    for _, block in _blocks(corpus, sample):
        total = total + block.sum(axis=0, dtype=np.float64)
        square = square + (block.T @ block).astype(np.float64)
        count += len(block)
    mean = np.asarray(total) / max(count, 1)
    return Moments(mean, np.asarray(square) / max(count, 1) - np.outer(mean, mean))


def sampled(corpus: Corpus) -> Rows | None:
    """Rows of a sample drawn by id, in the order of rows; None where the corpus is taken whole."""
    ids = corpus.ids
    if len(ids) <= SAMPLE:
        return None
    rest = -(-len(ids) // SAMPLE)
    drawn = [row for row, id in enumerate(ids) if zlib.crc32(id.encode()) % rest == 0]
    return np.array(drawn, dtype=np.int64)


def _blocks(corpus: Corpus, rows: Rows | None) -> Iterator[tuple[int, Vectors]]:
    if rows is None:
        yield from corpus.blocks(BLOCK)
        return
    for start in range(0, len(rows), SLICE):
        yield start, corpus.vectors(rows[start : start + SLICE])


def _same(queries: Vectors) -> NDArray[np.int64] | None:
    """Per node the first with the very same query: its scores are taken, to the last bit.

    A product's last bits depend on where a column stands. None where all queries differ.
    """
    first: dict[bytes, int] = {}
    places = [first.setdefault(query.tobytes(), i) for i, query in enumerate(queries)]
    return None if len(first) == len(places) else np.array(places)


def rank(corpus: Corpus, queries: Vectors, moments: Moments, sample: Rows | None = None) -> Ranked:
    """The best nodes of every document by z-score; ties go to the node that comes first.

    Args:
        corpus: n documents.
        queries: Unit rows, one a node.
        moments: Of the corpus.
        sample: Rows to rank alone, ascending, where not all are.
    """
    spread = moments.spread_of(queries)
    weights = np.ascontiguousarray((queries / spread[:, None]).T)
    offset = moments.mean_of(queries) / spread
    same = _same(queries)
    keep = min(KEEP, len(queries))
    count = len(corpus.ids) if sample is None else len(sample)
    size = min(SLICE, max(256, SLICED // max(len(queries), 1)))
    nodes = np.empty((count, keep), dtype=np.int32)
    scores = np.empty((count, keep), dtype=np.float32)
    for start, block in _blocks(corpus, sample):
        for first in range(0, len(block), size):
            z = block[first : first + size] @ weights
            z -= offset
            if same is not None:
                z = z[:, same]
            rows = np.arange(len(z))
            at = start + first
            for slot in range(keep):
                best = z.argmax(axis=1)
                nodes[at : at + len(z), slot] = best
                scores[at : at + len(z), slot] = z[rows, best]
                z[rows, best] = -np.inf
    return Ranked(nodes, scores, sample)
