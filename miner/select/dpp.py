"""Determinantal point process, greedy MAP: the most probable diverse set.

The kernel is L = diag(q) S diag(q) with S the cosines and q = exp(relevance * membership). Vectors
of d numbers give a kernel of rank d: what is wanted beyond comes by membership.
Source: Chen, Zhang and Zhou (2018), Algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors

LEAST_GAIN = 1e-6
"""Squared residual below which a row adds nothing new."""


@dataclass(frozen=True)
class DPP:
    """`relevance` weighs membership against diversity; 0 looks at diversity alone."""

    relevance: float = 2.0

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """See miner.types.Picker."""
        import numpy as np

        k = min(k, len(vectors))
        weight = np.exp(self.relevance * quality.astype(np.float64))
        left = weight**2  # squared residual of each row given those chosen
        basis = np.zeros((min(k, vectors.shape[1]), len(vectors)))
        chosen: list[int] = []
        while len(chosen) < len(basis):
            best = int(np.argmax(left))
            if left[best] < LEAST_GAIN:
                break
            row = weight * weight[best] * (vectors @ vectors[best])
            step = len(chosen)
            basis[step] = (row - basis[:step, best] @ basis[:step]) / np.sqrt(left[best])
            left = left - basis[step] ** 2
            chosen.append(best)
            left[chosen] = -np.inf
        taken = set(chosen)
        rest = [int(r) for r in np.argsort(-quality, kind="stable") if int(r) not in taken]
        return np.array(chosen + rest[: k - len(chosen)], dtype=np.int64)


PART: type[Picker] = DPP
