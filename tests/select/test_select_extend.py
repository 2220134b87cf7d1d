"""A selection that goes on from an earlier one: what was chosen stays, what is open is filled."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miner import atomic
from miner.errors import SelectionError, StoreError
from miner.run import Run
from miner.select import Select, select
from miner.types import Node, Taxonomy


def run(world, **keys):
    return select(world.corpus, world.taxonomy, world.encoder, Select(**keys), seed=0)


def kept_in(folder, selection, **asked: int) -> str:
    """A run's folder that holds a selection, and how many candidates mining asked of a node."""
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").touch()
    Run(folder).write_selection(selection)
    if asked:
        nodes = [{"node": name, "asked": count} for name, count in asked.items()]
        table = {"state": "done", "taxonomy": [], "nodes": nodes}
        atomic.write_json(folder / "manifest.json", table)
    return str(folder)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 50),
    first=st.integers(0, 12),
    second=st.integers(0, 25),
    floor=st.sampled_from([0.3, 0.7, 0.95]),
)
def test_what_was_chosen_stays_byte_for_byte(world, tmp_path_factory, seed, first, second, floor):
    made = world(topics=3, each=25, others=20, seed=seed)
    before = run(made, per_node=first, floor=0.5)
    folder = kept_in(tmp_path_factory.mktemp("extend") / "old", before)
    after = run(made, per_node=second, floor=floor, extend=folder)
    seen = []
    for old, new in zip(before.nodes, after.nodes, strict=True):
        assert new.chosen[: len(old.chosen)] == old.chosen
        assert new.quota == max(second, len(old.chosen))
        assert len(new.chosen) <= new.quota
        assert [c.rank for c in new.chosen + new.spares] == list(
            range(len(new.chosen) + len(new.spares))
        )
        added = new.chosen[len(old.chosen) :] + new.spares
        assert all(c.probability >= floor for c in added)
        assert bool(new.reason) == (len(new.chosen) < new.quota)
        seen += [c.document for c in new.chosen + new.spares]
    assert len(seen) == len(set(seen))


def test_nothing_new_repeats_what_was_chosen(world, tmp_path):
    made = world(others=0)
    before = run(made, per_node=5)
    first = made.corpus.ids.index(before.nodes[0].chosen[0].document)
    copies = np.tile(made.corpus.matrix[first], (6, 1))
    corpus = dataclasses.replace(
        made.corpus,
        matrix=np.concatenate([copies, made.corpus.matrix]),
        ids=[f"a{i:02d}" for i in range(6)] + made.corpus.ids,
    )
    grown = dataclasses.replace(made, corpus=corpus)
    after = run(grown, per_node=15, extend=kept_in(tmp_path / "old", before))
    assert after.nodes[0].chosen[:5] == before.nodes[0].chosen
    assert len(after.nodes[0].chosen) == 15
    assert not any(c.document.startswith("a") for n in after.nodes for c in n.chosen + n.spares)


def test_spares_that_mining_drew_on_keep_their_place(world, tmp_path):
    made = world()
    before = run(made, per_node=6)
    old = before.nodes[1]
    folder = kept_in(tmp_path / "old", before, n0=6, n1=8)
    line = [c.document for c in old.chosen + old.spares[:2]]
    grown = run(made, per_node=10, extend=folder).nodes[1]
    assert [c.document for c in grown.chosen[:8]] == line
    assert len(grown.chosen) == 10
    same = run(made, per_node=6, extend=folder).nodes[1]
    assert same.chosen == old.chosen
    assert same.spares[:2] == old.spares[:2]


def test_a_total_counts_what_there_is(world, tmp_path):
    made = world()
    folder = kept_in(tmp_path / "old", run(made, documents=20))
    after = run(made, documents=41, extend=folder)
    assert sorted(n.quota for n in after.nodes) == [10, 10, 10, 11]
    uneven = dataclasses.replace(
        made,
        taxonomy=Taxonomy("w", (dataclasses.replace(made.taxonomy.nodes[0], quota=15),)),
    )
    folder = kept_in(tmp_path / "uneven", run(uneven))
    after = run(made, documents=21, extend=folder)
    assert [n.quota for n in after.nodes] == [15, 2, 2, 2]


def test_caps_count_what_there_is(world, tmp_path):
    made = world(each=40, others=0)
    url = [f"https://s{i % 8}.org/{i}" for i in range(len(made.corpus.ids))]
    corpus = dataclasses.replace(made.corpus, columns={"url": url})
    made = dataclasses.replace(made, corpus=corpus)
    before = run(made, per_node=6, reserve=0.0)
    sites = Counter(
        url[made.corpus.ids.index(c.document)].split("/")[2] for n in before.nodes for c in n.chosen
    )
    most = max(sites.values())
    after = run(made, per_node=12, max_per_domain=most, extend=kept_in(tmp_path / "old", before))
    taken = Counter(
        url[made.corpus.ids.index(c.document)].split("/")[2]
        for n in after.nodes
        for c in n.chosen + n.spares
    )
    assert max(taken.values()) == most
    assert sum(taken.values()) > sum(sites.values())


def test_a_node_that_is_gone_a_document_that_is_gone(world, tmp_path):
    made = world()
    folder = kept_in(tmp_path / "old", run(made, per_node=3))
    fewer = Taxonomy("w", made.taxonomy.nodes[1:])
    with pytest.raises(SelectionError, match="selected for node 'n0', which the taxonomy lacks"):
        run(dataclasses.replace(made, taxonomy=fewer), extend=folder)
    renamed = dataclasses.replace(made.corpus, ids=[f"x{id}" for id in made.corpus.ids])
    with pytest.raises(SelectionError, match="chose 12 documents that this index lacks, as 'd"):
        run(dataclasses.replace(made, corpus=renamed), extend=folder)
    with pytest.raises(StoreError, match="no such folder"):
        run(made, extend=str(tmp_path / "none"))
    wider = Taxonomy("w", (*made.taxonomy.nodes, Node("new", "New")))
    assert len(run(dataclasses.replace(made, taxonomy=wider), extend=folder).nodes) == 5
