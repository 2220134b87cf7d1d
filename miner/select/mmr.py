"""Maximal marginal relevance: sure, and unlike what is chosen already.

Relevance is membership, not the raw cosine, and is stretched to [0, 1] over the pool, since
else the range that a node happens to have would set the trade.
Source: Carbonell and Goldstein (1998). The stretching is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors


@dataclass(frozen=True)
class MMR:
    """`trade` is the weight of membership against novelty: 1 is nearest, 0 is farthest first."""

    trade: float = 0.7

    def __post_init__(self) -> None:
        if not 0 <= self.trade <= 1:
            raise ValueError(f"trade: expected a number in [0, 1], got {self.trade}")

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """See miner.types.Picker."""
        import numpy as np

        k = min(k, len(vectors))
        chosen = np.empty(k, dtype=np.int64)
        relevance = _stretch(quality)
        alike = np.zeros(len(vectors), dtype=np.float32)
        free = np.ones(len(vectors), dtype=bool)
        for i in range(k):
            value = self.trade * relevance - (1 - self.trade) * alike
            value[~free] = -np.inf
            chosen[i] = best = int(np.argmax(value))
            free[best] = False
            cosines = vectors @ vectors[best]
            alike = np.maximum(alike, cosines) if i else cosines
        return chosen


def _stretch(values: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = values.min(initial=1), values.max(initial=0)
    stretched: NDArray[np.float32] = (values - low) / max(float(high - low), 1e-6)
    return stretched


PART: type[Picker] = MMR
