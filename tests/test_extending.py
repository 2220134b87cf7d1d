"""A run that goes on from another: what was there stays byte for byte, only what is new is paid."""

from __future__ import annotations

import pytest
from server import Server
from small_job import small_job

from miner.errors import StoreError
from miner.job import estimate, mine
from miner.ledger import Ledger
from miner.run import Run


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture
def old(server, sample_store, tmp_path):
    return mine(small_job(tmp_path, server.url), sample_store, Run(tmp_path / "old"))


def files(run):
    names = ("annotations", "examples", "rejected")
    return {f"{n}/{part.name}": part.read_bytes() for n in names for part in run.parts(n)}


def test_earlier_examples_stay_and_only_new_requests_are_sent(old, server, sample_store, tmp_path):
    more = {"select__extend": str(old.path), "select__per_node": 4, "seed": 3}
    job, new = small_job(tmp_path, server.url, **more), Run(tmp_path / "new")
    expected = estimate(job, sample_store, new)
    before = server.total
    mine(job, sample_store, new)
    assert expected.requests == server.total - before == 4
    assert files(old).items() <= files(new).items()
    for was, now in zip(old.selection().nodes, new.selection().nodes, strict=True):
        assert now.chosen[: len(was.chosen)] == was.chosen
    manifest = new.manifest
    assert [node["accepted_examples"] >= 4 for node in manifest["nodes"]] == [True, True]
    assert [node["asked"] for node in manifest["nodes"]] == [4, 4]
    books = manifest["books"]
    assert books["tasks"]["started"] == 16
    for what in ("annotations", "examples"):
        assert books[what]["accepted"] == len(list(new.rows(what)))
        assert books[what]["made"] == books[what]["accepted"] + books[what]["rejected"]
    with Ledger.open(new.ledger, read_only=True) as ledger:
        assert all(ledger.request(id).text for e in new.examples() for id in e.request_ids)
        assert ledger.spent().attempts == 4, "what another run has paid for costs nothing here"
    once = files(new)
    (new.path / "manifest.json").unlink()  # as if it had been killed before it was done
    mine(job, sample_store, new)
    assert files(new) == once
    assert server.total - before == 4


def test_an_example_whose_document_changed_is_turned_away(
    old, server, sample_store, tmp_path, monkeypatch
):
    import dataclasses

    gone = next(e for e in old.examples() if e.task == "reverse_instruction").documents[0]
    documents = type(sample_store).documents

    def changed(store, ids):
        found = documents(store, ids)
        return {
            id: dataclasses.replace(d, text=f"{d.text} More.") if id == gone else d
            for id, d in found.items()
        }

    monkeypatch.setattr(type(sample_store), "documents", changed)
    job = small_job(tmp_path, server.url, select__extend=str(old.path))
    new = mine(job, sample_store, Run(tmp_path / "new"))
    assert gone not in {id for e in new.examples() for id in e.documents}
    rows = list(new.rejected("document_changed"))
    assert {row["document"] for row in rows} == {gone}
    assert new.manifest["rejected"]["example"]["document_changed"] == len(rows)
    books = new.manifest["books"]["examples"]
    assert books["accepted"] == len(list(new.examples()))
    assert books["made"] == books["accepted"] + books["rejected"]


def test_an_unfinished_run_is_not_extended(old, server, sample_store, tmp_path):
    (old.path / "manifest.json").unlink()
    job = small_job(tmp_path, server.url, select__extend=str(old.path))
    with pytest.raises(StoreError, match="unfinished"):
        mine(job, sample_store, Run(tmp_path / "new"))
