"""Every node's pool: members above the floor, without repeats, each document owned by one node."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from miner.select.assignment import draft
from miner.select.constraints import Constraints
from miner.select.duplicates import near_duplicates
from miner.select.membership import Members
from miner.select.quotas import fixed_quotas, poured_quotas
from miner.select.settings import Select

if TYPE_CHECKING:
    from miner.select.scores import Ranked
    from miner.select.scoring import Scored
    from miner.select.settings import Corpus
    from miner.types import Rows, Taxonomy

REACH = 300
"""Candidates of a node that are looked at first, or 15 quotas if that is more."""
GROWTH = 4
"""How much further a node looks when its candidates ran out before its members did."""
TOGETHER = 2
"""Best nodes of a document, one of which a near-duplicate is sure to share."""


@dataclass(frozen=True)
class Pools:
    """What each node may choose from."""

    members: Members
    settings: Select
    quotas: Sequence[int]
    owned: list[list[int]]
    """Per node the rows that it owns, the surest first."""
    owner: Mapping[int, int]
    """Row to the node that owns it."""
    repeats: Mapping[int, int]
    """Row to the row that it repeats."""
    constraints: Constraints

    def population(self, node: int) -> Rows:
        """A node's members at or above the floor that nothing bars, the surest first."""
        return _above(self.members, node, self.settings.floor, self.constraints)

    def spares(self, quota: int) -> int:
        """How many spares a quota keeps."""
        return shares(self.settings.reserve, quota)


def shares(share: float, quota: int) -> int:
    """A share of a quota in whole documents, rounded up."""
    return math.ceil(round(share * quota, 6))


def share_out(
    store: Corpus,
    taxonomy: Taxonomy,
    scored: Scored,
    constraints: Constraints,
    settings: Select,
) -> Pools:
    """Set quotas, drop repeats and give each document one owner.

    A total is poured again with what each node turned out to hold, until it holds what it is given.
    """
    nodes, members = taxonomy.leaves, scored.members
    sizes = [len(_above(members, node, settings.floor, constraints)) for node in range(len(nodes))]
    if settings.documents is None:
        quotas = fixed_quotas(nodes, sizes, settings)
        return assign(store, members, scored.ranked, constraints, quotas, settings)
    capacities = list(sizes)
    while True:
        quotas = poured_quotas(taxonomy, nodes, sizes, capacities, settings)
        pools = assign(store, members, scored.ranked, constraints, quotas, settings)
        held = [
            min(capacity, len(owned)) if len(owned) < quota else capacity
            for capacity, owned, quota in zip(capacities, pools.owned, quotas, strict=True)
        ]
        if held == capacities:
            return pools
        capacities = held


def assign(
    store: Corpus,
    members: Members,
    ranked: Ranked,
    constraints: Constraints,
    quotas: Sequence[int],
    settings: Select,
) -> Pools:
    """Drop repeats and give each document one owner.

    A node first looks at its surest candidates alone; if repeats or other owners leave it short, it
    looks further, as long as it has members above the floor.
    """
    wanted = [shares(settings.pool, q) + shares(settings.reserve, q) for q in quotas]
    populations = [
        _above(members, node, settings.floor, constraints) for node in range(len(quotas))
    ]
    reach = [max(REACH, 15 * quota) if quota else 0 for quota in quotas]
    while True:
        pools = [rows[:far] for rows, far in zip(populations, reach, strict=True)]
        repeats = _repeats(store, members, ranked, pools, settings.duplicates)
        free = [[row for row in pool.tolist() if row not in repeats] for pool in pools]
        owned = draft(free, wanted, constraints.caps)
        short = [
            node
            for node, rows in enumerate(owned)
            if len(rows) < wanted[node] and reach[node] < len(populations[node])
        ]
        if not short:
            owner = {row: node for node, rows in enumerate(owned) for row in rows}
            return Pools(members, settings, quotas, owned, owner, repeats, constraints)
        for node in short:
            reach[node] *= GROWTH


def _above(members: Members, node: int, floor: float, constraints: Constraints) -> Rows:
    here = members.of(node)
    count = np.searchsorted(-members.probabilities[here], -floor, side="right")
    return constraints.allowed(members.rows[here][:count])


def _repeats(
    store: Corpus, members: Members, ranked: Ranked, pools: Sequence[Rows], threshold: float
) -> dict[int, int]:
    """Near-duplicates in the union of the pools; the surer of two stays, then the lower id."""
    surest: dict[int, float] = {}
    for node, pool in enumerate(pools):
        known = members.probability_of(node, pool.tolist())
        for row, probability in zip(pool.tolist(), known.tolist(), strict=True):
            surest[row] = max(surest.get(row, 0.0), probability)
    order = sorted(surest, key=lambda row: (-surest[row], store.ids[row]))
    rows = np.array(order, dtype=np.int64)
    return near_duplicates(store, rows, ranked.nodes[rows, :TOGETHER], threshold)
