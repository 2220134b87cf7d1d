"""The documents of highest membership: the baseline that every picker must not fall below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Picker, Rows, Vectors


@dataclass(frozen=True)
class Nearest:
    """Top k by quality."""

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """See miner.types.Picker."""
        import numpy as np

        return np.argsort(-quality[: len(vectors)], kind="stable")[:k].astype(np.int64)


PART: type[Picker] = Nearest
