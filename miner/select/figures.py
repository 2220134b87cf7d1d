"""What can be said of a node's chosen documents: how sure, how well they cover, how alike.

Dispersion alone proves nothing, since outliers are dispersed: read diversity beside mean
membership, and coverage between its two bounds, a random choice and a greedy one of the same size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from miner.types import Vectors

POPULATION = 500
"""Members of a node, the surest ones, against which coverage is measured."""


BLOCK = 2048
"""Rows compared at once."""


def coverage(population: Vectors, chosen: Vectors) -> float:
    """Mean over the population of the cosine to the nearest chosen document."""
    return float((population @ chosen.T).max(axis=1).mean()) if len(chosen) else 0.0


def radius(population: Vectors, chosen: Vectors) -> float:
    """The distance 1 - cosine within which 95 % of the population find a chosen document."""
    if not len(chosen):
        return 1.0
    return float(np.quantile(1 - (population @ chosen.T).max(axis=1), 0.95))


def vendi(vectors: Vectors) -> float:
    """Effective number of distinct documents, in [1, n] (Friedman and Dieng 2023)."""
    if not len(vectors):
        return 0.0
    # Both products have the same eigenvalues but for zeros: the smaller one is taken apart.
    wide = vectors.T if vectors.shape[1] < len(vectors) else vectors
    values = np.linalg.eigvalsh((wide @ wide.T).astype(np.float64) / len(vectors))
    values = values[values > 1e-12]  # the rest is the solver's noise
    return float(np.exp(-(values * np.log(values)).sum()))


def near_duplicate_pairs(vectors: Vectors, threshold: float) -> int:
    """Pairs of rows whose cosine is above a threshold."""
    count = 0
    for start in range(0, len(vectors), BLOCK):
        alike = vectors[start : start + BLOCK] @ vectors[start:].T > threshold
        count += int(np.triu(alike, 1).sum())
    return count


def bounds(population: Vectors, count: int, seed: int) -> dict[str, float]:
    """Coverage that a random and a greedy choice of `count` documents of the population have."""
    if not len(population) or not count:
        return {}
    from miner.select.facility_location import greedy

    rng = np.random.default_rng(seed)
    cosines = population @ population.T
    samples = [
        float(cosines[rng.permutation(len(population))[:count]].max(axis=0).mean())
        for _ in range(5)
    ]
    even = np.ones(len(population), dtype=np.float32)
    best = greedy(cosines, even, min(count, len(population)))
    return {
        "coverage_random": float(np.mean(samples)),
        "coverage_greedy": float(cosines[best].max(axis=0).mean()),
    }


def node_figures(
    population: Vectors,
    chosen: Vectors,
    probability: NDArray[np.float64],
    threshold: float,
    seed: int,
) -> Mapping[str, float]:
    """The figures of one node, rounded for reading.

    Args:
        population: Members of the node, unit rows.
        chosen: Those selected.
        probability: Membership of those selected.
        threshold: Cosine above which two documents count as near-duplicates.
        seed: Of the random bound.
    """
    if not len(chosen) or not len(population):
        return {}
    values = {
        "membership": float(probability.mean()),
        "coverage": coverage(population, chosen),
        **bounds(population, len(chosen), seed),
        "radius": radius(population, chosen),
        "vendi": vendi(chosen),
        "near_duplicate_pairs": float(near_duplicate_pairs(chosen, threshold)),
    }
    return {name: round(value, 4) for name, value in values.items()}
