"""A text as words, runs of words and hashes of both; copies told by one hash of the whole.

Words are hashed where they stand, all of many texts at once: the bytes of each are a polynomial in
an odd number modulo 2^64, mixed (Karp and Rabin, 1987), which costs no object a word.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    """Shingle hashes of one text, distinct and sorted, shape (n,)."""

SHINGLE = 5
"""Words in a shingle."""

# Scripts that are written without spaces: each character is a word of its own.
_UNSPACED = (
    "\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_BREAK = b"\0"
"""Stands between words: no word holds it, and it adds nothing to a polynomial."""
_ASCII_WORDS = bytes(
    ord(chr(n).lower()) if n < 128 and (chr(n).isalnum() or n == ord("_")) else 0
    for n in range(256)
)
_SPACED_WORDS = _ASCII_WORDS[:128] + bytes(range(128, 256))
"""The same, and what is beyond ASCII left as it is."""
_TYPOGRAPHY = "’‘“”–—…•\u00a0®"  # all there is beyond ASCII in most English texts
_WORD_OR_SIGN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_UNSPACED_CHARACTER = re.compile(rf"[{_UNSPACED}]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_SPAN = 1 << 16
"""Bytes hashed at a time: the arrays of so many stay in the cache."""


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


# -------------------------------------------------------------------------------------- words


def tokens(text: str) -> list[str]:
    """The lower-case words of a text; of scripts without spaces, the characters."""
    return _words(text).replace(_BREAK, b" ").decode("utf-8", "surrogatepass").split()


@functools.lru_cache(maxsize=8)
def known_tokens(text: str) -> tuple[str, ...]:
    """The same of the last few texts, remembered: several checks ask for it in turns."""
    return tuple(tokens(text))


def _words(text: str) -> bytes:
    """The same, as UTF-8 with breaks between them, of which there may be several."""
    if not text.isascii():
        for sign in _TYPOGRAPHY:
            text = text.replace(sign, " ")
    if text.isascii():  # the same as by the pattern, at a tenth of the time
        return text.encode().translate(_ASCII_WORDS)
    text = text.lower()
    beyond = set(_BEYOND_ASCII.findall(text))
    if _UNSPACED_CHARACTER.search("".join(beyond)):
        return "\0".join(_WORD_OR_SIGN.findall(text)).encode("utf-8", "surrogatepass")
    for sign in beyond:
        if not sign.isalnum():
            text = text.replace(sign, " ")
    return text.encode("utf-8", "surrogatepass").translate(_SPACED_WORDS)


def ngrams(words: Sequence[str], n: int) -> Iterator[str]:
    """Runs of n words, joined by a space; nothing if there are fewer."""
    return (" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


def word_hashes(words: Iterable[str]) -> NDArray[np.uint64]:
    """A 64-bit hash for each word, independent of the process, shape (n,).

    Args:
        words: As `tokens` gives them.
    """
    return _hashed(["\0".join(words).encode("utf-8", "surrogatepass")])[0]


def text_hashes(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """`word_hashes(tokens(text))` of all texts, end to end, and where each begins.

    Returns:
        Hashes, shape (words,), and offsets, shape (n + 1,).
    """
    return _hashed([_words(text) for text in texts])


def _hashed(lines: Sequence[bytes]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    import numpy as np

    joined = _BREAK + _BREAK.join(lines) + _BREAK  # each word follows a break
    places, hashes = [], []
    start = 0
    while start < len(joined) - 1:
        end = len(joined)
        if end - start > _SPAN:  # a word is never cut, however long
            end = joined.rfind(_BREAK, start + 1, start + _SPAN) + 1
            end = end or joined.find(_BREAK, start + _SPAN) + 1
        place, values = _span(joined[start:end])
        places.append(place + start)
        hashes.append(values)
        start = end - 1
    begins = offsets([len(line) + 1 for line in lines])
    counts = np.searchsorted(np.concatenate(places), begins) if places else np.zeros_like(begins)
    return np.concatenate(hashes) if hashes else np.empty(0, np.uint64), counts


def _span(joined: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Where the words of some bytes that begin with a break begin, and their hashes."""
    import numpy as np

    content = np.frombuffer(joined, np.uint8)
    powers, inverses = _powers(max(_SPAN, 1 << (len(joined) - 1).bit_length()))
    inside = content != 0
    (before,) = (inside[1:] > inside[:-1]).nonzero()
    sums = (content * powers[: len(content)]).cumsum()
    up_to = sums[before]
    words = np.empty_like(up_to)
    words[:-1] = up_to[1:] - up_to[:-1]
    words[-1:] = sums[-1] - up_to[-1:]
    words *= inverses[before]
    return before, mix(words)


@functools.lru_cache(maxsize=1)
def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of an odd number and of its inverse modulo 2^64."""
    import numpy as np

    base = int(odd(0))
    both = (np.full(count, b, np.uint64) for b in (base, pow(base, -1, 1 << 64)))
    up, down = (np.multiply.accumulate(values) for values in both)
    return up, down


# ----------------------------------------------------------------------------------- shingles


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
        mixed += words[place : place + size] * odd(place)
    return mix(mixed)


def shingles(text: str, n: int = SHINGLE) -> Hashes:
    """The distinct word n-grams of a text as sorted hashes: its set for `jaccard`."""
    import numpy as np

    return np.unique(ngram_hashes(text_hashes([text])[0], n))


def flat_shingles(texts: Sequence[str], n: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """`ngram_hashes` of all texts, end to end, and where each begins: arrays at once are faster."""
    import numpy as np

    flat, starts = text_hashes(texts)
    hashes = ngram_hashes(flat, n)
    lengths = np.maximum(np.diff(starts) - n + 1, 0)
    keep = np.repeat(starts[:-1] - np.r_[0, np.cumsum(lengths)[:-1]], lengths)
    hashes = hashes[keep + np.arange(len(keep))] if len(keep) else np.empty(0, np.uint64)
    short = np.flatnonzero((lengths == 0) & (np.diff(starts) > 0))
    if not len(short):
        return hashes, offsets(lengths)
    rows = np.split(hashes, np.cumsum(lengths)[:-1])
    for row in short.tolist():
        rows[row] = ngram_hashes(flat[starts[row] : starts[row + 1]], n)
    return np.concatenate(rows), offsets([len(row) for row in rows])


def jaccard(a: Hashes, b: Hashes) -> float:
    """Shared over all shingles, 0 to 1; 0 if there are none. Arguments from `shingles`."""
    import numpy as np

    if not len(a) or not len(b):
        return 0.0
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def offsets(lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Where pieces of some lengths begin, end to end, and where the last one ends."""
    import numpy as np

    found = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=found[1:])
    return found


@functools.cache
def odd(place: int) -> np.uint64:
    """An odd number that is at home at a place."""
    import numpy as np

    digest = hashlib.blake2b(b"miner place %d" % place, digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little") | 1)


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit over all others (finaliser of splitmix64)."""
    import numpy as np

    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
