"""How many questions a syllabus allows, exactly, and which subset bears a given number.

GLAN (Li et al. 2024, arXiv 2402.13064, section 2.4) asks about one class session with one to five
of its m key concepts, sum over i = 1..5 of C(m, i); or about two sessions with two to five concepts
of both, at least one of each, sum over i = 2..5 of C(m1+m2, i) - C(m1, i) - C(m2, i). Five concepts
give 31; five and five give 575. To invert the second sum it is counted as i concepts of the first
session with j of the second, i, j >= 1 and i + j <= 5, which is the same (Vandermonde).
"""

from __future__ import annotations

from functools import cache
from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CONCEPTS = 5
"""Concepts of one question, as in GLAN."""
ONE = tuple((i, 0) for i in range(1, MAX_CONCEPTS + 1))
"""Concepts taken of a single session."""
TWO = tuple((i, j) for i in range(1, MAX_CONCEPTS) for j in range(1, MAX_CONCEPTS + 1 - i))
"""Concepts taken of the first and of the second of two sessions."""


@cache
def one_session(concepts: int) -> int:
    """Questions on one session that has so many key concepts."""
    return sum(comb(concepts, i) for i in range(1, MAX_CONCEPTS + 1))


@cache
def two_sessions(first: int, second: int) -> int:
    """Questions on two sessions that need a concept of each."""
    return sum(
        comb(first + second, i) - comb(first, i) - comb(second, i)
        for i in range(2, MAX_CONCEPTS + 1)
    )


def unrank(numbers: NDArray[np.int64], taken: int, largest: int) -> NDArray[np.int64]:
    """The subsets that bear these numbers in the combinatorial number system.

    The numbers below C(m, taken) are the subsets of the first m things, whatever m is.

    Args:
        numbers: Shape (n,), in [0, C(largest, taken)).
        taken: Size of a subset, 0 to 5.
        largest: No set has more things.

    Returns:
        Places in the set, ascending, shape (n, taken).
    """
    import numpy as np

    rest = numbers.copy()
    places = np.empty((len(numbers), taken), dtype=np.int64)
    for size in range(taken, 0, -1):
        column = _binomials(largest, size)
        places[:, size - 1] = np.searchsorted(column, rest, side="right") - 1
        rest -= column[places[:, size - 1]]
    return places


@cache
def _binomials(largest: int, size: int) -> NDArray[np.int64]:
    """C(x, size) for x in [0, largest)."""
    import numpy as np

    return np.array([comb(x, size) for x in range(largest)], dtype=np.int64)
