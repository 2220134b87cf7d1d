"""Documents like those of another corpus, by hashed words and word pairs beside their vectors.

A document's score is the mean over its n-grams of log(share in the target / share in the corpus);
the paper's is the sum, under which long documents win by length alone. Its sampling by weight is
left to the pickers.
Source: Xie et al. (2023), Data Selection for Language Models via Importance Resampling, section 3.
"""

from __future__ import annotations

import itertools
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miner.errors import SelectionError
from miner.select.examples import read_texts

if TYPE_CHECKING:
    from miner.select.settings import Corpus
    from miner.types import Encoder

BUCKETS = 10_000
SPOKEN = 200
"""Texts of the target that are embedded, drawn by hash."""
READ = 4000
"""Characters of a document that are counted."""
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Imitation:
    """The target's vectors, and every document's n-gram score with that of the target's own."""

    vectors: NDArray[np.float32]
    scores: NDArray[np.float64]
    centre: float

    def joined(
        self, score: NDArray[np.float64], centre: float
    ) -> tuple[NDArray[np.float64], float]:
        """Both scores in one, standardised again."""
        both = score + self.scores
        spread = max(float(both.std()), 1e-6)
        mean = float(both.mean())
        return (both - mean) / spread, (centre + self.centre - mean) / spread


def imitation(store: Corpus, encoder: Encoder, path: str) -> Imitation:
    """Compare the corpus with a target.

    Raises:
        SelectionError: The target is missing or empty.
    """
    texts = sorted(set(read_texts(Path(path))), key=lambda text: zlib.crc32(text.encode()))
    if not texts:
        raise SelectionError(f"{path}: holds no text to imitate")
    documents = [_grams(document.text) for document in store.iterate()]
    target = [_grams(text) for text in texts]
    corpus = _counts(documents)
    weights = np.log(_share(_counts(target))) - np.log(_share(corpus))
    raw = np.array([_mean(weights, grams) for grams in documents])
    halves = [_share(_counts(target[side::2])) for side in (0, 1)]
    others = [np.log(halves[1 - i % 2]) - np.log(_share(corpus)) for i in range(len(target))]
    own = [_mean(other, grams) for other, grams in zip(others, target, strict=True)]
    mean, spread = float(raw.mean()), max(float(raw.std()), 1e-6)
    return Imitation(
        np.asarray(encoder.encode(texts[:SPOKEN])),
        (raw - mean) / spread,
        (float(np.mean(own)) - mean) / spread,
    )


def _grams(text: str) -> NDArray[np.int64]:
    words = WORD.findall(text[:READ].lower())
    pairs = [f"{a} {b}" for a, b in itertools.pairwise(words)]
    hashes = (zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in (*words, *pairs))
    return np.fromiter((h % BUCKETS for h in hashes), dtype=np.int64)


def _counts(documents: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    counts = np.zeros(BUCKETS)
    for grams in documents:
        counts += np.bincount(grams, minlength=BUCKETS)
    return counts


def _share(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = (counts + 1) / (counts.sum() + BUCKETS)
    return share


def _mean(weights: NDArray[np.float64], grams: NDArray[np.int64]) -> float:
    return float(weights[grams].mean()) if len(grams) else float(weights.min())
