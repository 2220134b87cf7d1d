"""One document per cluster, the nearest to its centre: how LongForm chose its documents.

Spherical k-means on the pool, weighted by membership, seeded by k-means++. LongForm clusters a
whole corpus once; here it is the pool of one node.
Source: Köksal et al. (2023), section 3; Arthur and Vassilvitskii (2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors


@dataclass(frozen=True)
class KMeans:
    """k clusters, and of each the document with the highest cosine to its centre."""

    seed: int = 0
    iterations: int = 20

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """See miner.types.Picker."""
        import numpy as np

        k = min(k, len(vectors))
        if not k:
            return np.empty(0, dtype=np.int64)
        weights = np.maximum(quality, 1e-6)
        centres = cluster(vectors, weights, k, self.seed, self.iterations)
        cosines = vectors @ centres.T
        chosen = np.empty(k, dtype=np.int64)
        for i in range(k):
            chosen[i] = best = int(np.argmax(cosines[:, i]))
            cosines[best] = -np.inf
        return chosen


def cluster(
    vectors: Vectors, weights: NDArray[np.float32], k: int, seed: int, iterations: int
) -> Vectors:
    """Unit centres of k clusters, shape (k, d), the heaviest cluster first."""
    import numpy as np

    centres = vectors[_seeds(vectors, weights, k, np.random.default_rng(seed))]
    owner = np.full(len(vectors), -1)
    for _ in range(iterations):
        before, owner = owner, (vectors @ centres.T).argmax(axis=1)
        if (before == owner).all():
            break
        share = np.zeros((k, len(vectors)), dtype=np.float32)
        share[owner, np.arange(len(vectors))] = weights
        sums = share @ vectors
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 1e-6, sums / np.maximum(lengths, 1e-6), centres)
    heaviest = np.argsort(-np.bincount(owner, weights, minlength=k), kind="stable")
    ordered: Vectors = centres[heaviest].astype(np.float32)
    return ordered


def _seeds(
    vectors: Vectors, weights: NDArray[np.float32], k: int, rng: np.random.Generator
) -> list[int]:
    """k-means++: each seed drawn by weight times squared distance to those before it."""
    import numpy as np

    seeds = [int(rng.choice(len(vectors), p=weights / weights.sum()))]
    far = np.full(len(vectors), np.inf)
    while len(seeds) < k:
        far = np.minimum(far, 1 - vectors @ vectors[seeds[-1]])
        far[seeds[-1]] = 0
        chance = np.maximum(far, 0) * weights
        chance[seeds] = 0
        total = chance.sum()
        if total <= 0:
            rest = np.setdiff1d(np.arange(len(vectors)), seeds)
            return [*seeds, *map(int, rest[: k - len(seeds)])]
        seeds.append(int(rng.choice(len(vectors), p=chance / total)))
    return seeds


PART: type[Picker] = KMeans
