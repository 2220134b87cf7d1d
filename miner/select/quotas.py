"""How many documents each node should have: equal shares, by size, or as the taxonomy says.

A total is poured down the tree like water: at every branching each child gets its share, what a
child cannot hold runs to its siblings, and only what a whole branch cannot hold moves up and
across.
Source: the hierarchical sampling of Vo et al. (2024), here with the taxonomy in place of clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.select.settings import Select
    from miner.types import Node, Taxonomy


def most_wanted(nodes: Sequence[Node], settings: Select) -> int:
    """The most places that a node is likely to have; no fewer than 20."""
    largest = max((node.quota or 0 for node in nodes), default=0)
    shared = -(-(settings.documents or 0) // max(len(nodes), 1))
    return max(largest, shared, settings.per_node, 20)


def weights(populations: Sequence[int], shares: str) -> list[float]:
    """A node's claim by the number of its documents: equal, proportional, or its square root."""
    power = {"equal": 0.0, "sqrt": 0.5, "proportional": 1.0}[shares]
    return [count**power if count else 0.0 for count in populations]


def fixed_quotas(nodes: Sequence[Node], populations: Sequence[int], settings: Select) -> list[int]:
    """Quotas without a total: `per_node` for each on average; nothing moves between nodes."""
    free = [i for i, node in enumerate(nodes) if node.quota is None]
    quotas = [node.quota or 0 for node in nodes]
    if settings.shares == "equal":
        given = [settings.per_node] * len(free)
    else:
        total = settings.per_node * len(free)
        given = pour(total, weights([populations[i] for i in free], settings.shares))
    for i, quota in zip(free, given, strict=True):
        quotas[i] = quota
    return quotas


def poured_quotas(
    taxonomy: Taxonomy,
    nodes: Sequence[Node],
    populations: Sequence[int],
    capacities: Sequence[int],
    settings: Select,
    least: Sequence[int] | None = None,
) -> list[int]:
    """Quotas that add up to `documents`, or to all that the nodes can hold.

    Args:
        taxonomy: The tree that water runs down.
        nodes: Its leaves.
        populations: Of each leaf, which set its claim.
        capacities: What each leaf can hold.
        settings: With `documents` and `shares`.
        least: What each leaf has already, at the least: one that has more than its share keeps it,
            and the others share what is left.
    """
    least = least or [0] * len(nodes)
    above: set[int] = set()
    while True:
        fixed = sum(least[i] for i in above)
        rest = max(0, (settings.documents or 0) - fixed)
        claim = [0 if i in above else size for i, size in enumerate(populations)]
        room = [0 if i in above else capacity for i, capacity in enumerate(capacities)]
        quotas = _poured(taxonomy, nodes, claim, room, rest, settings)
        more = {i for i, quota in enumerate(quotas) if quota < least[i]} - above
        if not more:
            return [least[i] if i in above else quota for i, quota in enumerate(quotas)]
        above |= more


def spread(amount: int, nodes: Sequence[Node]) -> list[int]:
    """A whole amount in equal parts over the nodes that set no quota of their own."""
    return pour(amount, [float(node.quota is None) for node in nodes])


def _poured(
    taxonomy: Taxonomy,
    nodes: Sequence[Node],
    populations: Sequence[int],
    capacities: Sequence[int],
    amount: int,
    settings: Select,
) -> list[int]:
    claim = dict(zip((n.id for n in nodes), weights(populations, settings.shares), strict=True))
    holds = dict(zip((n.id for n in nodes), capacities, strict=True))
    for node in nodes:
        if node.quota is not None:
            holds[node.id] = min(holds[node.id], node.quota)
    sums = {node.id: [claim.get(node.id, 0.0), holds.get(node.id, 0)] for node in taxonomy.nodes}
    for node in reversed(taxonomy.nodes):  # children come after their parents
        if node.parent:
            sums[node.parent][0] += sums[node.id][0]
            sums[node.parent][1] += sums[node.id][1]
    quotas: dict[str, int] = {}
    waiting: list[tuple[str, int]] = [("", amount)]
    while waiting:
        parent, amount = waiting.pop()
        children = taxonomy.children(parent)
        given = pour(amount, [sums[c.id][0] for c in children], [sums[c.id][1] for c in children])
        for child, part in zip(children, given, strict=True):
            quotas[child.id] = part
            if taxonomy.children(child.id):
                waiting.append((child.id, part))
    return [quotas[node.id] for node in nodes]


def pour(
    amount: int, claims: Sequence[float], capacities: Sequence[float] | None = None
) -> list[int]:
    """Share out a whole amount by claims, none beyond its capacity: water-filling.

    What is left after rounding down goes to the largest remainders, then to the first.
    """
    room = [float("inf")] * len(claims) if capacities is None else list(capacities)
    level = dict.fromkeys((i for i, c in enumerate(claims) if c > 0 and room[i] > 0), 0.0)
    exact = [0.0] * len(claims)
    left = float(amount)
    while level and left > 0:
        total = sum(claims[i] for i in level)
        full = [i for i in level if left * claims[i] / total >= room[i]]
        if not full:
            for i in level:
                exact[i] = left * claims[i] / total
            break
        for i in full:
            exact[i] = room[i]
            left -= room[i]
            del level[i]
    whole = [int(value + 1e-9) for value in exact]
    spare = min(amount, round(sum(exact))) - sum(whole)
    order = sorted(range(len(claims)), key=lambda i: (whole[i] - exact[i], i))
    for i in order:
        if spare > 0 and whole[i] < room[i] and claims[i] > 0:
            whole[i] += 1
            spare -= 1
    return whole
