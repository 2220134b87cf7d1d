"""Candidates from FAISS: what is scored then, what is missed, and what may not change."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from miner.errors import SelectionError, StoreError
from miner.index import FILE, Index, build, open_index, search_index
from miner.select import Select, candidates, select
from miner.select.choose import work
from miner.select.explain import explain
from miner.select.grade import grade
from miner.store import VERSION, Store
from miner.store_files import digest, dump_document, write_rows, write_vectors
from miner.types import Document

REACH = 120
FLAT, LISTS = "IDMap2,Flat", "IVF32,Flat"


def on_disk(path, corpus, factory: str, parts: int = 3) -> Store:
    """The corpus as a store of mapped vectors, with its FAISS index."""
    listed = []
    for number, rows in enumerate(np.array_split(np.arange(len(corpus.ids)), parts)):
        name = f"{number:05d}"
        documents = (
            Document(corpus.ids[row], f"text {row}", language="en" if row % 3 else "de")
            for row in rows
        )
        lines = (dump_document(document, "f", i) for i, document in enumerate(documents))
        write_rows(path / "documents" / f"part-{name}.parquet", "documents", lines)
        write_vectors(path / "vectors" / f"part-{name}.npy", corpus.matrix[rows])
        sha = digest(path / "vectors" / f"part-{name}.npy")
        part = {"name": name, "rows": len(rows), "rejected": 0, "vectors_sha256": sha}
        listed.append(part | {"documents_sha256": "", "rejected_sha256": ""})
    size = corpus.matrix.shape[1]
    manifest = {"version": VERSION, "name": "t", "dimensions": size, "parts": listed}
    (path / "index.json").write_text(json.dumps(manifest))
    made = build(Store.open(path), Index(factory=factory, probes=8))
    (path / "index.json").write_text(json.dumps(manifest | {"index": made}))
    return Store.open(path)


@pytest.fixture(scope="module")
def made(world):
    return world(topics=10, each=60, others=1200, noise=0.5)


@pytest.fixture(scope="module")
def stores(made, tmp_path_factory):
    return {
        factory: on_disk(tmp_path_factory.mktemp("store"), made.corpus, factory)
        for factory in (FLAT, LISTS)
    }


@pytest.fixture
def few(monkeypatch):
    """So few documents a node, that the corpus stands for a large one."""
    monkeypatch.setattr(candidates, "LEAST", REACH)
    monkeypatch.setattr(candidates, "PER_PLACE", 1)


def run(made, store, kind="faiss", **keys):
    return select(store, made.taxonomy, made.encoder, Select(candidates=kind, **keys))


def chosen(selection) -> set[tuple[str, str]]:
    return {(node.node, c.document) for node in selection.nodes for c in node.chosen}


@pytest.mark.parametrize("factory", [FLAT, LISTS])
def test_where_every_document_is_named_it_is_the_exact_selection(made, stores, factory):
    exact, near = (run(made, stores[factory], kind) for kind in ("exact", "faiss"))
    shared = chosen(exact) & chosen(near)
    assert len(shared) >= (1.0 if factory == FLAT else 0.95) * len(chosen(exact))


def test_few_candidates_hold_what_the_exact_selection_chose(made, stores, few):
    exact = run(made, stores[LISTS], "exact", per_node=10)
    worked = work(
        stores[LISTS], made.taxonomy, made.encoder, Select(candidates="faiss", per_node=10)
    )
    scored = {stores[LISTS].ids[row] for row in worked.scored.ranked.rows.tolist()}
    assert len(scored) < 0.8 * len(made.corpus.ids)
    held = [document in scored for _, document in chosen(exact)]
    assert np.mean(held) >= 0.95
    right = [f"n{made.topic_of(id)}" == node for node, id in chosen(worked.selection)]
    wrong = [f"n{made.topic_of(id)}" == node for node, id in chosen(exact)]
    assert np.mean(right) >= np.mean(wrong) - 0.02
    assert len(chosen(worked.selection)) >= 0.98 * len(chosen(exact))


def test_the_same_index_gives_the_same_selection(made, stores, few):
    assert run(made, stores[LISTS]) == run(made, stores[LISTS])


@pytest.mark.parametrize("factory", [FLAT, LISTS])
def test_another_order_of_rows(made, stores, few, tmp_path, factory):
    """An exact index names the same documents; one of lists about the same."""
    turned = made.corpus.permuted(np.random.default_rng(3).permutation(len(made.corpus.ids)))
    one, other = (run(made, store) for store in (
        stores[factory], on_disk(tmp_path, turned, factory)
    ))  # fmt: skip
    same = chosen(one) & chosen(other)
    assert len(same) >= (1.0 if factory == FLAT else 0.9) * len(chosen(one))


def test_what_is_barred_costs_no_places(made, stores, few):
    free, bound = (run(made, stores[LISTS], per_node=8, languages=only) for only in ((), ("de",)))
    assert [len(n.chosen) for n in free.nodes] == [8] * 10
    assert np.mean([len(n.chosen) for n in bound.nodes]) >= 7.5
    ids = [c.document for n in bound.nodes for c in n.chosen]
    assert {d.language for d in stores[LISTS].documents(ids).values()} == {"de"}


def test_shares_go_by_all_documents_not_by_candidates(world, few, tmp_path):
    made = world(topics=6, each=400, others=600)
    gone = np.flatnonzero(made.topics == 0)[100:]
    keep = np.setdiff1d(np.arange(len(made.corpus.ids)), gone)
    corpus = made.corpus.permuted(keep)
    store = on_disk(tmp_path, corpus, FLAT)
    settings = {"documents": 120, "shares": "proportional"}
    exact, near = (run(made, store, kind, **settings) for kind in ("exact", "faiss"))
    quotas = np.array([[n.quota for n in found.nodes] for found in (exact, near)])
    assert quotas[:, 0].max() <= 10  # a hundred of two thousand, though all may name as many
    assert np.abs(quotas[0] - quotas[1]).max() <= 4
    assert quotas.sum(axis=1).tolist() == [120, 120]


def test_what_was_chosen_earlier_and_labelled_is_scored_in_any_case(made, stores, few, tmp_path):
    stray = next(i for i, topic in enumerate(made.topics) if topic < 0)
    rows = stores[LISTS].rows([made.corpus.ids[stray]])
    near = candidates.Candidates.of(
        stores[LISTS], made.taxonomy.leaves, Select(candidates="faiss"), None, rows.tolist()
    )
    assert set(rows.tolist()) <= set(near.near(np.eye(1, 32, dtype=np.float32)).tolist())


def test_an_unscored_document_is_explained_and_the_selection_graded(made, stores, few):
    store, settings = stores[LISTS], Select(candidates="faiss", per_node=10)
    lines = []
    worked = work(store, made.taxonomy, made.encoder, settings, tell=lines.append)
    assert lines[0].startswith("candidates: ")
    assert f"the {REACH} that the index's FAISS finds nearest to each node" in lines[0]
    scored = set(worked.scored.ranked.rows.tolist())
    other = next(row for row in range(len(store)) if row not in scored)
    line = explain(store, made.taxonomy, made.encoder, settings, worked.selection, store.ids[other])
    assert "It was not scored: the index's FAISS names it among the 120 documents nearest" in line
    grades = grade(store, made.taxonomy, worked, made.encoder, settings)
    assert grades["ways"]["nearest"]["documents"] == grades["ways"]["selected"]["documents"]


def test_lists_left_on_disk_find_the_same(made, stores):
    for store in stores.values():
        held, mapped = (open_index(store, mapped=m) for m in (False, True))
        for one, other in zip(
            *(search_index(index, made.corpus.matrix[:50], 20) for index in (held, mapped)),
            strict=True,
        ):
            assert (one == other).all()


def test_no_index(made, tmp_path):
    with pytest.raises(SelectionError, match="needs an index folder"):
        run(made, made.corpus)
    assert run(made, made.corpus, "auto") == run(made, made.corpus, "exact")
    store = on_disk(tmp_path, made.corpus, FLAT)
    (store.path / FILE).unlink()
    with pytest.raises(StoreError, match="is missing; it is built again by `miner index`"):
        run(made, store)
    assert dataclasses.replace(Select(), candidates="exact").candidates == "exact"


def test_auto_scores_all_of_a_corpus_of_usual_size(made, stores, few, monkeypatch):
    assert candidates.Candidates.of(stores[LISTS], made.taxonomy.leaves, Select(), None, ()) is None
    monkeypatch.setattr(candidates, "EXACT_UP_TO", 100)
    assert run(made, stores[LISTS], "auto") == run(made, stores[LISTS])
