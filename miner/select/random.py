"""A seeded random sample of the pool: the baseline of diversity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors


@dataclass(frozen=True)
class Random:
    """k rows, each as likely as any other."""

    seed: int = 0

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:  # noqa: ARG002
        """See miner.types.Picker."""
        import numpy as np

        order = np.random.default_rng(self.seed).permutation(len(vectors))
        return order[:k].astype(np.int64)


PART: type[Picker] = Random
