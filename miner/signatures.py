"""Near-duplicates: MinHash, and clusters of texts whose shingles agree.

Found as Broder (1997) does: word 5-grams, 112 minimum hashes in 14 bands of 8 rows (FineWeb's
numbers), two texts being candidates when a band agrees. Every candidate is then verified by the
Jaccard similarity of its shingles, and verified pairs are joined by union-find whose root is the
smallest row, so that the outcome depends on the set of pairs and not on their order.

Two schemes compute the minima: `rensa` (R-MinHash, extra `minhash`) and `numpy` (64-bit
multiply-add). Their signatures cannot be compared, so `MinHash.identity` is kept with them.
"""

from __future__ import annotations

import array
import functools
import importlib.metadata
import importlib.util
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from miner.errors import MissingExtraError
from miner.shingles import SHINGLE, flat_shingles, jaccard, mix, odd, offsets, shingles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from miner.shingles import Hashes

_SPREAD = 0x9E37_79B9_7F4A_7C15
"""2^64 over the golden ratio."""

VERSION = "2"
"""Changes whenever a signature of the same text would: tokens, hashing, mixing or banding."""


# ------------------------------------------------------------------------------------ MinHash


@dataclass(frozen=True)
class MinHash:
    """How texts are signed. Signatures of unequal `identity` must never be compared.

    Attributes:
        scheme: Who computes the minima; `auto` is rensa where it is installed, else numpy.
        bands: Groups of minima of which one must agree.
        rows: Minima in a band.
        shingle: Words in a shingle.
        seed: Of the hash functions.
    """

    scheme: Literal["auto", "rensa", "numpy"] = "auto"
    bands: int = 14
    rows: int = 8
    shingle: int = SHINGLE
    seed: int = 1

    @property
    def resolved(self) -> Literal["rensa", "numpy"]:
        """The scheme, with `auto` decided."""
        if self.scheme == "auto":
            return "rensa" if importlib.util.find_spec("rensa") else "numpy"
        return self.scheme

    @property
    def identity(self) -> Mapping[str, str]:
        """What must be equal for two signatures to be comparable."""
        scheme = self.resolved
        scheme_version = importlib.metadata.version("rensa") if scheme == "rensa" else VERSION
        return {
            "scheme": f"{scheme} {scheme_version}",
            "tokens": VERSION,
            "shape": f"{self.bands}x{self.rows}",
            "shingle": str(self.shingle),
            "seed": str(self.seed),
        }

    def sign(self, texts: Sequence[str]) -> NDArray[np.uint64]:
        """The minima of each text, shape (n, bands * rows)."""
        return self._minima(*flat_shingles(texts, self.shingle))

    def sign_hashes(self, rows: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
        """The same from shingle hashes at hand, which need be neither distinct nor sorted."""
        import numpy as np

        if not rows:
            return np.empty((0, self.bands * self.rows), np.uint64)
        return self._minima(np.concatenate(rows), offsets([len(row) for row in rows]))

    def _minima(self, hashes: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Minima of each row's hashes, `hashes[starts[i]:starts[i + 1]]`."""
        if self.resolved == "rensa":
            return self._rensa(hashes, starts)
        return self._numpy(hashes, starts)

    def keys(self, signatures: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """One key for each band, shape (n, bands): 8 bytes a band is all that need be kept."""
        import numpy as np

        bands = signatures.reshape(-1, self.bands, self.rows)
        mixed = np.zeros(bands.shape[:2], np.uint64)
        for row in range(self.rows):
            mixed += mix(bands[:, :, row] + odd(row))
            mixed *= odd(row)
        return mix(mixed)

    def _rensa(self, hashes: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
        import numpy as np

        try:
            from rensa import RMinHash
        except ImportError:
            raise MissingExtraError("rensa", "minhash", "scheme = 'rensa'") from None
        count = self.bands * self.rows
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            hashes, starts.astype(np.uint64), count, self.seed
        )
        return np.array(matrix.to_rows(), np.uint64).reshape(-1, count)

    def _numpy(self, hashes: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
        import numpy as np

        factors, terms = _functions(self.bands * self.rows, self.seed)
        shape = (len(starts) - 1, len(factors))
        signatures = np.full(shape, np.iinfo(np.uint64).max, np.uint64)
        for number, (start, end) in enumerate(itertools.pairwise(starts.tolist())):
            # In blocks that stay in the cache, and that bound the memory for a huge text.
            for place in range(start, end, 512):
                block = hashes[place : min(place + 512, end), None] * factors
                block += terms
                np.minimum(signatures[number], block.min(axis=0), out=signatures[number])
        return signatures


def minhash(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Signatures by the default scheme, shape (n, 112)."""
    return MinHash().sign(texts)


@functools.cache
def _functions(count: int, seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    import numpy as np

    numbers = np.arange(2 * count, dtype=np.uint64) + np.uint64(seed) * np.uint64(1 << 32)
    values = mix(numbers * odd(0))
    return values[:count] | np.uint64(1), values[count:]


# ----------------------------------------------------------------------------------- clusters


def candidates(keys: NDArray[np.uint64], most: int = 1000) -> Iterator[tuple[int, int]]:
    """Pairs of rows (i < j) that share a band key, band by band; a pair may come twice.

    A band shared by more than `most` rows is a template: there, each row is paired with the `most`
    rows after it only, since all pairs of a large group would cost its square.

    Args:
        keys: From `MinHash.keys`, shape (n, bands).
        most: See above.
    """
    for band in keys.T:
        yield from _sharing(band, most)


def _sharing(band: NDArray[np.uint64], most: int = 1000) -> Iterator[tuple[int, int]]:
    """The pairs of one band."""
    import numpy as np

    order = np.argsort(band, kind="stable")
    ordered = band[order]
    same = ordered[1:] == ordered[:-1]
    # A group of equal keys begins where an equal one follows but none comes before.
    first = np.flatnonzero(same & ~np.r_[False, same[:-1]])
    last = np.flatnonzero(same & ~np.r_[same[1:], False]) + 1
    for start, end in zip(first.tolist(), last.tolist(), strict=True):
        rows = order[start : end + 1].tolist()
        for place, row in enumerate(rows):
            for other in rows[place + 1 : place + 1 + most]:
                yield row, other


def similar_pairs(
    keys: NDArray[np.uint64], shingles_of: Callable[[int], Hashes], threshold: float = 0.8
) -> Iterator[tuple[int, int, float]]:
    """Every distinct candidate pair at or above the threshold, with its Jaccard similarity."""
    seen = set()
    for pair in candidates(keys):
        if pair not in seen:
            seen.add(pair)
            similarity = jaccard(shingles_of(pair[0]), shingles_of(pair[1]))
            if similarity >= threshold:
                yield *pair, similarity


def clusters(count: int, pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """Join rows by pairs; the label of a row is the smallest row joined to it, shape (count,)."""
    import numpy as np

    parent = list(range(count))
    for a, b in pairs:
        _join(parent, a, b)
    return np.array([_root(parent, row) for row in range(count)], np.int64)


def near_duplicate_labels(
    keys: NDArray[np.uint64], shingles_of: Callable[[int], Hashes], threshold: float = 0.8
) -> NDArray[np.int64]:
    """For each row the smallest row of its cluster of verified near-duplicates, shape (n,).

    A pair already joined is not verified again: that changes the cost, and never the clusters.

    Args:
        keys: From `MinHash.keys`, shape (n, bands).
        shingles_of: The shingles of a row, asked for candidates only.
        threshold: Least Jaccard similarity of a pair.
    """
    return near_duplicate_labels_by_band(len(keys), iter(keys.T), shingles_of, threshold)


def near_duplicate_labels_by_band(
    count: int,
    bands: Iterable[NDArray[np.uint64]],
    shingles_of: Callable[[int], Hashes],
    threshold: float = 0.8,
) -> NDArray[np.int64]:
    """The same for `count` rows whose keys come a band at a time, shape (count,) each."""
    import numpy as np

    parent = array.array("q", range(count))
    # Pairs that failed, each in the place that its number has here. One may push out another,
    # which is then verified again.
    refused = np.full(1 << 20, -1, np.int64)
    cached = functools.lru_cache(maxsize=4096)(shingles_of)
    for band in bands:
        for a, b in _sharing(band):
            pair = a * count + b
            slot = (pair * _SPREAD & 0xFFFF_FFFF_FFFF_FFFF) >> 44  # Fibonacci hashing, 20 bits
            if refused[slot] == pair or _root(parent, a) == _root(parent, b):
                continue
            if jaccard(cached(a), cached(b)) >= threshold:
                _join(parent, a, b)
            else:
                refused[slot] = pair
    labels = np.array(parent, np.int64)
    while not np.array_equal(labels, above := labels[labels]):
        labels = above
    return labels


def near_duplicates(
    texts: Sequence[str], threshold: float = 0.8, signer: MinHash | None = None
) -> NDArray[np.int64]:
    """For each text the first text of its cluster; itself if it is no near-duplicate."""
    signer = signer or MinHash()
    keys = signer.keys(signer.sign(texts))
    return near_duplicate_labels(keys, lambda row: shingles(texts[row], signer.shingle), threshold)


class SeenTexts:
    """Texts added so far, asked one by one for a near-duplicate of a new one.

    The keys that matter are kept with the shingles: about 8 bytes a word of text.
    """

    def __init__(self, threshold: float = 0.8, signer: MinHash | None = None) -> None:
        self._threshold = threshold
        self._signer = signer or MinHash()
        self._bands: dict[tuple[int, int], list[int]] = {}
        self._shingles: list[Hashes] = []
        self._names: list[str] = []

    def find(self, text: str) -> tuple[str, float] | None:
        """Name and Jaccard similarity of the nearest text at or above the threshold."""
        mine, keys = self._prepare(text)
        rows = {row for key in keys for row in self._bands.get(key, ())}
        found = [(jaccard(mine, self._shingles[row]), -row) for row in rows]
        similarity, row = max(found, default=(0.0, 0))
        return (self._names[-row], similarity) if similarity >= self._threshold else None

    def add(self, name: str, text: str) -> None:
        """Remember a text under a name."""
        mine, keys = self._prepare(text)
        for key in keys:
            self._bands.setdefault(key, []).append(len(self._names))
        self._names.append(name)
        self._shingles.append(mine)

    def _prepare(self, text: str) -> tuple[Hashes, list[tuple[int, int]]]:
        mine = shingles(text, self._signer.shingle)
        if not len(mine):
            return mine, []
        keys = self._signer.keys(self._signer.sign_hashes([mine]))[0]
        return mine, list(enumerate(keys.tolist()))


def _root(parent: MutableSequence[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _join(parent: MutableSequence[int], a: int, b: int) -> None:
    a, b = sorted((_root(parent, a), _root(parent, b)))
    parent[b] = a
