"""Topics of a corpus, found in the corpus: a taxonomy file that a person can edit.

Documents are clustered by spherical k-means, and the centres again, level upon level. A topic is
named by the words that its central documents share and others lack; its central documents are its
exemplars. Names are meant to be mended by a person; selecting needs only the exemplars and terms.
Source: Vo et al. (2024), Automatic Data Curation, section 3.2, without its resampling; the words
are weighted as in BERTopic (Grootendorst, 2022), rarity squared.
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from miner.errors import TaxonomyError
from miner.types import Node, Taxonomy

if TYPE_CHECKING:
    from collections.abc import Collection

    from miner.types import Document, Rows, Vectors

SAMPLE = 100_000
"""Documents that are clustered; drawn by their ids' hash when there are more."""
CENTRAL = 30
"""Documents nearest to a centre that name it."""
EXEMPLARS = 5
TERMS = 10
COMMON = 0.15
"""A word in more than this share of all central documents, or of two topics', names nothing."""
READ = 3000
"""Characters of a document whose words are counted."""
WORD = re.compile(r"[^\W\d_]{3,}")


class Corpus(Protocol):
    """What inducing needs of a store."""

    @property
    def ids(self) -> Sequence[str]:
        """The documents' ids."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """Unit rows of these row numbers."""
        ...

    def documents(self, ids: Collection[str]) -> Mapping[str, Document]:
        """Documents by id."""
        ...


@dataclass(frozen=True)
class _Topic:
    centre: NDArray[np.float32]
    words: Mapping[str, float]
    ids: Sequence[str]
    size: int


def induce(store: Corpus, sizes: Sequence[int] = (8, 40), seed: int = 0) -> Taxonomy:
    """Find topics.

    Args:
        store: The corpus.
        sizes: Topics per level, the broadest first.
        seed: Of the clustering.

    Raises:
        TaxonomyError: Sizes don't grow, or the corpus has too few documents for them.
    """
    if not sizes or any(a >= b for a, b in itertools.pairwise(sizes)) or sizes[0] < 1:
        raise TaxonomyError(f"levels {list(sizes)}: expected growing numbers of topics, as 8, 40")
    rows = _sample(store.ids)
    if len(rows) < 2 * sizes[-1]:
        raise TaxonomyError(
            f"{len(rows)} documents are too few for {sizes[-1]} topics; allowed: up to "
            f"{len(rows) // 2}"
        )
    vectors = store.vectors(rows)
    levels = [_cluster(vectors, sizes[-1], seed)]
    for size in reversed(sizes[:-1]):
        levels.append(_cluster(levels[-1], size, seed))
    leaves = _topics(store, rows, vectors, levels[0])
    return Taxonomy("induced", tuple(_nodes(leaves, levels, len(sizes))))


def _sample(ids: Sequence[str]) -> Rows:
    """Rows in the order of their ids, so that the order of the corpus doesn't matter."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rest = -(-len(order) // SAMPLE)
    return np.array(
        [row for row in order if rest == 1 or zlib.crc32(ids[row].encode()) % rest == 0],
        dtype=np.int64,
    )


def _cluster(vectors: Vectors, count: int, seed: int) -> Vectors:
    """Unit centres of clusters, by the number of documents, most first."""
    import faiss

    kmeans = faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=25,
        nredo=3,
        seed=seed,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=1000,
    )
    kmeans.train(np.ascontiguousarray(vectors, dtype=np.float32))
    centres = np.array(kmeans.centroids)
    owner = (vectors @ centres.T).argmax(axis=1)
    order = np.argsort(-np.bincount(owner, minlength=count), kind="stable")
    ordered: Vectors = centres[order]
    return ordered


# -------------------------------------------------------------------------------- naming


def _topics(store: Corpus, rows: Rows, vectors: Vectors, centres: Vectors) -> list[_Topic]:
    cosines = vectors @ centres.T
    owner = cosines.argmax(axis=1)
    central = []
    for number in range(len(centres)):
        mine = np.flatnonzero(owner == number)
        best = mine[np.argsort(-cosines[mine, number], kind="stable")[:CENTRAL]]
        central.append([store.ids[row] for row in rows[best].tolist()])
    documents = store.documents([id for ids in central for id in ids])
    counted = [Counter(w for id in ids for w in _words(documents[id])) for ids in central]
    everywhere = Counter[str]()
    for counts in counted:
        everywhere.update(counts)
    total = sum(map(len, central))
    most = max(COMMON, 2 / len(central)) * total
    return [
        _Topic(
            centres[number],
            {
                word: count / max(len(ids), 1) * math.log(total / everywhere[word]) ** 2
                for word, count in counts.items()
                if everywhere[word] <= most and (count > 1 or len(ids) == 1)
            },
            ids,
            int((owner == number).sum()),
        )
        for number, (ids, counts) in enumerate(zip(central, counted, strict=True))
    ]


def _words(document: Document) -> set[str]:
    return {word.lower() for word in WORD.findall(f"{document.title} {document.text[:READ]}")}


def _best(words: Mapping[str, float]) -> list[str]:
    """The most telling words; a plural or other longer form of one before it is left out."""
    best: list[str] = []
    for word in sorted(words, key=lambda word: (-words[word], word)):
        if not any(word.startswith(other[:5]) and len(other) > 4 for other in best):
            best.append(word)
        if len(best) == TERMS:
            break
    return best


def _nodes(leaves: Sequence[_Topic], levels: Sequence[Vectors], depth: int) -> Iterator[Node]:
    """Nodes from the broadest level down; a topic's parent is the nearest centre above it."""
    topics = [list(leaves)]
    parents: list[list[int]] = []
    for centres in levels[1:]:
        below = topics[-1]
        nearest = [int((topic.centre @ centres.T).argmax()) for topic in below]
        parents.append(nearest)
        topics.append([_joined(below, nearest, i, centre) for i, centre in enumerate(centres)])
    names: set[str] = set()
    for height in range(depth - 1, -1, -1):
        for number, topic in enumerate(topics[height]):
            if not topic.size:
                continue
            terms = _best(topic.words)
            id = f"{depth - height}.{number + 1}"
            yield Node(
                id,
                _name(terms, id, names),
                level=f"level {depth - height}",
                parent=f"{depth - height - 1}.{parents[height][number] + 1}"
                if height < depth - 1
                else "",
                exemplars=tuple(f"id:{id}" for id in topic.ids[:EXEMPLARS]) if not height else (),
                terms=tuple(terms),
            )


def _joined(
    topics: Sequence[_Topic], nearest: Sequence[int], number: int, centre: Vectors
) -> _Topic:
    mine = [topic for topic, parent in zip(topics, nearest, strict=True) if parent == number]
    size = sum(topic.size for topic in mine)
    words: dict[str, float] = {}
    for topic in mine:
        for word, weight in topic.words.items():
            words[word] = words.get(word, 0.0) + weight * topic.size / size
    return _Topic(centre, words, (), size)


def _name(terms: Sequence[str], id: str, taken: set[str]) -> str:
    """The fewest first words that no node before is called by."""
    for count in range(2, len(terms) + 1):
        name = ", ".join(terms[:count])
        if name not in taken:
            taken.add(name)
            return name
    return f"Topic {id}"
