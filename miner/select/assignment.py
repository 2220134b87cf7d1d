"""Each document to one owner: a draft in which the scarcest node chooses first.

In every round each node that still lacks documents takes the surest one that is free; within the
round the node with the fewest free candidates per missing document goes first. On real pools this
lies within a tenth of a per cent of the min-cost-flow optimum (tests/select), and needs no solver.
What nodes want beyond their quotas (a wider pool, spares) is drafted once all quotas are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from miner.select.constraints import Cap


def draft(
    pools: Sequence[Sequence[int]],
    *wanted: Sequence[int],
    caps: Sequence[Cap] = (),
    spent: Sequence[int] = (),
) -> list[list[int]]:
    """Documents of every node, in the order in which they were taken.

    Args:
        pools: Per node its candidates, the surest first.
        wanted: Per node how many it may own, phase by phase: all nodes first get what they are
            to have in the first, then what the second adds.
        caps: Groups of documents of which only so many may be owned by all nodes together.
        spent: Documents that are taken already; the caps count them.
    """
    owned: list[list[int]] = [[] for _ in pools]
    claims: dict[int, list[int]] = {}
    for node, pool in enumerate(pools):
        for document in pool:
            claims.setdefault(document, []).append(node)
    free = [len(pool) for pool in pools]
    place = [0] * len(pools)
    taken = set(spent)
    held = [Counter(cap.groups[list(spent)].tolist()) for cap in caps]
    for row in spent:
        for claimant in claims.get(row, ()):
            free[claimant] -= 1

    def shut(document: int) -> bool:
        return document in taken or any(
            (group := int(cap.groups[document])) >= 0 and count[group] >= cap.limit
            for cap, count in zip(caps, held, strict=True)
        )

    for most in wanted:
        waiting = [
            node for node, pool in enumerate(pools) if pool and len(owned[node]) < most[node]
        ]
        while waiting:
            waiting.sort(key=lambda node: (free[node] / (most[node] - len(owned[node])), node))
            for node in waiting:
                pool = pools[node]
                while place[node] < len(pool) and shut(pool[place[node]]):
                    place[node] += 1
                if place[node] == len(pool):
                    continue
                document = pool[place[node]]
                owned[node].append(document)
                taken.add(document)
                for cap, count in zip(caps, held, strict=True):
                    count[int(cap.groups[document])] += 1
                for claimant in claims[document]:
                    free[claimant] -= 1
            waiting = [
                node
                for node in waiting
                if len(owned[node]) < most[node] and place[node] < len(pools[node])
            ]
    return owned
