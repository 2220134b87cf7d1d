"""Documents that together cover their node's pool, the surest ones first.

Maximises sum_i w_i max_{j chosen} cos(i, j) greedily, which is within 1 - 1/e of the best value.
Both sides are weighted by membership: what is covered (w_i), and who covers (the gain of j times
w_j), so that a document that hardly belongs neither asks for a neighbour nor becomes one.
Source: Mirzasoleiman et al. (2013); Wei, Iyer and Bilmes (2015). The second weight is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors


@dataclass(frozen=True)
class FacilityLocation:
    """Greedy weighted facility location over a dense matrix of cosines."""

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """See miner.types.Picker."""
        import numpy as np

        k = min(k, len(vectors))
        cosines = np.maximum(vectors @ vectors.T, 0)
        covered = np.zeros(len(vectors), dtype=np.float32)
        free = np.ones(len(vectors), dtype=bool)
        chosen = np.empty(k, dtype=np.int64)
        for i in range(k):
            gains = np.maximum(cosines - covered, 0) @ quality * quality
            gains[~free] = -1.0
            chosen[i] = best = int(np.argmax(gains))
            free[best] = False
            np.maximum(covered, cosines[best], out=covered)
        return chosen


PART: type[Picker] = FacilityLocation
