"""All memberships of a corpus: queries, scores, feedback, scores again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miner.errors import SelectionError
from miner.select.candidates import Candidates, sizes
from miner.select.feedback import refined
from miner.select.labels import fit, read_labels
from miner.select.membership import Curve, Members, id_order, kin, margins, members
from miner.select.neighbours import Neighbours, listeners
from miner.select.queries import node_queries, unit
from miner.select.quotas import most_wanted
from miner.select.scores import Ranked, moments, rank, sampled
from miner.select.telling import silent
from miner.select.unread import made_for, unread_nodes

if TYPE_CHECKING:
    from miner.select.domain import Gate
    from miner.select.settings import Corpus, Select
    from miner.select.telling import Tell
    from miner.types import Encoder, Node, Taxonomy

CHECKED = 5
"""Documents of a node per place whose neighbours are asked: well beyond what it may take."""
LEAST = 0.1
"""Membership below which a document is not even kept as refused."""


@dataclass(frozen=True)
class Scored:
    """Every document's memberships, and the queries and ranks that they come from."""

    members: Members
    ranked: Ranked
    queries: NDArray[np.float32]
    calibrated: bool = False
    candidates: Candidates | None = None
    """Where only the nearest were scored."""
    sizes: Sequence[int] | None = None
    """Then: about how many documents of the corpus belong to each node, from a sample."""
    unread: Mapping[int, str] = field(default_factory=dict)
    """Nodes that the encoder cannot read, and why: they have no member."""


def score(
    store: Corpus,
    taxonomy: Taxonomy,
    nodes: Sequence[Node],
    encoder: Encoder,
    settings: Select,
    allowed: NDArray[np.bool_] | None = None,
    always: Sequence[int] = (),
    tell: Tell = silent,
) -> Scored:
    """Memberships of all documents, or of all candidates, in all nodes.

    Args:
        store: The corpus.
        taxonomy: What is selected for.
        nodes: Its leaves.
        encoder: The one that made the store's vectors.
        settings: See `Select`.
        allowed: Per row whether it may be chosen; None where nothing is barred.
        always: Rows that are scored whether or not a node is near.
        tell: Told how far encoding is, where there are thousands of phrases.

    Raises:
        SelectionError: The store is of another encoder, or an exemplar is unknown.
        StoreError: Candidates are to come from an index of FAISS that is not to be had.
    """
    sample = sampled(store)
    known = moments(store, sample)
    if encoder.dimensions != len(known.mean):
        raise SelectionError(
            f"the encoder makes vectors of {encoder.dimensions} numbers, the index holds "
            f"{len(known.mean)}: it was made by another encoder"
        )

    by_id = id_order(store.ids)
    labelled = labelled_pairs(settings.labels, nodes, store)
    named = [row for row, _, _ in labelled]
    near = Candidates.of(store, nodes, settings, allowed, {*always, *named})
    unread = unread_nodes(nodes, made_for(encoder, settings))
    words = node_queries(taxonomy, nodes, encoder, store, tell)
    queries, related = words, kin(nodes, taxonomy, words, known, settings.siblings)
    if settings.feedback:
        # Of a large corpus a sample is heard, or the candidates.
        first = rank(store, queries, known, near.near(queries) if near else sample)
        margin = silenced(margins(first, related, settings.background), first, unread)
        heard = members(first, margin, by_id, Curve(), LEAST)
        queries = refined(
            words, heard, store, settings.feedback, settings.feedback_weight, settings.duplicates
        )
        related = kin(nodes, taxonomy, queries, known, settings.siblings)
    ranked = rank(store, queries, known, near.near(words, queries) if near else None)
    margin = silenced(margins(ranked, related, settings.background), ranked, unread)
    listening = listeners(by_id, len(nodes))
    even = rank(store, queries, known, listening) if near else None
    if settings.neighbours:
        best = even.nodes[:, 0] if even else ranked.nodes[listening, 0]
        around = Neighbours.of(
            store, listening, best, ranked, words, known, related, by_id, settings
        )
        margin = around.heard(margin, CHECKED * most_wanted(nodes, settings))
    fitted = fitted_curve(labelled, ranked, margin, Curve())
    curve = fitted or Curve()
    found = members(ranked, margin, by_id, curve, LEAST)
    scored = Scored(found, ranked, queries, fitted is not None, near, unread=unread)
    if not even:
        return scored
    may = np.ones(len(listening), dtype=bool) if allowed is None else allowed[listening]
    margin = silenced(margins(even, related, settings.background), even, unread)
    belongs = curve.probability(margin) >= settings.floor
    counted = sizes(belongs & may[:, None], even.nodes, listening, len(nodes), len(store.ids))
    return replace(scored, sizes=counted)


def silenced(
    margin: NDArray[np.float32], ranked: Ranked, nodes: Iterable[int]
) -> NDArray[np.float32]:
    """The margins, with none left to some nodes."""
    some = np.fromiter(nodes, dtype=ranked.nodes.dtype)
    if len(some):
        margin[np.isin(ranked.nodes, some)] = -np.inf
    return margin


def labelled_pairs(path: str, nodes: Sequence[Node], store: Corpus) -> list[tuple[int, int, bool]]:
    """Row, node and verdict of people's labels.

    Labels of documents or nodes that are not here are left aside: files outlive indexes.
    """
    if not path:
        return []
    numbers = {node.id: i for i, node in enumerate(nodes)}
    rows = {id: row for row, id in enumerate(store.ids)}
    return [
        (rows[label.document], numbers[label.node], label.belongs)
        for label in read_labels(Path(path))
        if label.document in rows and label.node in numbers
    ]


def fitted_curve(
    labelled: Sequence[tuple[int, int, bool]],
    ranked: Ranked,
    margin: NDArray[np.float32],
    start: Curve,
) -> Curve | None:
    """The curve of people's labels; None without any, or if they don't suffice."""
    margins, truth = [], []
    for row, node, belongs in labelled:
        place = int(ranked.places_of(np.array([row]))[0])
        slots = np.flatnonzero(ranked.nodes[place] == node)
        if len(slots) and np.isfinite(margin[place, slots[0]]):
            margins.append(float(margin[place, slots[0]]))
            truth.append(belongs)
    return fit(np.array(margins), np.array(truth, dtype=bool), start)


def of_domain(
    store: Corpus, gate: Gate, encoder: Encoder, nodes: Sequence[Node], labels: str
) -> Scored:
    """Memberships in the one node that a domain alone is: those of its gate."""
    count = len(store.ids)
    ranked = Ranked(np.zeros((count, 1), dtype=np.int32), gate.logit[:, None])
    curve = Curve(slope=1.0, intercept=0.0)
    labelled = labelled_pairs(labels, nodes, store)
    fitted = fitted_curve(labelled, ranked, gate.logit[:, None], curve)
    found = members(ranked, gate.logit[:, None], id_order(store.ids), fitted or curve, LEAST)
    surest = store.vectors(found.rows[:20]).mean(axis=0, keepdims=True)
    if not len(found.rows):
        surest = np.zeros((1, encoder.dimensions), dtype=np.float32)
    return Scored(found, ranked, unit(surest), calibrated=fitted is not None)
