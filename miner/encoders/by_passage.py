"""Long documents by their passages: the normalised mean of the passages' vectors.

An encoder cuts a text at its token limit, so the vector of a long document would be that of its
beginning. Passages are whole sentences, overlap by one (text.py), and fit the limit. This wraps any
encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.text import PASSAGE_WORDS, passages
from miner.types import Document, Encoder, MadeFor, Passage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.types import Vectors

TOKENS = 256
"""What PASSAGE_WORDS are meant for: some 1.4 word pieces are a word of English."""

WORD = 6
"""Characters of a word and its space: a text below so many times the words is one passage."""


@dataclass(frozen=True)
class ByPassage:
    """An encoder of documents of any length.

    Attributes:
        encoder: Of the passages.
        max_words: Most words of a passage; 0 for as many as the encoder's `max_tokens` should hold,
            or 180 where it has no such limit.
    """

    encoder: Encoder
    max_words: int = 0

    @property
    def words(self) -> int:
        """Most words of a passage."""
        limit: int = getattr(self.encoder, "max_tokens", 0) or TOKENS
        return self.max_words or max(1, limit * PASSAGE_WORDS // TOKENS)

    @property
    def identity(self) -> Mapping[str, str]:
        """What makes two of these the same."""
        return {**self.encoder.identity, "passage_words": str(self.words)}

    @property
    def languages(self) -> Sequence[str]:
        """What the encoder was made for, where it says so."""
        return self.encoder.languages if isinstance(self.encoder, MadeFor) else ()

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.encoder.dimensions

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """One unit row a text. A query is never cut up."""
        import numpy as np

        if query:
            return self.encoder.encode(texts, query=True)
        pieces = [self._pieces(text) for text in texts]
        vectors = self.encoder.encode([piece for some in pieces for piece in some])
        result = np.empty((len(texts), self.dimensions), dtype=np.float32)
        start = 0
        for row, some in enumerate(pieces):
            result[row] = _mean(vectors[start : start + len(some)])
            start += len(some)
        return result

    def nearest(self, documents: Sequence[Document], query: Vectors) -> list[Passage]:
        """Of each document the passage that is nearest to a query, with its offsets.

        Args:
            documents: Some that were found; their passages are embedded once more.
            query: Its unit vector, shape (dimensions,).
        """
        found = [
            passages(document, self.words)
            or [Passage(document.id, 0, len(document.text), document.text)]
            for document in documents
        ]
        vectors = self.encoder.encode([passage.text for some in found for passage in some])
        best, start = [], 0
        for some in found:
            cosines = vectors[start : start + len(some)] @ query
            best.append(some[int(cosines.argmax())])
            start += len(some)
        return best

    def _pieces(self, text: str) -> list[str]:
        if len(text) <= self.words * WORD:
            return [text]
        return [p.text for p in passages(Document("", text), self.words)] or [text]


def _mean(vectors: Vectors) -> Vectors:
    """Of unit length; the first where they cancel out."""
    import numpy as np

    mean: Vectors = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    length = np.linalg.norm(mean)
    return mean / length if len(vectors) > 1 and length else vectors[0]
