"""All memberships of a corpus: queries, scores, feedback, scores again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miner.errors import SelectionError
from miner.select.feedback import refined
from miner.select.labels import fit, read_labels
from miner.select.membership import Curve, Members, id_order, kin, margins, members
from miner.select.neighbours import Neighbours
from miner.select.queries import node_queries, unit
from miner.select.scores import Moments, Ranked, moments, rank, sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.select.domain import Gate
    from miner.select.settings import Corpus, Select
    from miner.types import Encoder, Node, Taxonomy, Vectors

CHECKED = 5
"""Candidates per place whose neighbours are asked."""
LEAST = 0.1
"""Membership below which a document is not even kept as refused."""


@dataclass(frozen=True)
class Scored:
    """Every document's memberships, and the queries and ranks that they come from."""

    members: Members
    ranked: Ranked
    queries: NDArray[np.float32]
    calibrated: bool = False


def score(
    store: Corpus,
    taxonomy: Taxonomy,
    nodes: Sequence[Node],
    encoder: Encoder,
    settings: Select,
) -> Scored:
    """Memberships of all documents in all nodes.

    Raises:
        SelectionError: The store is of another encoder, or an exemplar is unknown.
    """
    known = moments(store)
    if encoder.dimensions != len(known.mean):
        raise SelectionError(
            f"the encoder makes vectors of {encoder.dimensions} numbers, the index holds "
            f"{len(known.mean)}: it was made by another encoder"
        )

    by_id = id_order(store.ids)
    words = node_queries(taxonomy, nodes, encoder, store)
    queries, related = words, kin(nodes, taxonomy, words, known, settings.siblings)
    if settings.feedback:
        heard = _first_members(store, queries, known, related, by_id, settings)
        queries = refined(
            words, heard, store, settings.feedback, settings.feedback_weight, settings.duplicates
        )
        related = kin(nodes, taxonomy, queries, known, settings.siblings)
    ranked = rank(store, queries, known)
    margin = margins(ranked, related, settings.background)
    if settings.neighbours:
        around = Neighbours.of(store, ranked, words, known, related, by_id, settings)
        margin = around.heard(margin, checked(nodes, settings))
    fitted = fitted_curve(settings.labels, nodes, store, ranked, margin, Curve())
    found = members(ranked, margin, by_id, fitted or Curve(), LEAST)
    return Scored(found, ranked, queries, calibrated=fitted is not None)


def _first_members(
    store: Corpus,
    queries: Vectors,
    known: Moments,
    related: NDArray[np.bool_],
    by_id: NDArray[np.int64],
    settings: Select,
) -> Members:
    """Memberships that feedback listens to: of a large corpus, those of a sample of it."""
    sample = sampled(store)
    ranked = rank(store, queries, known, sample)
    margin = margins(ranked, related, settings.background)
    if sample is None:
        return members(ranked, margin, by_id, Curve(), LEAST)
    found = members(ranked, margin, by_id[sample], Curve(), LEAST)
    return replace(found, rows=sample[found.rows])


def checked(nodes: Sequence[Node], settings: Select) -> int:
    """Documents of a node whose neighbours are asked: well beyond what any node may take."""
    largest = max((node.quota or 0 for node in nodes), default=0)
    shared = -(-(settings.documents or 0) // max(len(nodes), 1))
    return CHECKED * max(largest, shared, settings.per_node, 20)


def fitted_curve(
    path: str,
    nodes: Sequence[Node],
    store: Corpus,
    ranked: Ranked,
    margin: NDArray[np.float32],
    start: Curve,
) -> Curve | None:
    """The curve of people's labels; None without a file of them, or if they don't suffice.

    Labels of documents or nodes that are not here are left aside: files outlive indexes.
    """
    if not path:
        return None
    numbers = {node.id: i for i, node in enumerate(nodes)}
    rows = {id: row for row, id in enumerate(store.ids)}
    margins, truth = [], []
    for label in read_labels(Path(path)):
        if label.document in rows and label.node in numbers:
            row = rows[label.document]
            slots = np.flatnonzero(ranked.nodes[row] == numbers[label.node])
            if len(slots):
                margins.append(float(margin[row, slots[0]]))
                truth.append(label.belongs)
    return fit(np.array(margins), np.array(truth, dtype=bool), start)


def of_domain(
    store: Corpus, gate: Gate, encoder: Encoder, nodes: Sequence[Node], labels: str
) -> Scored:
    """Memberships in the one node that a domain alone is: those of its gate."""
    count = len(store.ids)
    ranked = Ranked(np.zeros((count, 1), dtype=np.int32), gate.logit[:, None])
    curve = Curve(slope=1.0, intercept=0.0)
    fitted = fitted_curve(labels, nodes, store, ranked, gate.logit[:, None], curve)
    found = members(ranked, gate.logit[:, None], id_order(store.ids), fitted or curve, LEAST)
    surest = store.vectors(found.rows[:20]).mean(axis=0, keepdims=True)
    if not len(found.rows):
        surest = np.zeros((1, encoder.dimensions), dtype=np.float32)
    return Scored(found, ranked, unit(surest), calibrated=fitted is not None)
