"""Documents that together cover their node's pool, the surest ones first.

Maximises sum_i w_i max_{j chosen} cos(i, j) greedily, which comes within 1 - 1/e of the best value.
Both sides are weighted by membership: what is covered (w_i), and who covers (the gain of j times
w_j), so that a document that hardly belongs neither asks for a neighbour nor becomes one.
Source: Minoux (1978) for the lazy form; Mirzasoleiman et al. (2015) for the stochastic one. The
second weight is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors

DENSE = 1024
"""Rows up to which all gains are kept true; of more, most are best left as they are."""
TOGETHER = 64
"""Rows of cosines gone through at once: they stay in the processor's cache."""
LAZY = 8192
"""Rows up to which the matrix of cosines is held: 256 MB."""
DEMAND = 4096
"""Rows that the stochastic form tries to cover; a seeded sample of the pool."""


@dataclass(frozen=True)
class FacilityLocation:
    """Greedy weighted facility location.

    `dense` and `lazy` choose the same rows but for ties. `stochastic` looks at a random few
    candidates per step and loses a share of at most `epsilon` of the value in expectation.
    """

    method: Literal["auto", "dense", "lazy", "stochastic"] = "auto"
    epsilon: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon: expected a number between 0 and 1, got {self.epsilon}")

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """See miner.types.Picker."""
        k = min(k, len(vectors))
        method = self.method
        if method == "auto":
            n = len(vectors)
            method = "dense" if n <= DENSE else "lazy" if n <= LAZY else "stochastic"
        if method == "stochastic":
            return _stochastic(vectors, quality, k, self.epsilon)
        return (_dense if method == "dense" else _lazy)(vectors @ vectors.T, quality, k)


def greedy(cosines: NDArray[np.float32], quality: NDArray[np.float32], k: int) -> Rows:
    """Dense up to `DENSE` rows, else lazy.

    Args:
        cosines: Of all pairs, shape (n, n); what is below 0 is set to 0.
        quality: At least 0, shape (n,).
        k: How many, at most n.
    """
    return (_dense if len(cosines) <= DENSE else _lazy)(cosines, quality, k)


def _dense(cosines: NDArray[np.float32], quality: NDArray[np.float32], k: int) -> Rows:
    """All gains are kept true: a choice lowers them by those rows alone that it covers better."""
    import numpy as np

    np.maximum(cosines, 0, out=cosines)
    covered = np.zeros(len(cosines), dtype=np.float32)
    gains = (quality @ cosines).astype(np.float64)  # sums that are lowered k times
    room = np.empty((TOGETHER, len(cosines)), dtype=np.float32)  # new memory costs more than sums
    chosen = np.empty(k, dtype=np.int64)
    free = np.ones(len(cosines), dtype=bool)
    for i in range(k):
        chosen[i] = best = int(np.where(free, gains * quality, -1.0).argmax())
        free[best] = False
        better = np.flatnonzero(cosines[best] > covered)
        for start in range(0, len(better), TOGETHER):
            rows = better[start : start + TOGETHER]
            part = np.take(cosines, rows, axis=0, out=room[: len(rows)], mode="clip")
            np.minimum(part, cosines[best, rows, None], out=part)
            part -= covered[rows, None]
            np.maximum(part, 0, out=part)
            gains -= quality[rows] @ part
        np.maximum(covered, cosines[best], out=covered)
    return chosen


def _lazy(cosines: NDArray[np.float32], quality: NDArray[np.float32], k: int) -> Rows:
    """Gains only fall, so one that is still the largest when renewed is the best.

    The few that promise most are renewed together: one product costs hardly more than one gain.
    """
    import numpy as np

    np.maximum(cosines, 0, out=cosines)
    covered = np.zeros(len(cosines), dtype=np.float32)
    gains = cosines @ quality * quality
    renewed = np.full(len(cosines), -1)
    chosen = np.empty(k, dtype=np.int64)
    for i in range(k):
        while renewed[best := int(gains.argmax())] < i:
            few = np.argpartition(gains, -min(TOGETHER, len(gains)))[-TOGETHER:]
            few = np.append(few[renewed[few] < i], best)  # which equal gains may have kept out
            left = cosines[few] - covered
            np.maximum(left, 0, out=left)
            gains[few] = left @ quality * quality[few]
            renewed[few] = i
        chosen[i] = best
        gains[best], renewed[best] = -1.0, k
        np.maximum(covered, cosines[best], out=covered)
    return chosen


def _stochastic(vectors: Vectors, quality: NDArray[np.float32], k: int, epsilon: float) -> Rows:
    """The best of a random few at each step; seeded by the sizes alone."""
    import numpy as np

    rng = np.random.default_rng((len(vectors), k))
    demand = np.sort(rng.permutation(len(vectors))[:DEMAND])
    wanted, weight = vectors[demand], quality[demand]
    covered = np.zeros(len(demand), dtype=np.float32)
    free = rng.permutation(len(vectors))
    looked_at = max(1, round(len(vectors) / max(k, 1) * -np.log(epsilon)))
    chosen = np.empty(k, dtype=np.int64)
    for i in range(k):
        few = rng.integers(i, len(free), min(looked_at, len(free) - i))
        rows = free[few]
        cosines = np.maximum(vectors[rows] @ wanted.T, 0)
        gains = np.maximum(cosines - covered, 0) @ weight * quality[rows]
        best = int(np.argmax(gains))
        chosen[i] = rows[best]
        np.maximum(covered, cosines[best], out=covered)
        place = few[best]
        free[i], free[place] = free[place], free[i]
    return chosen


PART: type[Picker] = FacilityLocation
