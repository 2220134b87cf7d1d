"""A second embedding, made of the documents' own words: what a selection is graded in.

The space that chose the documents cannot be the only judge of how well they cover. This one needs
no model and no download, and errs otherwise: it hears words and no meaning behind them.
Source: Deerwester et al. (1990), latent semantic analysis: words weighted by rarity, then their
strongest directions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.types import Vectors

NAME = "latent semantic analysis of the words"
DIMENSIONS = 100
READ = 3000
"""Characters of a document that are read."""
VOCABULARY = 50_000
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")


def word_vectors(texts: Sequence[str], seed: int = 0) -> Vectors:
    """A unit row per text, shape (len(texts), at most DIMENSIONS).

    A text that shares no word with another has a row of zeros; so has each where none does.

    Args:
        texts: Documents; the space is fitted to these very ones.
        seed: Of the decomposition.
    """
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    from miner.select.queries import unit

    weigh: Any = TfidfVectorizer(
        analyzer=_words,
        sublinear_tf=True,
        min_df=2,
        max_df=max(0.5, 2 / max(len(texts), 1)),
        max_features=VOCABULARY,
        dtype=np.float32,
    )
    try:
        weighted = weigh.fit_transform(texts)
    except ValueError:  # no word stands in two of them
        return np.zeros((len(texts), 1), dtype=np.float32)
    size = min(DIMENSIONS, min(weighted.shape) - 1)
    if size < 2:
        return unit(weighted.toarray())
    reduced: Any = TruncatedSVD(size, n_iter=4, random_state=seed)
    return unit(reduced.fit_transform(weighted))


def _words(text: str) -> Iterator[str]:
    """Words in small letters; pairs of characters where a script sets no spaces."""
    for word in _WORD.findall(text[:READ].lower()):
        if _UNSPACED.search(word):
            yield from (word[i : i + 2] for i in range(max(len(word) - 1, 1)))
        else:
            yield word
