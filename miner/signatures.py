"""What tells two texts apart: exact hashes, shingles, MinHash, and clusters of near-duplicates.

Exact duplicates share a blake2b-128 of their normalised text. Near-duplicates are found as
Broder (1997) does: word 5-grams, 112 minimum hashes in 14 bands of 8 rows (FineWeb's numbers), two
texts being candidates when a band agrees. Every candidate is then verified by the Jaccard
similarity of its shingles, and verified pairs are joined by union-find whose root is the smallest
row, so that the outcome depends on the set of pairs and not on their order.

Two schemes compute the minima: `rensa` (R-MinHash, extra `minhash`) and `numpy` (64-bit
multiply-add). Their signatures cannot be compared, so `MinHash.identity` is kept with them.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from miner.errors import MissingExtraError
from miner.personal_data import PERSONAL_DATA, SECRETS, find_personal_data, find_secrets

__all__ = [
    "PERSONAL_DATA",
    "SECRETS",
    "MinHash",
    "SeenTexts",
    "candidates",
    "clusters",
    "exact_hash",
    "find_personal_data",
    "find_secrets",
    "jaccard",
    "minhash",
    "near_duplicate_labels",
    "near_duplicates",
    "ngram_hashes",
    "ngrams",
    "normalise",
    "shingles",
    "similar_pairs",
    "tokens",
    "word_hashes",
]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    """Shingle hashes of one text, distinct and sorted, shape (n,)."""

SHINGLE = 5
"""Words in a shingle."""

VERSION = "1"
"""Changes whenever a signature of the same text would: tokens, hashing, mixing or banding."""

# Scripts that are written without spaces: each character is a word of its own.
_UNSPACED = (
    "\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_ASCII_WORDS = {n: n if chr(n).isalnum() or chr(n) == "_" else " " for n in range(128)}
_TYPOGRAPHY = "’‘“”–—…•\u00a0®"  # all there is beyond ASCII in most English texts
_WORD_OR_SIGN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_CACHED_WORDS = 1_000_000


# ------------------------------------------------------------------------------- exact copies


def normalise(text: str) -> str:
    """The text with case, Unicode form and white space taken out: equal for exact copies."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(text.lower().split())


def exact_hash(text: str) -> bytes:
    """16 bytes, equal for texts that are the same once normalised."""
    content = normalise(text).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).digest()


# ----------------------------------------------------------------------------------- shingles


def tokens(text: str) -> list[str]:
    """The lower-case words of a text; of scripts without spaces, the characters."""
    if not text.isascii():
        for sign in _TYPOGRAPHY:
            text = text.replace(sign, " ")
    if text.isascii():  # the same as by the pattern, at a third of the time
        return text.lower().translate(_ASCII_WORDS).split()
    return _WORD_OR_SIGN.findall(text.lower())


