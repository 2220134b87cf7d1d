"""Candidates from FAISS, where a corpus is too large to score all of it against every node.

Each node names the documents nearest to its query in the store's `vectors.faiss`; what any node
names is then scored exactly against all nodes, as a small corpus is. A document that no node names
cannot be chosen. Which ones are named depends on the index, and so a little on the order in which
its rows were added; what becomes of them does not. docs/selection.md tells how many are missed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from miner.errors import SelectionError
from miner.select.quotas import most_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from miner.select.settings import Corpus, Select
    from miner.types import Node, Rows, Vectors

EXACT_UP_TO = 30_000_000
"""Documents that are all scored where nobody says otherwise: ten minutes of one core against 500
nodes."""
LEAST = 2_000
"""Documents that a node names at the least."""
PER_PLACE = 50
"""Documents that a node names for each place that it has to fill."""
BEYOND = 10
"""How many times as many are looked at where constraints bar most of them."""
TOGETHER = 64
"""Queries at a time: 64 of 20,000 rows each are 15 MB."""


@dataclass(frozen=True)
class Candidates:
    """Who may be chosen at all."""

    index: Any
    """Of FAISS, over all rows of the store."""
    reach: int
    """Documents that a node names."""
    allowed: NDArray[np.bool_] | None
    """Per row whether it may be chosen; None where nothing is barred."""
    always: NDArray[np.int64]
    """Rows that are candidates in any case: what people labelled, what was chosen earlier."""

    @classmethod
    def of(
        cls,
        store: Corpus,
        nodes: Sequence[Node],
        settings: Select,
        allowed: NDArray[np.bool_] | None,
        always: Iterable[int],
    ) -> Candidates | None:
        """None where all documents are candidates.

        Raises:
            SelectionError: FAISS is asked for, and the corpus is no index on disk.
            StoreError: Its `vectors.faiss` is missing, damaged or older than its vectors.
        """
        kind = settings.candidates
        if kind == "exact" or (kind == "auto" and len(store.ids) <= EXACT_UP_TO):
            return None
        reach = max(LEAST, PER_PLACE * most_wanted(nodes, settings))
        return cls(opened(store), reach, allowed, np.array(sorted(always), dtype=np.int64))

    def near(self, *queries: Vectors) -> Rows:
        """The rows that any of the queries names, ascending.

        Args:
            queries: Unit rows, shape (n, d) each.
        """
        named = [np.unique(row) for some in queries for row in self.nearest(some, self.reach)]
        return np.unique(np.concatenate([self.always, *named]))

    def nearest(self, queries: Vectors, count: int) -> list[Rows]:
        """The allowed rows nearest to each query, nearest first, at most `count` of each."""
        from miner.index import search_index

        found: list[Rows] = []
        for start in range(0, len(queries), TOGETHER):
            _, rows = search_index(
                self.index, queries[start : start + TOGETHER], self._looked_at(count)
            )
            for each in rows:
                known = each[each >= 0]
                if self.allowed is not None:
                    known = known[self.allowed[known]]
                found.append(known[:count])
        return found

    def _looked_at(self, count: int) -> int:
        if self.allowed is not None:
            share = float(self.allowed.mean())
            count = math.ceil(count * (min(BEYOND, 1 / share) if share else 1))
        return min(count, int(self.index.ntotal))


def opened(store: Corpus) -> Any:
    """The store's FAISS index, its lists left on disk where its kind allows."""
    from miner.index import open_index
    from miner.store import Store

    if not isinstance(store, Store):
        raise SelectionError(
            "[select] candidates: 'faiss' needs an index folder with its vectors.faiss; allowed "
            "here: 'exact' or 'auto'"
        )
    return open_index(store, mapped=True)


def sizes(
    belongs: NDArray[np.bool_], nodes: NDArray[np.int32], sample: Rows, many: int, all_rows: int
) -> list[int]:
    """How many documents each of `many` nodes has, estimated from an even sample of the corpus.

    Args:
        belongs: Whether a sampled document belongs to a kept node, shape (sample, kept).
        nodes: Those nodes, of the same shape.
        sample: The sampled rows.
        many: Nodes.
        all_rows: Documents of the corpus.
    """
    counts = np.bincount(nodes[belongs], minlength=many)
    scaled: list[int] = np.ceil(counts * (all_rows / max(len(sample), 1))).astype(int).tolist()
    return scaled
