"""Topics found in a corpus: named by their words, the same for any order of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from miner.errors import TaxonomyError
from miner.taxonomy.induce import induce
from miner.taxonomy.load import load, write
from miner.types import Document

TOPICS = {
    "music": "violin concert orchestra melody",
    "rock": "guitar concert drummer singer",
    "stars": "galaxy telescope planet orbit",
    "rain": "cloud planet storm weather",
}


@dataclass(frozen=True)
class Texts:
    """Documents of four topics in two families, with vectors to match."""

    order: tuple[int, ...] = tuple(range(80))

    @property
    def ids(self) -> list[str]:
        return [f"d{i:03d}" for i in self.order]

    def vectors(self, rows):
        return np.stack([self._vector(self.order[row]) for row in rows])

    def documents(self, ids):
        return {id: Document(id, self._text(int(id[1:])), title="The") for id in ids}

    def _vector(self, i: int):
        rng = np.random.default_rng(i)
        topic = i % 4
        vector = rng.normal(0, 0.05, 8)
        vector[topic // 2] += 1
        vector[2 + topic] += 0.7
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def _text(self, i: int) -> str:
        words = list(TOPICS.values())[i % 4]
        return f"The {words} and number{i} of everything"


def test_topics_are_found_and_named():
    taxonomy = induce(Texts(), sizes=(2, 4))
    assert len(taxonomy.leaves) == 4
    assert len(taxonomy.children()) == 2
    words = {frozenset(leaf.terms) for leaf in taxonomy.leaves}
    for topic in TOPICS.values():
        own = {w for w in topic.split() if w not in {"concert", "planet"}}
        assert any(own <= found for found in words)
    for leaf in taxonomy.leaves:
        assert leaf.name.split(", ")[0] in leaf.terms
        assert len({int(e[4:]) % 4 for e in leaf.exemplars}) == 1
    families = [{leaf.terms for leaf in taxonomy.children(n.id)} for n in taxonomy.children()]
    assert all(len(family) == 2 for family in families)


def test_the_same_again_and_for_any_order_of_rows():
    turned = Texts(tuple(np.random.default_rng(0).permutation(80).tolist()))
    assert induce(Texts(), (2, 4)) == induce(Texts(), (2, 4)) == induce(turned, (2, 4))


def test_the_file_is_read_again(tmp_path):
    taxonomy = induce(Texts(), (2, 4))
    path = tmp_path / "induced.toml"
    path.write_text(write(taxonomy), encoding="utf-8")
    assert load(path) == taxonomy


@pytest.mark.parametrize("sizes", [(), (4, 4), (8, 2), (0, 3)])
def test_levels_must_grow(sizes):
    with pytest.raises(TaxonomyError, match="growing numbers"):
        induce(Texts(), sizes)


def test_too_few_documents():
    with pytest.raises(TaxonomyError, match="80 documents are too few for 41 topics"):
        induce(Texts(), (2, 41))
