"""From scores to memberships: how far a document's node is ahead of all that it could be instead.

The margin of a node is its z-score less that of the best rival: another node that is neither kin
nor a near-synonym, or the background, which stands for everything that the taxonomy does not name.
A logistic curve makes a number in (0, 1) of it. Its two constants were fitted on two labelled sets,
web pages and encyclopedia articles, each of which agrees with the curve of the other
(docs/selection.md); on another corpus it is a monotone score, no probability, until labels of that
corpus calibrate it.
"""

from __future__ import annotations

import itertools
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.select.scores import Moments, Ranked
    from miner.types import Node, Taxonomy, Vectors

SLOPE = 2.3
INTERCEPT = -0.37
TOGETHER = 16_384
"""Documents whose margins are computed at a time: they stay in the processor's cache."""
PARTS = 100_000
"""Into so many steps membership is cut."""


@dataclass(frozen=True)
class Curve:
    """Margin to membership: 1 / (1 + exp(-(slope * margin + intercept)))."""

    slope: float = SLOPE
    intercept: float = INTERCEPT

    def probability(self, margin: NDArray[np.float32]) -> NDArray[np.float64]:
        """In steps of 1 / PARTS, so that a row's last bits depend on no summation order."""
        logit = self.slope * margin.astype(np.float64) + self.intercept
        rounded: NDArray[np.float64] = np.rint(PARTS / (1 + np.exp(-logit))) / PARTS
        return rounded


@dataclass(frozen=True)
class Members:
    """Which documents may belong to which node, as three parallel arrays and one more for reading.

    Ordered by node, then probability from high to low, then document id.
    """

    rows: NDArray[np.int64]
    nodes: NDArray[np.int32]
    margins: NDArray[np.float32]
    probabilities: NDArray[np.float64]

    def of(self, node: int) -> slice:
        """Where a node's documents stand."""
        bounds = np.array([node, node + 1], dtype=self.nodes.dtype)  # another would copy all nodes
        first, last = np.searchsorted(self.nodes, bounds)
        return slice(int(first), int(last))

    def probability_of(self, node: int, rows: Sequence[int]) -> NDArray[np.float64]:
        """A node's memberships of some of its documents, in the order asked."""
        found: NDArray[np.float64] = self.probabilities[self._places(node, rows)]
        return found

    def margin_of(self, node: int, rows: Sequence[int]) -> NDArray[np.float32]:
        """The margins likewise."""
        found: NDArray[np.float32] = self.margins[self._places(node, rows)]
        return found

    def chance_of(self, node: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The memberships of any documents, 0 of those that are not kept."""
        here = self.of(node)
        order = np.argsort(self.rows[here], kind="stable")
        places = np.searchsorted(self.rows[here], rows, sorter=order)
        known = places < here.stop - here.start
        found = order[np.where(known, places, 0)] if len(order) else np.zeros_like(places)
        result = np.zeros(len(rows), dtype=np.float64)
        if len(order):
            known &= self.rows[here][found] == rows
            result[known] = self.probabilities[here][found[known]]
        return result

    def _places(self, node: int, rows: Sequence[int]) -> NDArray[np.int64]:
        here = self.of(node)
        order = np.argsort(self.rows[here], kind="stable")
        found = np.searchsorted(self.rows[here], np.asarray(rows, dtype=np.int64), sorter=order)
        places: NDArray[np.int64] = here.start + order[found]
        return places


def kin(
    nodes: Sequence[Node], taxonomy: Taxonomy, queries: Vectors, moments: Moments, siblings: float
) -> NDArray[np.bool_]:
    """Which nodes are no rivals: ancestors, descendants, and those that score the corpus alike."""
    related = moments.alike(queries, siblings)
    place = {node.id: i for i, node in enumerate(nodes)}
    for i, node in enumerate(nodes):
        for ancestor in taxonomy.lineage(node.id):
            if (j := place.get(ancestor.id)) is not None:
                related[i, j] = related[j, i] = True
    return related


def margins(ranked: Ranked, related: NDArray[np.bool_], background: float) -> NDArray[np.float32]:
    """How far each kept node is ahead of its best rival, shape (documents, kept nodes).

    Where all kept nodes are kin, the last of them bounds the rival from above.
    """
    result = np.empty_like(ranked.scores)
    for start in range(0, len(result), TOGETHER):
        part = slice(start, start + TOGETHER)
        nodes, scores = ranked.nodes[part].T, np.ascontiguousarray(ranked.scores[part].T)
        rival = np.full(scores.shape, background, dtype=np.float32)
        if len(scores) < len(related):
            np.maximum(rival, scores[-1], out=rival)
        for one, other in itertools.combinations(range(len(scores)), 2):
            alien = ~related[nodes[one], nodes[other]]
            np.maximum(rival[one], scores[other], out=rival[one], where=alien)
            np.maximum(rival[other], scores[one], out=rival[other], where=alien)
        result[part] = (scores - rival).T
    return result


def members(
    ranked: Ranked,
    margin: NDArray[np.float32],
    by_id: NDArray[np.int64],
    curve: Curve,
    least: float,
) -> Members:
    """All pairs of a document and a node whose membership is at least `least`.

    Args:
        ranked: Documents' best nodes.
        margin: Of each of them.
        by_id: See `id_order`: ties go to the lower id.
        curve: Margin to membership.
        least: What is worth keeping.
    """
    probability = curve.probability(margin)
    places, slots = np.nonzero(probability >= least)
    nodes, probability = ranked.nodes[places, slots], probability[places, slots]
    rows = ranked.rows_at(places)
    key = nodes * np.int64(PARTS + 1) - np.rint(probability * PARTS).astype(np.int64)
    order = np.lexsort((by_id[rows], key))
    return Members(rows[order], nodes[order], margin[places, slots][order], probability[order])


def id_order(ids: Sequence[str]) -> NDArray[np.int64]:
    """Each row's place when documents are sorted by id."""
    places = np.arange(len(ids))
    if all(map(operator.lt, ids, itertools.islice(ids, 1, None))):
        return places
    order = np.empty(len(ids), dtype=np.int64)
    order[sorted(range(len(ids)), key=ids.__getitem__)] = places
    return order
