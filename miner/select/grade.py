"""A finished selection, graded: in a second embedding, and beside the same budget spent otherwise.

Coverage of a node's population is measured where the selection was not made (words.py), between a
random choice from that population and a greedy one. Two other ways to spend the same budget get the
same figures: documents drawn by chance from all that the constraints allow, and the nearest by
cosine to a node's description. Who belongs to a node is the selection's own membership in all of
them: only labelled text can say how true that is (docs/selection.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from miner.select.figures import bounds, coverage, near_duplicate_pairs, radius, vendi
from miner.select.queries import whole_queries
from miner.select.words import NAME, word_vectors

if TYPE_CHECKING:
    from miner.select.settings import Select
    from miner.select.worked import Worked
    from miner.store import Store
    from miner.types import Encoder, Rows, Taxonomy, Vectors

TEXTS = 20_000
"""Documents that are read, about; they are shared out over the nodes."""
MEMBERS = (30, 200)
"""Fewest and most documents of a node's population that coverage is measured over."""
CHOSEN = 1000
"""Documents of a node and a way that are graded; of more, some at equal distances."""
MAPPED = 1200
"""Dots of the corpus on its map, and as many of the chosen."""
TOGETHER = 256
"""Nodes whose nearest documents are looked for at once."""
WAYS = ("selected", "nearest", "random")


def grade(
    store: Store,
    taxonomy: Taxonomy,
    worked: Worked,
    encoder: Encoder,
    settings: Select,
    seed: int = 0,
) -> dict[str, Any]:
    """Figures of a selection, ready for JSON.

    Args:
        store: What was selected from.
        taxonomy: What was selected for.
        worked: What came of it.
        encoder: The store's.
        settings: Those of the selection.
        seed: Of the draws and of the second embedding.

    Returns:
        `floor`, `embedding` (its name, texts, dimensions), `nodes` (id to figures; those of a
        sample where there are very many), `ways` (selected, nearest, random to mean figures),
        `map` (see `_map`) and `taxonomy`, without which a selection's nodes have no names.
    """
    wholes = range(len(worked.nodes))
    mean_quota = sum(map(len, worked.chosen)) / max(len(wholes), 1)
    most = max(1, int(TEXTS / (MEMBERS[0] + 3 * min(mean_quota, CHOSEN))))
    graded = _spread(np.arange(len(wholes)), most).tolist()
    each = int(np.clip(TEXTS // len(graded) - 3 * mean_quota, *MEMBERS))
    populations = {i: _spread(worked.pools.population(i), each) for i in graded}
    ways = _ways(store, taxonomy, worked, encoder, settings, graded, seed)
    words = _Words.of(store, [*populations.values(), *(r for w in ways.values() for r in w)], seed)
    considered = np.bincount(worked.scored.members.nodes, minlength=len(wholes)).tolist()
    nodes: dict[str, dict[str, float]] = {
        node.id: {"considered": count} for node, count in zip(worked.nodes, considered, strict=True)
    }
    summed: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for place, i in enumerate(graded):
        population = words.rows(populations[i])
        for way in WAYS:
            rows = ways[way][place]
            found = _figures(store, worked, i, rows, population, words.rows(rows), settings)
            summed[way].append(found)
        count = len(ways["selected"][place])
        nodes[worked.nodes[i].id] |= _rounded(
            {key: summed["selected"][-1][key] for key in ("coverage", "radius")}
            | bounds(population, count, seed)
        )
    return {
        "floor": worked.pools.settings.floor,
        "embedding": {"name": NAME, "texts": len(words.place), "dimensions": words.dimensions},
        "graded": len(graded),
        "nodes": nodes,
        "ways": {way: _mean(found, ways[way]) for way, found in summed.items()},
        "map": _map(store, worked),
        "taxonomy": [
            {"id": n.id, "name": n.name, "level": n.level, "parent": n.parent}
            for n in taxonomy.nodes
        ],
    }


# ------------------------------------------------------------------------------ the other ways


def _ways(
    store: Store,
    taxonomy: Taxonomy,
    worked: Worked,
    encoder: Encoder,
    settings: Select,
    graded: Sequence[int],
    seed: int,
) -> dict[str, list[Rows]]:
    """Per way the rows of every graded node, as many as were chosen for it."""
    from miner.index import search

    counts = [len(worked.chosen[i]) for i in graded]
    barred = worked.pools.constraints.barred
    allowed = np.ones(len(store.ids), dtype=bool) if barred is None else barred == 0
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(allowed))
    ends = np.cumsum([0, *counts])
    random = [drawn[a:b] for a, b in itertools.pairwise(ends)]
    nodes = [worked.nodes[i] for i in graded]
    queries = whole_queries(taxonomy, nodes, encoder, store, settings.domain)
    nearest: list[Rows] = []
    near = worked.scored.candidates
    for start in range(0, len(nodes), TOGETHER):
        some = queries[start : start + TOGETHER]
        most = max(1, *counts)
        found = near.nearest(some, most) if near else search(store, some, most, allowed=allowed)[1]
        nearest += [
            row[:count][row[:count] >= 0]
            for row, count in zip(found, counts[start : start + TOGETHER], strict=True)
        ]
    selected = [np.array(worked.chosen[i], dtype=np.int64) for i in graded]
    ways = {"selected": selected, "nearest": nearest, "random": random}
    return {way: [_spread(rows, CHOSEN) for rows in found] for way, found in ways.items()}


# ------------------------------------------------------------------------------------- figures


@dataclass(frozen=True)
class _Words:
    """The second embedding of some of the store's documents."""

    vectors: NDArray[np.float32]
    place: Mapping[int, int]

    @classmethod
    def of(cls, store: Store, rows: Sequence[Rows], seed: int) -> _Words:
        wanted = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *rows]))
        ids = [store.ids[row] for row in wanted.tolist()]
        documents = store.documents(ids)
        texts = [f"{documents[id].title}\n{documents[id].text}" for id in ids]
        return cls(word_vectors(texts, seed), {row: i for i, row in enumerate(wanted.tolist())})

    @property
    def dimensions(self) -> int:
        return int(self.vectors.shape[1])

    def rows(self, rows: Rows) -> Vectors:
        return self.vectors[[self.place[row] for row in rows.tolist()]]