def ngrams(words: Sequence[str], n: int) -> Iterator[str]:
    """Runs of n words, joined by a space; nothing if there are fewer."""
    return (" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


class _WordHashes(dict[str, int]):
    """Words to 64-bit hashes that are the same in every process; a cache that cannot grow on."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        value = self[word] = int.from_bytes(digest, "little")
        return value


_word_hashes = _WordHashes()


def word_hashes(words: Iterable[str]) -> NDArray[np.uint64]:
    """A 64-bit hash for each word, independent of the process, shape (n,)."""
    import numpy as np

    return np.fromiter(map(_word_hashes.__getitem__, words), dtype=np.uint64)


def ngram_hashes(words: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """Hashes of all runs of n words, in order; of the whole where there are fewer than n.

    Args:
        words: From `word_hashes`, shape (m,). Empty for an empty text.
        n: Words in a run.

    Returns:
        Shape (max(m - n + 1, 1),), or (0,) for no words.
    """
    import numpy as np

    n = min(n, len(words))
    if n == 0:
        return np.empty(0, np.uint64)
    size = len(words) - n + 1
    mixed = np.zeros(size, np.uint64)
    for place in range(n):
        mixed += words[place : place + size] * _odd(place)
    return _mix(mixed)


def shingles(text: str, n: int = SHINGLE) -> Hashes:
    """The distinct word n-grams of a text as sorted hashes: its set for `jaccard`."""
    import numpy as np

    return np.unique(ngram_hashes(word_hashes(tokens(text)), n))


def jaccard(a: Hashes, b: Hashes) -> float:
    """Shared over all shingles, 0 to 1; 0 if there are none. Arguments from `shingles`."""
    import numpy as np

    if not len(a) or not len(b):
        return 0.0
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def _flat_shingles(texts: Sequence[str], n: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """`ngram_hashes` of all texts, end to end, and where each begins: arrays at once are faster."""
    import numpy as np

    words = [tokens(text) for text in texts]
    flat = word_hashes(itertools.chain.from_iterable(words))
    starts = _offsets([len(w) for w in words])
    hashes = ngram_hashes(flat, n)
    lengths = np.maximum(np.diff(starts) - n + 1, 0)
    keep = np.repeat(starts[:-1] - np.r_[0, np.cumsum(lengths)[:-1]], lengths)
    hashes = hashes[keep + np.arange(len(keep))] if len(keep) else np.empty(0, np.uint64)
    short = np.flatnonzero((lengths == 0) & (np.diff(starts) > 0))
    if not len(short):
        return hashes, _offsets(lengths)
    rows = np.split(hashes, np.cumsum(lengths)[:-1])
    for row in short.tolist():
        rows[row] = ngram_hashes(flat[starts[row] : starts[row + 1]], n)
    return np.concatenate(rows), _offsets([len(row) for row in rows])


def _offsets(lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


@functools.cache
def _odd(place: int) -> np.uint64:
    import numpy as np

    digest = hashlib.blake2b(b"miner place %d" % place, digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little") | 1)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit over all others (finaliser of splitmix64)."""
    import numpy as np

    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


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
        return self._minima(*_flat_shingles(texts, self.shingle))

    def sign_hashes(self, rows: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
        """The same from shingle hashes at hand, which need be neither distinct nor sorted."""
        import numpy as np

        if not rows:
            return np.empty((0, self.bands * self.rows), np.uint64)
        return self._minima(np.concatenate(rows), _offsets([len(row) for row in rows]))

    def _minima(self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Minima of each row's hashes, `hashes[offsets[i]:offsets[i + 1]]`."""
        if self.resolved == "rensa":
            return self._rensa(hashes, offsets)
        return self._numpy(hashes, offsets)

    def keys(self, signatures: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """One key for each band, shape (n, bands): 8 bytes a band is all that need be kept."""
        import numpy as np

        bands = signatures.reshape(-1, self.bands, self.rows)
        mixed = np.zeros(bands.shape[:2], np.uint64)
        for row in range(self.rows):
            mixed += _mix(bands[:, :, row] + _odd(row))
            mixed *= _odd(row)
        return _mix(mixed)

    def _rensa(self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
        import numpy as np

        try:
            from rensa import RMinHash
        except ImportError:
            raise MissingExtraError("rensa", "minhash", "scheme = 'rensa'") from None
        count = self.bands * self.rows
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            hashes, offsets.astype(np.uint64), count, self.seed
        )
        return np.array(matrix.to_rows(), np.uint64).reshape(-1, count)

    def _numpy(self, hashes: NDArray[np.uint64], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
        import numpy as np

        factors, terms = _functions(self.bands * self.rows, self.seed)
        shape = (len(offsets) - 1, len(factors))
        signatures = np.full(shape, np.iinfo(np.uint64).max, np.uint64)
        for number, (start, end) in enumerate(itertools.pairwise(offsets.tolist())):
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
    values = _mix(numbers * _odd(0))
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
    import numpy as np

    for band in keys.T:
        order = np.argsort(band, kind="stable")
        ordered = band[order]
        edges = np.flatnonzero(np.diff(ordered)) + 1
        starts, ends = np.r_[0, edges], np.r_[edges, len(ordered)]
        for group in np.flatnonzero(ends - starts > 1):
            rows = order[starts[group] : ends[group]].tolist()
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
    import numpy as np

    parent = list(range(len(keys)))
    refused = set()
    cached = functools.lru_cache(maxsize=4096)(shingles_of)
    for a, b in candidates(keys):
        if (a, b) in refused or _root(parent, a) == _root(parent, b):
            continue
        if jaccard(cached(a), cached(b)) >= threshold:
            _join(parent, a, b)
        else:
            refused.add((a, b))
    return np.array([_root(parent, row) for row in range(len(keys))], np.int64)


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


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _join(parent: list[int], a: int, b: int) -> None:
    a, b = sorted((_root(parent, a), _root(parent, b)))
    parent[b] = a
