"""A corpus of arrays, and an encoder whose texts are rows of numbers: no model, no store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from miner.types import Node, Taxonomy


@dataclass(frozen=True)
class ArrayCorpus:
    """Vectors and ids, as selecting asks for them."""

    matrix: np.ndarray
    ids: list[str]
    columns: dict[str, list] = field(default_factory=dict)

    def table(self, columns: Sequence[str]) -> pa.Table:
        kinds = {"signals": pa.map_(pa.string(), pa.float64())}
        return pa.table({n: pa.array(self.columns[n], kinds.get(n)) for n in columns})

    def blocks(self, rows: int = 100) -> Iterator[tuple[int, np.ndarray]]:
        for start in range(0, len(self.matrix), rows):
            yield start, self.matrix[start : start + rows]

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        return self.matrix[rows]

    def permuted(self, order: Sequence[int]) -> ArrayCorpus:
        return ArrayCorpus(self.matrix[list(order)], [self.ids[i] for i in order])


@dataclass(frozen=True)
class NamedEncoder:
    """Knows the vectors of some texts; any other text gets a vector of its own."""

    known: dict[str, np.ndarray]
    dimensions: int
    identity: dict[str, str] = field(default_factory=dict)

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        return np.stack([self._one(text) for text in texts]).astype(np.float32)

    def _one(self, text: str) -> np.ndarray:
        for name, vector in self.known.items():
            if text.startswith(name):
                return vector
        vector = np.random.default_rng(sum(map(ord, text))).normal(size=self.dimensions)
        return vector / np.linalg.norm(vector)


@dataclass(frozen=True)
class World:
    """A corpus of topics, the topic of every document (-1: none), and nodes that name them."""

    corpus: ArrayCorpus
    topics: np.ndarray
    taxonomy: Taxonomy
    encoder: NamedEncoder

    def topic_of(self, document: str) -> int:
        return int(self.topics[self.corpus.ids.index(document)])


def units(matrix: np.ndarray) -> np.ndarray:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def world() -> Callable[..., World]:
    """Make a world: so many topics of so many documents each, and so many that have no topic."""

    def make(
        topics: int = 4, each: int = 40, others: int = 60, noise: float = 0.7, seed: int = 0
    ) -> World:
        rng = np.random.default_rng(seed)
        dimensions = 32
        centres = units(rng.normal(size=(topics, dimensions)))
        topic = np.concatenate([np.repeat(np.arange(topics), each), np.full(others, -1)])
        matrix = rng.normal(size=(len(topic), dimensions)) / dimensions**0.5
        matrix[topic >= 0] = noise * matrix[topic >= 0] + centres[topic[topic >= 0]]
        queries = units(centres + 0.5 * rng.normal(size=centres.shape) / dimensions**0.5)
        nodes = tuple(Node(f"n{i}", f"Topic {i}") for i in range(topics))
        order = rng.permutation(len(topic))
        corpus = ArrayCorpus(units(matrix)[order], [f"d{i:05d}" for i in range(len(topic))])
        known = {node.name: queries[i] for i, node in enumerate(nodes)}
        return World(
            corpus, topic[order], Taxonomy("world", nodes), NamedEncoder(known, dimensions)
        )

    return make