def _figures(
    store: Store,
    worked: Worked,
    node: int,
    rows: Rows,
    population: Vectors,
    words: Vectors,
    settings: Select,
) -> dict[str, float]:
    """One node's figures of one way to choose; what hangs on a population is nan without one."""
    membership = worked.scored.members.chance_of(node, rows)
    vectors = store.vectors(rows)
    empty = not len(rows)
    return {
        "membership": float(membership.mean()) if len(rows) else np.nan,
        "above_floor": float((membership >= worked.pools.settings.floor).mean())
        if len(rows)
        else np.nan,
        "coverage": coverage(population, words) if len(population) else np.nan,
        "radius": radius(population, words) if len(population) else np.nan,
        "vendi": np.nan if empty else vendi(vectors),
        "near_duplicate_pairs": near_duplicate_pairs(vectors, settings.duplicates),
    }


def _mean(found: Sequence[Mapping[str, float]], rows: Sequence[Rows]) -> dict[str, float | None]:
    """Means over the nodes; pairs and documents are summed."""
    all_rows = np.concatenate([np.empty(0, dtype=np.int64), *rows])
    means: dict[str, float | None] = {
        "documents": len(all_rows),
        "different_documents": len(np.unique(all_rows)),
    }
    for key in found[0]:
        values = np.array([figures[key] for figures in found])
        if key == "near_duplicate_pairs":
            means[key] = int(values.sum())
        else:
            values = values[~np.isnan(values)]
            means[key] = round(float(values.mean()), 4) if len(values) else None
    return means


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items() if not np.isnan(value)}


def _spread(rows: Rows, most: int) -> Rows:
    """At most so many, at equal distances in the order given: first, last and between."""
    if len(rows) <= most:
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).round().astype(np.int64))]


# ------------------------------------------------------------------------------------- the map


def _map(store: Store, worked: Worked) -> dict[str, Any]:
    """Documents in the plane in which the nodes' chosen documents differ most on the mean.

    Returns:
        `corpus`: [x, y, id] of an even sample; `chosen`: [x, y, id, node] of the chosen.
    """
    rows = _spread(np.arange(len(store.ids)), MAPPED)
    taken = [
        (row, node.id) for node, c in zip(worked.nodes, worked.chosen, strict=True) for row in c
    ]
    taken = [taken[i] for i in _spread(np.arange(len(taken)), MAPPED).tolist()]
    chosen = store.vectors(np.array([row for row, _ in taken], dtype=np.int64))
    names = [node for _, node in taken]
    groups = [chosen[[name == node for name in names]] for node in dict.fromkeys(names)]
    background = store.vectors(rows)
    apart = np.stack([g.mean(axis=0) for g in groups]) if len(groups) > 2 else background
    axes = principal_axes(apart)
    return {
        "corpus": [
            [*place, store.ids[row]]
            for place, row in zip(_places(background, axes), rows.tolist(), strict=True)
        ],
        "chosen": [
            [*place, store.ids[row], node]
            for place, (row, node) in zip(_places(chosen, axes), taken, strict=True)
        ],
    }


def principal_axes(vectors: Vectors) -> Vectors:
    """The two directions in which rows differ most, shape (d, 2), signs fixed."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    _, found = np.linalg.eigh(centred.T @ centred)
    axes: Vectors = found[:, [-1, -2]]
    strongest = np.abs(axes).argmax(axis=0)  # an axis may point either way
    return axes * np.sign(axes[strongest, [0, 1]])


def _places(vectors: Vectors, axes: Vectors) -> list[list[float]]:
    found: list[list[float]] = np.round(vectors @ axes, 4).tolist()
    return found
