"""Farthest point first: no document of the pool is far from a chosen one.

A greedy 2-approximation in Euclidean distance, which orders unit rows as cosine does. It begins
with the surest document. It seeks out outliers: use it where a pool is known to be clean.
Source: Gonzalez (1985); Sener and Savarese (2018), Algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors


@dataclass(frozen=True)
class KCenter:
    """Greedy k-center."""

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """See miner.types.Picker."""
        import numpy as np

        k = min(k, len(vectors))
        chosen = np.empty(k, dtype=np.int64)
        nearest = -quality.astype(np.float64)  # so that the first choice is the surest
        for i in range(k):
            chosen[i] = best = int(np.argmin(nearest))
            cosines = vectors @ vectors[best]
            nearest = np.maximum(nearest, cosines) if i else cosines
            nearest[chosen[: i + 1]] = np.inf
        return chosen


PART: type[Picker] = KCenter
