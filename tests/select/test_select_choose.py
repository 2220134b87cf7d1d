"""Selecting as a whole: on topic, balanced, each document once, and the same for the same input."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import SelectionError
from miner.select import Select, select
from miner.select.choose import work
from miner.select.nearest import Nearest
from miner.select.telling import FEW, tell_few
from miner.types import Node, Taxonomy


def chosen(selection) -> list[list[str]]:
    return [[c.document for c in node.chosen] for node in selection.nodes]


def run(world, **keys):
    return select(world.corpus, world.taxonomy, world.encoder, Select(**keys), seed=0)


def test_the_right_documents_fill_every_node(world):
    made = world()
    selection = run(made, per_node=10)
    for i, node in enumerate(selection.nodes):
        assert len(node.chosen) == 10
        assert not node.reason
        assert np.mean([made.topic_of(c.document) == i for c in node.chosen]) >= 0.9
        assert 0 < node.figures["coverage"] <= node.figures["coverage_greedy"] + 0.05
    assert not selection.calibrated


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 50),
    per_node=st.integers(0, 30),
    floor=st.sampled_from([0.0, 0.2, 0.4, 0.6]),
)
def test_quota_floor_uniqueness_and_order(world, seed, per_node, floor):
    made = world(topics=3, each=20, others=20, seed=seed)
    selection = run(made, per_node=per_node, floor=floor)
    seen = []
    for node in selection.nodes:
        taken = node.chosen + node.spares
        assert len(node.chosen) <= per_node
        assert [c.rank for c in taken] == list(range(len(taken)))
        assert all(c.probability >= floor for c in taken)
        assert bool(node.reason) == (len(node.chosen) < node.quota)
        assert [c.probability for c in node.spares] == sorted(
            (c.probability for c in node.spares), reverse=True
        )
        assert all(c.rank == -1 and c.reason for c in node.having("passed_over"))
        assert len({c.document for c in node.candidates}) == len(node.candidates)
        seen += [c.document for c in taken]
    assert len(seen) == len(set(seen))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 50))
def test_the_same_again_and_in_any_order_of_rows(world, seed):
    made = world(seed=seed)
    order = np.random.default_rng(seed).permutation(len(made.corpus.ids))
    turned = dataclasses.replace(made, corpus=made.corpus.permuted(order))
    assert run(made) == run(made)
    assert chosen(run(made)) == chosen(run(turned))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 20), small=st.integers(1, 15))
def test_a_larger_quota_keeps_the_nearest(world, seed, small):
    made = world(seed=seed)
    few = run(made, per_node=small, picker=Nearest())
    many = run(made, per_node=small + 5, picker=Nearest())
    for less, more in zip(chosen(few), chosen(many), strict=True):
        assert set(less) <= set(more)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 20))
def test_a_higher_floor_never_takes_more(world, seed):
    made = world(seed=seed)
    counts = [
        sum(node.population for node in run(made, floor=floor).nodes)
        for floor in (0.1, 0.3, 0.5, 0.8)
    ]
    assert counts == sorted(counts, reverse=True)


def test_a_node_without_documents_stays_empty_and_says_so(world):
    made = world(topics=4, each=40)
    here = made.topics != 2
    corpus = dataclasses.replace(
        made.corpus,
        matrix=made.corpus.matrix[here],
        ids=[id for id, keep in zip(made.corpus.ids, here, strict=True) if keep],
    )
    node = run(dataclasses.replace(made, corpus=corpus), per_node=20).nodes[2]
    assert len(node.chosen) < 10
    assert "reach the floor" in node.reason


def test_near_duplicates_are_taken_once(world):
    made = world(others=0)
    first = made.corpus.ids.index(run(made, picker=Nearest()).nodes[0].chosen[0].document)
    copies = np.tile(made.corpus.matrix[first], (10, 1))
    corpus = dataclasses.replace(
        made.corpus,
        matrix=np.concatenate([made.corpus.matrix, copies]),
        ids=made.corpus.ids + [f"z{i:02d}" for i in range(10)],
    )
    selection = run(dataclasses.replace(made, corpus=corpus), per_node=12, duplicates=0.99)
    taken = [c.document for node in selection.nodes for c in node.chosen + node.spares]
    assert sum(id[0] == "z" or id == made.corpus.ids[first] for id in taken) == 1
    reasons = [c.reason for c in selection.nodes[0].having("passed_over")]
    assert f"near_duplicate: of {made.corpus.ids[first]}" in reasons
    assert len(selection.nodes[0].chosen) >= 10


def test_a_quota_larger_than_the_corpus(world):
    selection = run(world(each=10, others=10), per_node=1000)
    assert all(0 < len(node.chosen) < 1000 and node.reason for node in selection.nodes)


def test_the_taxonomys_own_quota_wins(world):
    made = world()
    nodes = tuple(dataclasses.replace(n, quota=i) for i, n in enumerate(made.taxonomy.nodes))
    selection = run(dataclasses.replace(made, taxonomy=Taxonomy("w", nodes)))
    assert [len(node.chosen) for node in selection.nodes] == [0, 1, 2, 3]


def test_two_identical_nodes_share_their_documents(world):
    made = world()
    twin = dataclasses.replace(made.taxonomy.nodes[0], id="twin")
    nodes = (*made.taxonomy.nodes, twin)
    selection = run(dataclasses.replace(made, taxonomy=Taxonomy("w", nodes)), per_node=10)
    assert len(selection.nodes[0].chosen) == len(selection.nodes[-1].chosen) == 10


def test_identical_nodes_share_alike_in_any_order_of_rows(world):
    """Nodes that differ in nothing tie to the last bit, or rounding would decide."""
    made = world(topics=12, each=40, others=400)
    alike = tuple(
        dataclasses.replace(n, id=f"{n.id}-{i}") for n in made.taxonomy.nodes[:3] for i in range(4)
    )
    made = dataclasses.replace(made, taxonomy=Taxonomy("w", (*made.taxonomy.nodes, *alike)))
    turned = made.corpus.permuted(np.random.default_rng(1).permutation(len(made.corpus.ids)))
    one, other = run(made), run(dataclasses.replace(made, corpus=turned))
    for here, there in zip(one.nodes, other.nodes, strict=True):
        assert [c.document for c in here.chosen] == [c.document for c in there.chosen]


def test_exemplars_stand_for_a_node(world):
    made = world()
    mine = [id for id, t in zip(made.corpus.ids, made.topics, strict=True) if t == 1][:5]
    node = Node("x", "Nothing known", exemplars=tuple(f"id:{id}" for id in mine))
    nodes = (made.taxonomy.nodes[0], node)
    selection = run(dataclasses.replace(made, taxonomy=Taxonomy("w", nodes)), per_node=10)
    assert np.mean([made.topic_of(c.document) == 1 for c in selection.nodes[1].chosen]) >= 0.9


def test_an_unknown_exemplar_is_an_error(world):
    made = world()
    node = Node("x", "X", exemplars=("id:d0000x",))
    with pytest.raises(SelectionError, match=r"node 'x': exemplar 'id:d0000x' is no document"):
        run(dataclasses.replace(made, taxonomy=Taxonomy("w", (node,))))


def test_an_index_of_another_encoder_is_an_error(world):
    made = world()
    other = dataclasses.replace(made.encoder, dimensions=8)
    with pytest.raises(SelectionError, match="another encoder"):
        run(dataclasses.replace(made, encoder=other))


def test_an_empty_index_is_an_error(world):
    made = world()
    empty = dataclasses.replace(made.corpus, matrix=made.corpus.matrix[:0], ids=[])
    with pytest.raises(SelectionError, match="no document"):
        run(dataclasses.replace(made, corpus=empty))


def test_one_node_alone_has_the_background_as_its_rival(world):
    made = world(topics=1, each=30, others=200)
    node = run(made, per_node=30).nodes[0]
    topics = [made.topic_of(c.document) for c in node.chosen]
    assert len(topics) >= 15
    assert np.mean([t == 0 for t in topics]) >= 0.9


def test_one_document(world):
    selection = run(world(topics=2, each=0, others=1))
    assert all(len(node.chosen) <= 1 for node in selection.nodes)


@pytest.mark.parametrize(
    "keys",
    [{"per_node": -1}, {"floor": 1.5}, {"pool": 0.5}, {"reserve": -1}, {"duplicates": 2.0}],
)
def test_settings_out_of_range(keys):
    with pytest.raises(ValueError, match=next(iter(keys))):
        Select(**keys)


def test_thousands_of_nodes_of_which_most_have_no_document(world):
    made = world(topics=6, each=40, others=200)
    others = tuple(Node(f"x{i}", f"Nothing {i}") for i in range(3000))
    taxonomy = Taxonomy("wide", made.taxonomy.nodes + others)
    selection = run(dataclasses.replace(made, taxonomy=taxonomy), per_node=2, feedback=0)
    assert len(selection.nodes) == 3006
    empty = [node for node in selection.nodes if not node.chosen]
    assert len(empty) > 2500
    assert all(node.reason for node in empty)
    taken = [c.document for node in selection.nodes for c in node.chosen]
    assert len(taken) == len(set(taken))


def test_a_taxonomy_of_few_nodes_is_told_of(world):
    made, told = world(), []
    work(made.corpus, made.taxonomy, made.encoder, Select(), tell=told.append)
    few = [line for line in told if line.startswith("few nodes: ")]
    assert len(made.taxonomy.leaves) < FEW
    assert "miner label" in few[0]
    assert "now 0.5" in few[0]
    told.clear()
    tell_few(told.append, made.taxonomy.leaves * FEW, Select())
    assert not told
