"""Seeded choices that cost little: composing makes tens of thousands of examples a second."""

from __future__ import annotations

import functools
import hashlib
import itertools
import operator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_LEAST = 1 << 40
"""A pool below this has too little chance left: it is filled anew."""

_FEW = 6
"""Up to so many items are put in order by one draw; there are 720 orders of six."""


@functools.cache
def _orders(n: int) -> tuple[operator.itemgetter[Any], ...]:
    """Every order of n items, as what takes them in it."""
    return tuple([operator.itemgetter(*order) for order in itertools.permutations(range(n))])


class Dice:
    """A stream of choices that depends on its parts alone, whatever the machine or version."""

    __slots__ = ("_counter", "_key", "_pool")

    def __init__(self, *parts: object) -> None:
        self._key = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        self._counter = 0
        self._pool = 0

    def below(self, n: int) -> int:
        """A whole number in [0, n), n at most a million or so."""
        pool = self._pool if self._pool >= _LEAST else self._filled()
        self._pool, chosen = divmod(pool, n)
        return chosen

    def _filled(self) -> int:
        """The next pool: a number of 256 random bits."""
        digest = hashlib.blake2b(self._key, digest_size=32, salt=self._counter.to_bytes(8))
        self._counter += 1
        return int.from_bytes(digest.digest())

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.below(1_000_000) < share * 1_000_000

    def choose(self, options: Sequence[T]) -> T:
        """One of them."""
        pool = self._pool if self._pool >= _LEAST else self._filled()
        self._pool, chosen = divmod(pool, len(options))
        return options[chosen]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All of them in another order."""
        if 1 < len(items) <= _FEW:
            return list(self.choose(_orders(len(items)))(items))
        rest, found = list(items), []
        pool = self._pool
        for n in range(len(rest), 0, -1):
            pool, place = divmod(pool if pool >= _LEAST else self._filled(), n)
            found.append(rest.pop(place))
        self._pool = pool
        return found
