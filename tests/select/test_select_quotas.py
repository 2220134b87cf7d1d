"""Quotas: shares of a total, water-filling down a tree, and what they leave alone."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.select import Select, select
from miner.select.quotas import fixed_quotas, pour, poured_quotas, weights
from miner.types import Node, Taxonomy

TREE = Taxonomy(
    "tree",
    (
        Node("a", "A"),
        Node("a1", "A1", parent="a"),
        Node("a2", "A2", parent="a"),
        Node("b", "B"),
        Node("b1", "B1", parent="b"),
        Node("b2", "B2", parent="b"),
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    amount=st.integers(0, 500),
    pairs=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 100)), max_size=8),
)
def test_pouring_neither_loses_nor_overflows(amount, pairs):
    claims, room = [p[0] for p in pairs], [p[1] for p in pairs]
    given_ = pour(amount, claims, room)
    assert all(0 <= g <= r for g, r in zip(given_, room, strict=True))
    able = sum(r for c, r in pairs if c > 0)
    assert sum(given_) == min(amount, able)


@settings(max_examples=100, deadline=None)
@given(amount=st.integers(0, 100), room=st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_more_water_never_lowers_a_level(amount, room):
    claims = [1.0] * len(room)
    less, more = pour(amount, claims, room), pour(amount + len(room), claims, room)
    assert all(a <= b for a, b in zip(less, more, strict=True))


def test_what_a_node_lacks_goes_to_its_sibling_first():
    keys = Select(documents=40)
    quotas = poured_quotas(TREE, TREE.leaves, [100] * 4, [4, 100, 100, 100], keys)
    assert quotas == [4, 16, 10, 10]


def test_what_a_branch_lacks_moves_across():
    keys = Select(documents=40)
    quotas = poured_quotas(TREE, TREE.leaves, [100] * 4, [4, 6, 100, 100], keys)
    assert quotas == [4, 6, 15, 15]


def test_the_taxonomys_quota_caps_a_node_when_a_total_is_poured():
    nodes = (*TREE.nodes[:-1], dataclasses.replace(TREE.nodes[-1], quota=2))
    tree = Taxonomy("tree", nodes)
    quotas = poured_quotas(tree, tree.leaves, [100] * 4, [100] * 4, Select(documents=40))
    assert quotas == [10, 10, 18, 2]


@pytest.mark.parametrize(
    ("shares", "wanted"), [("equal", [20, 20]), ("sqrt", [27, 13]), ("proportional", [32, 8])]
)
def test_shares_by_size(shares, wanted):
    nodes = (Node("a", "A"), Node("b", "B"))
    assert fixed_quotas(nodes, [400, 100], Select(per_node=20, shares=shares)) == wanted


def test_a_node_without_documents_claims_nothing():
    assert weights([0, 4, 9], "sqrt") == [0.0, 2.0, 3.0]


def test_a_total_is_met_where_per_node_quotas_are_not(world):
    made = world(topics=4, each=40, others=60)
    few = made.topics != 0
    few |= [i % 8 == 0 for i in range(len(few))]  # topic 0 keeps an eighth
    corpus = dataclasses.replace(
        made.corpus,
        matrix=made.corpus.matrix[few],
        ids=[id for id, keep in zip(made.corpus.ids, few, strict=True) if keep],
    )
    selection = select(corpus, made.taxonomy, made.encoder, Select(documents=48, floor=0.5))
    counts = [len(node.chosen) for node in selection.nodes]
    assert sum(counts) == 48
    assert counts[0] < 12 < counts[1]
    assert [node.quota for node in selection.nodes] == counts


def test_a_total_beyond_the_corpus_takes_what_there_is(world):
    made = world()
    selection = select(made.corpus, made.taxonomy, made.encoder, Select(documents=100_000))
    assert all(len(n.chosen) == n.population for n in selection.nodes)
    assert sum(n.quota for n in selection.nodes) == 100_000
    assert all(f" of {n.quota}: {n.population} documents" in n.reason for n in selection.nodes)
