"""Every node's pool: members above the floor, without repeats, each document owned by one node."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from miner.select.assignment import draft
from miner.select.before import Earlier
from miner.select.constraints import Constraints
from miner.select.duplicates import near_duplicates
from miner.select.membership import Members
from miner.select.quotas import fixed_quotas, poured_quotas, spread
from miner.select.settings import Select

if TYPE_CHECKING:
    from miner.select.scores import Ranked
    from miner.select.scoring import Scored
    from miner.select.settings import Corpus
    from miner.types import Rows, Taxonomy

REACH = 120
"""Candidates of a node that are looked at first, or 6 quotas if that is more."""
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
    """Per node the rows that it owns beside what it had chosen earlier, the surest first."""
    owner: Mapping[int, int]
    """Row to the node that owns it."""
    repeats: Mapping[int, int]
    """Row to the row that it repeats."""
    constraints: Constraints
    earlier: Earlier = field(default_factory=Earlier)

    def population(self, node: int) -> Rows:
        """A node's members at or above the floor that nothing bars, the surest first."""
        return _above(self.members, node, self.settings.floor, self.constraints)

    def held(self) -> list[int]:
        """Per node all that it may choose from, with what it had chosen earlier."""
        return [len(self.earlier.rows_of(node)) + len(own) for node, own in enumerate(self.owned)]

    @cached_property
    def _held(self) -> list[Counter[int]]:
        """Per cap the documents of each group that have an owner."""
        rows = list(self.owner)
        return [Counter(cap.groups[rows].tolist()) for cap in self.constraints.caps]

    def capped(self, row: int) -> str:
        """The cap that a document's group has reached, in words; empty if none has."""
        for cap, held in zip(self.constraints.caps, self._held, strict=True):
            if (group := int(cap.groups[row])) >= 0 and held[group] >= cap.limit:
                return f"{cap.limit} of its {cap.kind}"
        return ""

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
    earlier: Earlier | None = None,
) -> Pools:
    """Set quotas, drop repeats and give each document one owner.

    A total is poured again with what each node turned out to hold, until it holds what it is given;
    what no node can hold is asked of all of them in vain, so that each says what it lacks.
    """
    nodes, members = taxonomy.leaves, scored.members
    earlier = earlier or Earlier()
    held = [len(_above(members, node, settings.floor, constraints)) for node in range(len(nodes))]
    sizes = [*map(max, held, scored.sizes)] if scored.sizes else held
    least = [earlier.quotas.get(node, 0) for node in range(len(nodes))]
    if settings.documents is None:
        quotas = list(map(max, fixed_quotas(nodes, sizes, settings), least))
        return assign(store, members, scored.ranked, constraints, quotas, settings, earlier)
    capacities = [size + len(earlier.rows_of(node)) for node, size in enumerate(held)]
    while True:
        quotas = poured_quotas(taxonomy, nodes, sizes, capacities, settings, least)
        pools = assign(store, members, scored.ranked, constraints, quotas, settings, earlier)
        found = [
            min(capacity, had) if had < quota else capacity
            for capacity, had, quota in zip(capacities, pools.held(), quotas, strict=True)
        ]
        if found == capacities:
            lacking = max(0, settings.documents - sum(quotas))
            asked = spread(lacking, nodes)
            return replace(pools, quotas=[*map(operator.add, quotas, asked)])
        capacities = found


def assign(
    store: Corpus,
    members: Members,
    ranked: Ranked,
    constraints: Constraints,
    quotas: Sequence[int],
    settings: Select,
    earlier: Earlier,
) -> Pools:
    """Drop repeats and give each document one owner.

    A node first looks at its surest candidates alone; if repeats or other owners leave it short, it
    looks further, as long as it has members above the floor.
    """
    stay = earlier.all_rows
    places = [max(0, quota - len(earlier.rows_of(node))) for node, quota in enumerate(quotas)]
    wanted = [
        shares(settings.pool, few) + shares(settings.reserve, quota) if few or quota else 0
        for few, quota in zip(places, quotas, strict=True)
    ]
    populations = [
        _above(members, node, settings.floor, constraints) for node in range(len(quotas))
    ]
    if stay:
        populations = [rows[~np.isin(rows, stay)] for rows in populations]
    reach = [max(REACH, 6 * quota) if quota else 0 for quota in quotas]
    while True:
        pools = [rows[:far] for rows, far in zip(populations, reach, strict=True)]
        repeats = _repeats(store, members, ranked, pools, settings.duplicates, stay)
        free = [[row for row in pool.tolist() if row not in repeats] for pool in pools]
        owned = draft(free, places, wanted, caps=constraints.caps, spent=stay)
        short = [
            node
            for node, rows in enumerate(owned)
            if len(rows) < wanted[node] and reach[node] < len(populations[node])
        ]
        if not short:
            owner = {row: node for node, rows in enumerate(owned) for row in rows}
            owner |= {row: node for node, rows in earlier.rows.items() for row in rows}
            return Pools(members, settings, quotas, owned, owner, repeats, constraints, earlier)
        for node in short:
            reach[node] *= GROWTH


def _above(members: Members, node: int, floor: float, constraints: Constraints) -> Rows:
    here = members.of(node)
    count = np.searchsorted(-members.probabilities[here], -floor, side="right")
    return constraints.allowed(members.rows[here][:count])


def _repeats(
    store: Corpus,
    members: Members,
    ranked: Ranked,
    pools: Sequence[Rows],
    threshold: float,
    stay: list[int],
) -> dict[int, int]:
    """Near-duplicates in the union of the pools; the surer of two stays, then the lower id.

    What was chosen earlier stays before all others.
    """
    surest: dict[int, float] = {}
    for node, pool in enumerate(pools):
        known = members.probability_of(node, pool.tolist())
        for row, probability in zip(pool.tolist(), known.tolist(), strict=True):
            surest[row] = max(surest.get(row, 0.0), probability)
    order = sorted(surest, key=lambda row: (-surest[row], store.ids[row]))
    rows = np.array(stay + order, dtype=np.int64)
    groups = ranked.nodes[ranked.places_of(rows), :TOGETHER]
    return near_duplicates(store, rows, groups, threshold, len(stay))
