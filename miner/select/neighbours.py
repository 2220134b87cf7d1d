"""What a document's neighbours say of its node: one document strays, ten rarely do.

A node whose own documents are missing is handed what its neighbours describe badly: documents that
stand out one by one, among documents that do not. So each candidate is scored a second time by the
mean vector of its nearest documents, near-duplicates of itself left out, against the node's own
words, before feedback has drawn the query towards those very documents (docs/selection.md). Where
the neighbours of a node's surest documents hardly speak of it, there may be nothing about it in the
corpus, and all of its documents lose by that.
Source: smoothing of local inconsistency (Diaz 2005, Regularizing ad hoc retrieval scores).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miner.select.scores import Ranked
from miner.select.settings import Corpus

if TYPE_CHECKING:
    from miner.select.scores import Moments
    from miner.select.settings import Select
    from miner.types import Rows, Vectors

HOPELESS = -0.5
"""Margin at and below which nobody asks the neighbours."""
SAMPLE = 40
"""Documents per node, evenly by id, among which neighbours are sought: so many that a node's own
are among them, so few that ten of them are a part of a topic, not one story told ten times."""
LEAST, MOST = 6_000, 60_000
"""Bounds of that sample: small corpora whole, 90 MB of vectors of large ones."""
LISTEN = 1_500
"""Documents of the sample that one node's candidates are compared with."""
EVIDENCE = (3, 20)
"""Fewest and most surest documents of a node whose neighbours tell whether there is anything about
it at all; between them, as many as a node has on the average. Where that is less, none is asked:
so few documents tell nothing."""
ENOUGH = 0.45
"""Median margin of those neighbours below which the node is in doubt (docs/selection.md)."""
DOUBT = 4.0
"""How many times over a doubted node's documents lose what that median lacks, at the most. As many
times as nodes have `SAMPLE` documents on the average: the neighbours of a topic of few documents
are of others even where it is not missing, and prove little."""
CROWD = 10
"""A corpus of fewer than so many times the neighbours is too small for a node to be doubted: the
ten nearest of twenty documents are half of them."""
SHARE = 0.7
"""The neighbours' say in the margin; the document itself has the rest (docs/selection.md)."""


