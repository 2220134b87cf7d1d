"""Keyed permutations of the whole numbers below n, a million numbers at a time.

Drawing without replacement from more things than fit in memory is counting 0, 1, 2 ... through such
a permutation. It is a Feistel network over the next power of four, walked until the number falls
below n (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"): under four steps a
number on average. It is for fair draws; it hides nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDS = 8
MAX_SIZE = 2**62


def round_keys(key: str) -> list[int]:
    """What makes one permutation of a size another: ROUNDS numbers of 64 bits."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8 * ROUNDS).digest()
    return [int.from_bytes(digest[8 * i : 8 * i + 8], "big") for i in range(ROUNDS)]


def permute(
    numbers: NDArray[np.int64], sizes: NDArray[np.int64], keys: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Where each number is sent by the permutation of its size and key.

    Args:
        numbers: int64, shape (n,), each in [0, its size).
        sizes: int64, shape (n,), in [1, 2**62].
        keys: `round_keys` of each number's permutation, uint64, shape (n, ROUNDS).
    """
    import numpy as np

    halves = _half_bits(sizes)
    found = _network(numbers.astype(np.uint64), halves, keys)
    outside = np.flatnonzero(found >= sizes.astype(np.uint64))
    while len(outside):
        walked = _network(found[outside], halves[outside], keys[outside])
        found[outside] = walked
        outside = outside[walked >= sizes[outside].astype(np.uint64)]
    return found.astype(np.int64)


def _half_bits(sizes: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Bits of each half of the network, so that both together hold size - 1."""
    import numpy as np

    kinds, where = np.unique(sizes, return_inverse=True)
    bits = [max(1, ((int(size) - 1).bit_length() + 1) // 2) for size in kinds]
    return np.array(bits, dtype=np.uint64)[where]


def _network(
    numbers: NDArray[np.uint64], halves: NDArray[np.uint64], keys: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    import numpy as np

    mask = (np.uint64(1) << halves) - np.uint64(1)
    left, right = numbers >> halves, numbers & mask
    for key in keys.T:
        left, right = right, left ^ (_mix(right, key) & mask)
    return (left << halves) | right


def _mix(values: NDArray[np.uint64], key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits (the finaliser of splitmix64; Steele, Lea and Flood 2014)."""
    import numpy as np

    mixed = values ^ key
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31)) ^ key
    return mixed ^ (mixed >> np.uint64(32))
