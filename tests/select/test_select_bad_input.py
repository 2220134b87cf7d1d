"""What a taxonomy or a target may have wrong: an error, or a node that says why it is not full."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from miner.select import Select, select
from miner.select.nearest import Nearest
from miner.select.reasons import REASONS, said
from miner.types import Node, Taxonomy


def run(world, **keys):
    return select(world.corpus, world.taxonomy, world.encoder, Select(**keys), seed=0)


def without(made, topic: int):
    here = made.topics != topic
    ids = [id for id, keep in zip(made.corpus.ids, here, strict=True) if keep]
    corpus = dataclasses.replace(made.corpus, matrix=made.corpus.matrix[here], ids=ids)
    return dataclasses.replace(made, corpus=corpus)


@pytest.mark.parametrize("seed", range(3))
def test_neighbours_keep_strays_out_of_an_empty_node(world, seed):
    made = world(topics=6, each=40, others=120, seed=seed)
    gone = without(made, 2)
    strays = [len(run(gone, per_node=20, neighbours=n).nodes[2].chosen) for n in (0, 10)]
    assert strays[1] <= strays[0] // 2
    full = run(made, per_node=20)
    assert all(len(node.chosen) >= 18 for node in full.nodes)


def test_neighbours_do_not_empty_a_node_of_a_few_documents(world):
    made = world(topics=4, each=40, others=60)
    few = np.flatnonzero(made.topics == 1)[:6]
    keep = [i for i, t in enumerate(made.topics) if t != 1 or i in few]
    ids = [made.corpus.ids[i] for i in keep]
    corpus = dataclasses.replace(made.corpus, matrix=made.corpus.matrix[keep], ids=ids)
    rare = run(dataclasses.replace(made, corpus=corpus), per_node=20, picker=Nearest()).nodes[1]
    assert sum(made.topic_of(c.document) == 1 for c in rare.chosen) >= 3
    assert rare.reason


def test_the_neighbours_say_the_same_in_any_order_of_rows(world):
    made = world(topics=3, each=30, others=40)
    order = np.random.default_rng(5).permutation(len(made.corpus.ids))
    turned = dataclasses.replace(made, corpus=made.corpus.permuted(order))
    for a, b in zip(run(made).nodes, run(turned).nodes, strict=True):
        assert [c.document for c in a.candidates] == [c.document for c in b.candidates]


def test_a_description_in_a_language_that_the_encoder_cannot_read(world):
    made = world(others=0)
    strange = Node("x", "Кулинария", description="рецепты, выпечка, супы")
    wider = Taxonomy("w", (*made.taxonomy.nodes, strange))
    selection = run(dataclasses.replace(made, taxonomy=wider), per_node=10)
    assert len(selection.nodes[-1].chosen) < 10
    assert "reach the floor" in selection.nodes[-1].reason
    right = [made.topic_of(c.document) == i for i in range(4) for c in selection.nodes[i].chosen]
    assert np.mean(right) >= 0.9


@pytest.mark.slow
def test_ten_thousand_nodes_of_which_most_have_no_document(world):
    made = world(topics=6, each=40, others=200)
    others = tuple(Node(f"x{i}", f"Nothing {i}") for i in range(10_000))
    taxonomy = Taxonomy("wide", made.taxonomy.nodes + others)
    selection = run(dataclasses.replace(made, taxonomy=taxonomy), per_node=20)
    empty = [node for node in selection.nodes[6:] if not node.chosen]
    assert len(empty) > 9_500
    assert all(node.reason for node in empty)
    taken = [c.document for node in selection.nodes for c in node.chosen]
    assert len(taken) == len(set(taken))


def test_every_reason_has_its_sentence(world):
    made = world()
    made = dataclasses.replace(
        made,
        corpus=dataclasses.replace(
            made.corpus, columns={"url": ["https://a.org/x"] * len(made.corpus.ids)}
        ),
    )
    found = set()
    for keys in ({}, {"per_node": 2}, {"max_per_domain": 3}, {"duplicates": 0.75}):
        for node in run(made, **keys).nodes:
            found |= {c.reason.partition(":")[0] for c in node.having("passed_over")}
    assert {"below_floor", "not_needed", "capped", "near_duplicate"} <= found <= set(REASONS)
    assert said("near_duplicate: of d1").endswith("which stays: of d1")
    assert said("") == ""


def test_caps_bind_the_chosen_and_whatever_spares_follow(world):
    made = world(topics=3, each=40, others=0)
    sites = [f"https://s{i % 30}.org/{i}" for i in range(len(made.corpus.ids))]
    made = dataclasses.replace(
        made, corpus=dataclasses.replace(made.corpus, columns={"url": sites})
    )
    free = run(made, per_node=8, picker=Nearest())
    bound = run(made, per_node=8, picker=Nearest(), max_per_domain=2)
    assert [len(n.chosen) for n in bound.nodes] == [len(n.chosen) for n in free.nodes] == [8] * 3
    taken = [sites[made.corpus.ids.index(c.document)].split("/")[2]
             for n in bound.nodes for c in n.chosen + n.spares]  # fmt: skip
    assert max(taken.count(site) for site in taken) <= 2
