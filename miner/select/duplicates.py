"""Near-duplicates among the pools: of two documents that are nearly one, the surer stays.

Only what may be selected is compared, and each document only with those that are kept, in the order
of membership; so a chain of gradual changes does not vanish behind its first link. Two near-
duplicates score alike, so they share a node among their best two: documents are compared within
such groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from miner.select.settings import Corpus
    from miner.types import Rows

GROUP = 256
"""Documents compared with those before them at once: half of a square need not be computed."""


def near_duplicates(
    corpus: Corpus, rows: Rows, groups: NDArray[np.int32], threshold: float, stay: int = 0
) -> dict[int, int]:
    """Which documents to drop, each with the kept one that it repeats.

    Args:
        corpus: Where the vectors are.
        rows: Documents, the surest first; distinct.
        groups: The nodes that each may share with its repeats, shape (len(rows), any).
        threshold: Cosine above which two documents are one.
        stay: How many of the first rows are kept whatever they repeat.
    """
    pairs: dict[int, list[int]] = {}
    places = np.repeat(np.arange(len(rows)), groups.shape[1])
    order = np.lexsort((places, groups.ravel()))
    _, starts = np.unique(groups.ravel()[order], return_index=True)
    for here in np.split(places[order], starts[1:]):
        for later, earlier in _similar(corpus, rows, here, threshold):
            if later < stay:
                continue
            pairs.setdefault(later, []).append(earlier)
    dropped: dict[int, int] = {}
    for later in sorted(pairs):
        kept = [earlier for earlier in pairs[later] if earlier not in dropped]
        if kept:
            dropped[later] = min(kept)
    return {int(rows[later]): int(rows[earlier]) for later, earlier in dropped.items()}


def _similar(
    corpus: Corpus, rows: Rows, here: NDArray[np.int64], threshold: float
) -> list[tuple[int, int]]:
    """Pairs of places (later, earlier) whose cosine is above the threshold."""
    vectors = corpus.vectors(rows[here])
    found: list[tuple[int, int]] = []
    for start in range(0, len(here), GROUP):
        block = vectors[start : start + GROUP]
        cosines = block @ vectors[: start + len(block)].T
        later, earlier = np.nonzero(cosines > threshold)
        later += start
        below = earlier < later
        found += zip(here[later[below]].tolist(), here[earlier[below]].tolist(), strict=True)
    return found
