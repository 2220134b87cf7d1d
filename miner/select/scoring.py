"""All memberships of a corpus: queries, scores, feedback, scores again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miner.errors import SelectionError
from miner.select.feedback import refined
from miner.select.membership import Curve, Members, kin, margins, members
from miner.select.queries import node_queries, unit
from miner.select.scores import Ranked, moments, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.select.domain import Gate
    from miner.select.settings import Corpus, Select
    from miner.types import Encoder, Node, Taxonomy, Vectors

LEAST = 0.1
"""Membership below which a document is not even kept as refused."""


@dataclass(frozen=True)
class Scored:
    """Every document's memberships, and the queries and ranks that they come from."""

    members: Members
    ranked: Ranked
    queries: NDArray[np.float32]


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

    def scored(queries: Vectors) -> Scored:
        related = kin(nodes, taxonomy, queries, known, settings.siblings)
        ranked = rank(store, queries, known)
        margin = margins(ranked, related, settings.background)
        return Scored(members(ranked, margin, store.ids, Curve(), LEAST), ranked, queries)

    first = scored(node_queries(taxonomy, nodes, encoder, store))
    if not settings.feedback:
        return first
    return scored(
        refined(
            first.queries,
            first.members,
            store,
            settings.feedback,
            settings.feedback_weight,
            settings.duplicates,
        )
    )


def of_domain(store: Corpus, gate: Gate, encoder: Encoder) -> Scored:
    """Memberships in the one node that a domain alone is: those of its gate."""
    count = len(store.ids)
    nodes = np.zeros((count, 1), dtype=np.int32)
    ranked = Ranked(nodes, gate.logit[:, None])
    curve = Curve(slope=1.0, intercept=0.0)
    found = members(ranked, gate.logit[:, None], store.ids, curve, LEAST)
    surest = store.vectors(found.rows[:20]).mean(axis=0, keepdims=True)
    if not len(found.rows):
        surest = np.zeros((1, encoder.dimensions), dtype=np.float32)
    return Scored(found, ranked, unit(surest))