@dataclass(frozen=True)
class Neighbours:
    """A sample of the corpus, and the scores that its documents are read by."""

    corpus: Corpus
    sample: NDArray[np.int64]
    first: NDArray[np.int32]
    """The best node of each sampled document."""
    ranked: Ranked
    """Those whose neighbours are asked."""
    related: NDArray[np.bool_]
    by_id: NDArray[np.int64]
    """See `id_order`."""
    weights: NDArray[np.float32]
    """The nodes' own words, each divided by its spread, shape (d, nodes)."""
    offset: NDArray[np.float32]
    """Per node its mean score."""
    background: float
    duplicates: float
    count: int
    """Neighbours of a document."""

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        sample: Rows,
        first: NDArray[np.int32],
        ranked: Ranked,
        queries: Vectors,
        moments: Moments,
        related: NDArray[np.bool_],
        by_id: NDArray[np.int64],
        settings: Select,
    ) -> Neighbours:
        """Those of a corpus; `sample` as of `listeners`, `queries` the nodes' own words."""
        spread = moments.spread_of(queries)
        return cls(
            corpus,
            sample,
            first,
            ranked,
            related,
            by_id,
            np.ascontiguousarray((queries / spread[:, None]).T),
            moments.mean_of(queries) / spread,
            settings.background,
            settings.duplicates,
            settings.neighbours,
        )

    def heard(self, margin: NDArray[np.float32], checked: int) -> NDArray[np.float32]:
        """Margins in which the neighbours of each node's surest documents have their say.

        The documents beyond them are not looked at one by one: what the last of the surest lose
        by their neighbours, they lose too.

        Args:
            margin: Of each document and kept node, shape (documents, kept).
            checked: How many of a node's surest documents are looked at.
        """
        result = margin.copy()
        kept = margin.shape[1]
        vectors = self.corpus.vectors(self.sample)
        room = np.empty_like(vectors[:LISTEN])
        each = len(self.by_id) / len(self.offset)
        evidence = min(int(each), EVIDENCE[1])
        weight = min(DOUBT, each / SAMPLE)
        places = np.flatnonzero(margin.ravel() > HOPELESS)
        nodes = self.ranked.nodes.ravel()[places]
        order = np.argsort(nodes, kind="stable")
        places, nodes = places[order], nodes[order]
        for here in np.split(places, np.flatnonzero(np.diff(nodes)) + 1):
            if not len(here):
                continue
            node = int(self.ranked.nodes.ravel()[here[0]])
            own = margin.ravel()[here]
            surest = self._surest(here // kept, own, checked)
            asked = here[surest] // kept
            rivals = np.unique(self.ranked.nodes[asked])
            wanted = np.zeros(len(self.offset), dtype=bool)
            wanted[rivals] = True
            among = _evenly(np.flatnonzero(wanted[self.first]), LISTEN)
            rows = self.ranked.rows_at(asked)
            # In memory that is there: new memory of this size costs as much as the products.
            heard = np.take(vectors, among, axis=0, out=room[: len(among)], mode="clip")
            told = self._told(rows, heard, node, rivals[~self.related[node, rivals]])
            change = SHARE * (told - own[surest])
            own += min(0.0, float(change[-max(1, checked // 4) :].mean()))
            own[surest] = margin.ravel()[here[surest]] + change
            if evidence >= EVIDENCE[0] and len(self.sample) >= CROWD * self.count:
                own += weight * _lacking(told, own[surest], evidence)
            result.ravel()[here] = own
        return result

    def _surest(
        self, places: NDArray[np.int64], margin: NDArray[np.float32], count: int
    ) -> NDArray[np.int64]:
        """Which so many have the highest margins, the surest first, ties by id."""
        near = np.arange(len(margin))
        if len(margin) > count:
            near = np.flatnonzero(margin >= np.partition(margin, -count)[-count])
        ids = self.by_id[self.ranked.rows_at(places[near])]
        return near[np.lexsort((ids, -margin[near]))][:count]

    def _told(
        self, rows: Rows, sample: Vectors, node: int, rivals: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """The margin of the mean vector of each row's neighbours in the sample."""
        if not len(sample):
            return np.full(len(rows), HOPELESS, dtype=np.float32)
        cosines = self.corpus.vectors(rows) @ sample.T
        cosines[cosines > self.duplicates] = -2  # itself, and what repeats it
        count = min(self.count, len(sample))
        nearest = np.argpartition(cosines, -count, axis=1)[:, -count:]
        here = np.take_along_axis(cosines, nearest, axis=1) > -2
        mean = np.zeros((len(rows), sample.shape[1]), dtype=np.float32)
        for some, are in zip(nearest.T, here.T, strict=True):  # one product of all is slower
            mean += sample[some] * are[:, None]
        mean /= np.maximum(here.sum(axis=1, keepdims=True), 1)
        rival = np.full(len(rows), self.background, dtype=np.float32)
        if len(rivals):
            scores = mean @ self.weights[:, rivals] - self.offset[rivals]
            np.maximum(rival, scores.max(axis=1), out=rival)
        told: NDArray[np.float32] = mean @ self.weights[:, node] - self.offset[node] - rival
        return told


def _lacking(told: NDArray[np.float32], margin: NDArray[np.float32], count: int) -> float:
    """By how much the neighbours of a node's surest documents say too little of it; at most 0."""
    heard = np.full(count, HOPELESS, dtype=np.float32)
    surest = np.argsort(-margin, kind="stable")[:count]
    heard[: len(surest)] = told[surest]
    return min(0.0, float(np.median(heard)) - ENOUGH)


def listeners(by_id: NDArray[np.int64], nodes: int) -> Rows:
    """The sample: rows in the order of their ids, so that it is no matter how they lie on disk."""
    order = np.argsort(by_id, kind="stable")
    return _evenly(order, min(max(LEAST, SAMPLE * nodes), MOST))


def _evenly(rows: Rows, count: int) -> Rows:
    """So many of the rows, at even steps."""
    if len(rows) <= count:
        return rows
    return rows[np.arange(count) * len(rows) // count]
