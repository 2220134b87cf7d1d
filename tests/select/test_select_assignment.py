"""One owner per document, and how near the draft comes to the best possible assignment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.select.assignment import draft


@settings(max_examples=100, deadline=None)
@given(
    pools=st.lists(st.lists(st.integers(0, 30), unique=True, max_size=15), min_size=1, max_size=6),
    data=st.data(),
)
def test_nobody_gets_a_document_twice_or_more_than_wanted(pools, data):
    wanted = [data.draw(st.integers(0, 8)) for _ in pools]
    owned = draft(pools, wanted)
    everything = [d for documents in owned for d in documents]
    assert len(everything) == len(set(everything))
    for pool, want, documents in zip(pools, wanted, owned, strict=True):
        assert len(documents) <= want
        assert set(documents) <= set(pool)
        assert documents == [d for d in pool if d in set(documents)]
        if len(documents) < want:  # underfilled only if others own all the rest
            assert set(pool) - set(documents) <= set(everything)


def test_the_scarcer_node_chooses_first():
    assert draft([[1, 2, 3, 4], [1]], [2, 1]) == [[2, 3], [1]]


@pytest.mark.parametrize("seed", range(5))
def test_within_one_per_cent_of_min_cost_flow(seed):
    rng = np.random.default_rng(seed)
    nodes, documents, quota = 12, 400, 20
    quality = np.clip(rng.normal(0.3, 0.25, (documents, nodes)), 0, 1)
    quality[:, 1] = np.clip(quality[:, 0] + rng.normal(0, 0.05, documents), 0, 1)
    pools = []
    for node in range(nodes):
        order = np.argsort(-quality[:, node], kind="stable")
        pools.append([int(d) for d in order if quality[d, node] >= 0.4])
    owned = draft(pools, [quota] * nodes)
    ours = sum(quality[d, node] for node, row in enumerate(owned) for d in row)
    best = flow(pools, quality, quota)
    assert sum(map(len, owned)) == best[0]
    assert ours >= 0.99 * best[1]


def flow(pools: list[list[int]], quality: np.ndarray, quota: int) -> tuple[int, float]:
    """Filled places and summed quality of the best assignment among those that fill most."""
    from ortools.graph.python import min_cost_flow

    solver = min_cost_flow.SimpleMinCostFlow()
    documents, nodes = quality.shape
    source, sink, first = 0, 1, 2
    for node in range(nodes):
        solver.add_arc_with_capacity_and_unit_cost(source, first + node, quota, 0)
        for d in pools[node]:
            cost = -round(quality[d, node] * 1e6)
            solver.add_arc_with_capacity_and_unit_cost(first + node, first + nodes + d, 1, cost)
    for d in range(documents):
        solver.add_arc_with_capacity_and_unit_cost(first + nodes + d, sink, 1, 0)
    solver.set_node_supply(source, documents)
    solver.set_node_supply(sink, -documents)
    assert solver.solve_max_flow_with_min_cost() == solver.OPTIMAL
    return solver.maximum_flow(), -solver.optimal_cost() / 1e6
