"""A domain given by examples: how probably each document is of it.

The score is a shrunken linear discriminant: the direction from the corpus (and from `not_examples`)
to the examples, in which directions that vary much in the corpus count less. The surest documents
join the examples once (feedback). The score becomes a probability by a mixture of two bells over
the corpus, one of them where examples stand that were left out of their own direction; their share
in the corpus is estimated from the corpus itself, so nobody has to say how common the domain is.
With `imitate`, a whole corpus is the example: its hashed n-grams vote beside the vectors.
Source: Ledoit and Wolf (2004) for shrinking; Xie et al. (2023), DSIR, for the n-grams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miner.select.examples import read_examples
from miner.select.imitation import imitation
from miner.select.queries import DOMAIN, unit
from miner.select.scores import Moments, moments, sampled
from miner.select.settings import Corpus, Domain
from miner.types import Node, Taxonomy

if TYPE_CHECKING:
    from miner.types import Encoder, Vectors

SHRINKAGE = 5.0
"""Of the covariance towards a ball, in units of its mean variance (docs/selection.md)."""
FEEDBACK = 20
"""Surest documents that join the examples, with half the say."""
ROUNDS = 60


@dataclass(frozen=True)
class Gate:
    """Every document's probability of the domain, and which of them repeat an example."""

    probability: NDArray[np.float64]
    logit: NDArray[np.float32]
    repeats: NDArray[np.bool_]
    share: float
    """Of the corpus that is estimated to be of the domain."""


def domain_taxonomy(domain: Domain) -> Taxonomy:
    """The domain as the only node, for a recipe without a taxonomy."""
    return Taxonomy(DOMAIN, (Node(DOMAIN, DOMAIN.title(), description=domain.description),))


def gate(store: Corpus, encoder: Encoder, domain: Domain, duplicates: float) -> Gate:
    """Score the whole corpus.

    Args:
        store: The corpus.
        encoder: The one that made its vectors.
        domain: What is wanted.
        duplicates: Cosine above which a document repeats an example.

    Raises:
        SelectionError: An example's file or document is missing.
    """
    known = moments(store, sampled(store))
    wanted = read_examples(domain.examples, store, encoder)
    unwanted = read_examples(domain.not_examples, store, encoder)
    target = imitation(store, encoder, domain.imitate) if domain.imitate else None
    if target:
        wanted = np.concatenate([wanted, target.vectors])
    if domain.description:
        query = encoder.encode([domain.description], query=True)
        wanted = np.concatenate([wanted, query])
    scorer = _Scorer(store, known, unwanted)
    score, centre = scorer.scores(wanted)
    if target:
        score, centre = target.joined(score, centre)
    # Examples from elsewhere may stand farther out than any document does.
    surest = float(np.sort(score)[-FEEDBACK:].mean())
    probability, logit, share = posterior(score, max(min(centre, surest), 0.5))
    repeats = np.zeros(len(score), dtype=bool)
    given = wanted[: len(wanted) - bool(domain.description)]
    if len(given):
        for start, block in store.blocks():
            alike = (block @ given.T).max(axis=1) > duplicates
            repeats[start : start + len(block)] = alike
    return Gate(np.round(probability, 5), logit.astype(np.float32), repeats, share)


@dataclass(frozen=True)
class _Scorer:
    store: Corpus
    known: Moments
    unwanted: NDArray[np.float32]

    def scores(self, wanted: Vectors) -> tuple[NDArray[np.float64], float]:
        """Standardised scores of the corpus, and where left-out examples stand among them."""
        first = self._along(wanted.mean(axis=0))
        heard = self._heard(first)
        score = self._along(self._joined(wanted, heard))
        mean, spread = float(score.mean()), max(float(score.std()), 1e-6)
        if len(wanted) > 1:
            left_out = [
                float(wanted[i] @ self._direction(self._joined(np.delete(wanted, i, 0), heard)))
                for i in range(min(len(wanted), 50))
            ]
            centre = (float(np.mean(left_out)) - mean) / spread
        else:
            centre = np.inf
        return (score - mean) / spread, centre

    def _direction(self, towards: Vectors) -> Vectors:
        covariance = self.known.covariance
        ball = SHRINKAGE * np.trace(covariance) / len(covariance) + 1e-9
        away = self.known.mean
        if len(self.unwanted):
            away = (away + self.unwanted.mean(axis=0)) / 2
        shrunk = covariance + ball * np.eye(len(covariance))
        return unit(np.linalg.solve(shrunk, towards - away).astype(np.float32))

    def _along(self, towards: Vectors) -> NDArray[np.float64]:
        direction = self._direction(towards)
        return np.concatenate([b @ direction for _, b in self.store.blocks()]).astype(np.float64)

    def _heard(self, score: NDArray[np.float64]) -> Vectors:
        ids = self.store.ids
        few = np.argpartition(-score, min(4 * FEEDBACK, len(score) - 1))[: 4 * FEEDBACK]
        rows = sorted(few.tolist(), key=lambda row: (-round(float(score[row]), 6), ids[row]))
        return self.store.vectors(np.array(rows[:FEEDBACK], dtype=np.int64))

    def _joined(self, wanted: Vectors, heard: Vectors) -> Vectors:
        mean: Vectors = (wanted.mean(axis=0) + heard.mean(axis=0)) / 2
        return mean


def posterior(
    score: NDArray[np.float64], centre: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Probability, log-odds and share of the bell that stands at `centre`, by expectation.

    Both bells have one width, so that the probability rises with the score everywhere.
    """
    share, other, width = 0.1, 0.0, 1.0
    logit = np.zeros_like(score)
    for _ in range(ROUNDS):
        slope = (centre - other) / width**2
        logit = slope * (score - (centre + other) / 2) + np.log(share / (1 - share))
        chance = 1 / (1 + np.exp(-np.clip(logit, -50, 50)))
        share = float(np.clip(chance.mean(), 1e-5, 0.95))
        other = min(
            float(((1 - chance) * score).sum() / max((1 - chance).sum(), 1e-9)), centre - 0.1
        )
        spread = (1 - chance) * (score - other) ** 2 + chance * (score - centre) ** 2
        width = max(float(np.sqrt(spread.mean())), 1e-3)
    return 1 / (1 + np.exp(-np.clip(logit, -50, 50))), logit, share
