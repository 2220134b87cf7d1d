"""Hashed words and character trigrams as a unit vector: no model, for tests and dry runs.

The hashing trick of Weinberger et al. (2009): each feature adds plus or minus one at a place that
its hash chooses. Texts that share words are near; nothing else is understood.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from miner.types import Encoder, Vectors

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Hashing:
    """A stand-in for an encoder.

    Attributes:
        size: Length of a vector.
        max_words: A text is cut there.
    """

    size: int = 384
    max_words: int = 256

    def __post_init__(self) -> None:
        if self.size < 1 or self.max_words < 1:
            raise ValueError("size and max_words must be at least 1")

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.size

    @property
    def identity(self) -> Mapping[str, str]:
        """What makes two of these the same."""
        return {"model": "hashing 1", "size": str(self.size), "max_words": str(self.max_words)}

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Vectors:  # noqa: ARG002
        """One unit row a text; queries and passages are encoded alike."""
        import numpy as np

        vectors = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in self._features(text):
                code = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
                vectors[row, (code >> 1) % self.size] += weight if code & 1 else -weight
            if not vectors[row].any():
                vectors[row, 0] = 1  # a text without words, or one whose features cancel out
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _features(self, text: str) -> Iterator[tuple[str, float]]:
        """Whole words, and more lightly their trigrams, so that forms of one word are near."""
        for place, found in enumerate(_WORD.finditer(text)):
            if place == self.max_words:
                return
            word = found[0].lower()[:64]
            yield word, 1.0
            edged = f" {word} "
            for start in range(len(edged) - 2):
                yield edged[start : start + 3], 0.25


PART: type[Encoder] = Hashing
