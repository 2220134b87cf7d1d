"""Seeded choices that cost little: composing makes tens of thousands of examples a second."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

_LEAST = 1 << 40
"""A pool below this has too little chance left: it is filled anew."""


class Dice:
    """A stream of choices that depends on its parts alone, whatever the machine or version."""

    __slots__ = ("_counter", "_key", "_pool")

    def __init__(self, *parts: object) -> None:
        self._key = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        self._counter = 0
        self._pool = 0

    def below(self, n: int) -> int:
        """A whole number in [0, n), n at most a million or so."""
        if self._pool < _LEAST:
            self._fill()
        self._pool, chosen = divmod(self._pool, n)
        return chosen

    def _fill(self) -> None:
        digest = hashlib.blake2b(self._key, digest_size=32, salt=self._counter.to_bytes(8))
        self._pool = int.from_bytes(digest.digest())
        self._counter += 1

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.below(1_000_000) < share * 1_000_000

    def choose(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.below(len(options))]

    def drawn(self, items: Sequence[T]) -> Iterator[T]:
        """All of them in another order, each drawn when it is wanted."""
        rest = list(items)
        while rest:
            yield rest.pop(self.below(len(rest)))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All of them in another order."""
        rest, found = list(items), []
        for n in range(len(rest), 0, -1):
            if self._pool < _LEAST:
                self._fill()
            self._pool, place = divmod(self._pool, n)
            found.append(rest.pop(place))
        return found
