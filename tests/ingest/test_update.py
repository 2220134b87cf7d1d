"""Updating, deleting, compacting and merging stores."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from miner import upkeep
from miner.encoders.hashing import Hashing
from miner.engine.local import Local
from miner.errors import ChangedError, EncoderError, StoreError
from miner.index import search
from miner.ingest import Card, ingest
from miner.run import Run

sys.path.insert(0, str(Path(__file__).parent))
from corpus import card, text, write

if TYPE_CHECKING:
    from miner.store import Store

HERE = Local(0)


@dataclass(frozen=True)
class Counting(Hashing):
    """The hashing encoder, and how many texts it was asked for."""

    seen: list[int] = field(default_factory=list, init=False, compare=False)

    def encode(self, texts, *, query=False):
        self.seen.append(len(texts))
        return super().encode(texts, query=query)


def lines(folder: Path, name: str, numbers) -> None:
    records = ({"id": f"d{n}", "text": text(n)} for n in numbers)
    (folder / name).write_text("".join(json.dumps(r) + "\n" for r in records))


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines(folder, "a.jsonl", range(40))
    lines(folder, "b.jsonl", range(40, 80))
    return folder


def updated(folder: Path, path: Path, **changes) -> Store:
    return ingest(card(folder, **changes), path, update=True, engine=HERE)


def consistent(store: Store) -> None:
    """Vectors belong to their texts, FAISS to the vectors, and the books balance."""
    texts = [document.text for document in store.iterate()]
    expected = Hashing(size=32).encode(texts)
    found = store.vectors(range(len(store)))
    assert np.allclose(found, expected, atol=1e-3)
    exact, near = (search(store, expected[:5], 1, approximate=a)[1] for a in (False, True))
    assert np.array_equal(exact, near)
    books = store.manifest["books"]
    assert books["read"] == len(store) + len(list(store.rejected()))
    assert len(set(store.ids)) == len(store)


def test_nothing_changed_is_nothing_done(folder, tmp_path):
    first = ingest(card(folder), tmp_path / "s", engine=HERE)
    assert updated(folder, tmp_path / "s").fingerprint == first.fingerprint


def test_new_changed_and_vanished_files(folder, tmp_path):
    lines(folder, "c.jsonl", range(80, 90))
    first = ingest(card(folder), tmp_path / "s", engine=HERE)
    lines(folder, "b.jsonl", [*range(40, 60), *range(100, 120)])  # twenty stay, twenty are new
    (folder / "c.jsonl").unlink()
    lines(folder, "d.jsonl", range(200, 210))
    store = updated(folder, tmp_path / "s")
    expected = {*range(60), *range(100, 120), *range(200, 210)}
    assert {int(id[1:]) for id in store.ids} == expected
    consistent(store)
    assert store.fingerprint != first.fingerprint
    assert store.manifest["books"]["rejected"] == {}
    assert not (store.path / "work").exists()


def test_an_update_is_the_same_whoever_does_it(folder, tmp_path):
    stores = []
    for name, engine in (("one", HERE), ("two", Local(2))):
        here = tmp_path / name / "corpus"
        write(here, files=2)
        ingest(card(here), tmp_path / name / "s", engine=engine)
        lines(here, "part-0.jsonl", range(300, 340))
        stores.append(ingest(card(here), tmp_path / name / "s", update=True, engine=engine))
    assert stores[0].fingerprint == stores[1].fingerprint
    assert list(stores[0].rejected()) == list(stores[1].rejected())
    consistent(stores[0])


def test_a_copy_of_what_is_there_is_a_duplicate(folder, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    records = [{"id": "x1", "text": text(3).upper()}, {"id": "d5", "text": text(500)}]
    (folder / "c.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    store = updated(folder, tmp_path / "s")
    assert {row["id"]: (row["reason"], row["detail"]) for row in store.rejected()} == {
        "x1": ("duplicate:exact", "of d3"),
        "d5": ("duplicate:id", "of d5"),
    }
    assert store.document("d5").text == text(5)
    consistent(store)


def test_a_changed_text_replaces_the_old_one(folder, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    records = [{"id": f"d{n}", "text": text(n + (1000 if n == 50 else 0))} for n in range(40, 80)]
    (folder / "b.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    store = updated(folder, tmp_path / "s")
    assert store.document("d50").text == text(1050)
    assert len(store) == 80
    consistent(store)


def test_a_renamed_file_is_not_embedded_again(folder, tmp_path):
    encoder = Counting(size=32)
    changes = {"encoder": encoder, "sources": card(folder).sources}
    ingest(card(folder, **changes), tmp_path / "s", engine=HERE)
    assert sum(encoder.seen) == 80
    encoder.seen.clear()
    (folder / "b.jsonl").rename(folder / "z.jsonl")
    store = updated(folder, tmp_path / "s", **changes)
    assert sum(encoder.seen) == 0
    assert len(store) == 80
    consistent(store)


def test_another_card_cannot_update(folder, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    with pytest.raises(ChangedError, match=r"encoder\.size was 32, is 64"):
        updated(folder, tmp_path / "s", encoder=Hashing(size=64))
    assert isinstance(card(folder), Card)
    ingest(card(folder, limit=10), tmp_path / "l", engine=HERE)
    lines(folder, "c.jsonl", range(90, 95))
    with pytest.raises(ChangedError, match="limit"):
        updated(folder, tmp_path / "l", limit=10)


def test_two_updates_in_a_row(folder, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    for step in range(3):
        lines(folder, "b.jsonl", range(40 + step * 10, 80 + step * 10))
        store = updated(folder, tmp_path / "s")
        assert {int(id[1:]) for id in store.ids} == {
            *range(40),
            *range(40 + step * 10, 80 + step * 10),
        }
        consistent(store)


# --------------------------------------------------------------------- delete, compact, merge


def test_deleted_documents_stay_away(folder, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    store = upkeep.delete(tmp_path / "s", ["d3", "d50"])
    assert "d3" not in store
    assert len(store) == 78
    consistent(store)
    lines(folder, "b.jsonl", range(40, 90))
    store = updated(folder, tmp_path / "s")
    assert "d50" not in store
    assert len(store) == 88
    assert [row["id"] for row in store.rejected("deleted")] == ["d50"]
    consistent(store)
    store = upkeep.compact(tmp_path / "s")
    assert len(store) == 88
    consistent(store)
    lines(folder, "b.jsonl", range(40, 91))
    store = updated(folder, tmp_path / "s")
    assert "d50" not in store
    assert len(store) == 89
    consistent(store)


def test_urls_and_domains(tmp_path):
    folder = write(tmp_path / "corpus", files=1, rows=6)
    store = ingest(card(folder), tmp_path / "s", engine=HERE)
    assert upkeep.matching(store, urls=["https://e.org/2"]) == ["d2"]
    assert upkeep.matching(store, domains=["E.org"]) == store.ids
    assert upkeep.matching(store, domains=["org"]) == store.ids
    assert upkeep.matching(store, domains=["rg", "x.e.org", "e.or"]) == []
    with pytest.raises(StoreError, match="d99"):
        upkeep.delete(tmp_path / "s", ["d99"])


def test_compacting_removes_the_text_and_changes_nothing_else(folder, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    store = upkeep.delete(tmp_path / "s", ["d3", "d4"])
    ids, vectors = store.ids, store.vectors(range(len(store)))
    before = {p.name for p in (tmp_path / "s" / "documents").iterdir()}
    store = upkeep.compact(tmp_path / "s")
    assert store.ids == ids
    assert np.array_equal(store.vectors(range(len(store))), vectors)
    after = {p.name for p in (tmp_path / "s" / "documents").iterdir()}
    assert len(after) == len(before)
    assert after != before
    assert upkeep.compact(tmp_path / "s").fingerprint == store.fingerprint
    consistent(store)


def test_a_compaction_that_was_killed_is_done_again(folder, tmp_path, monkeypatch):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    upkeep.delete(tmp_path / "s", ["d3"])
    forget = upkeep._forget
    monkeypatch.setattr(upkeep, "_forget", lambda _: None)
    upkeep.compact(tmp_path / "s")
    monkeypatch.setattr(upkeep, "_forget", forget)
    count = len(list((tmp_path / "s" / "documents").iterdir()))
    store = upkeep.compact(tmp_path / "s")
    assert len(list((tmp_path / "s" / "documents").iterdir())) == count - 1
    consistent(store)


def test_merging(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    lines(other, "x.jsonl", [3, *range(200, 230)])
    ingest(card(folder), tmp_path / "one", engine=HERE)
    upkeep.delete(tmp_path / "one", ["d7"])
    ingest(card(other), tmp_path / "two", engine=HERE)
    store = upkeep.merge([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert {int(id[1:]) for id in store.ids} == {*range(80), *range(200, 230)} - {7}
    consistent(store)
    assert store.name == "all"
    with pytest.raises(StoreError, match="there is a store already"):
        upkeep.merge([tmp_path / "one"], tmp_path / "all")
    with pytest.raises(ChangedError, match="merged"):
        updated(folder, tmp_path / "all")
    ingest(card(other, encoder=Hashing(size=16)), tmp_path / "three", engine=HERE)
    with pytest.raises(EncoderError, match="size"):
        upkeep.merge([tmp_path / "one", tmp_path / "three"], tmp_path / "none")
    assert len(upkeep.compact(tmp_path / "all")) == len(store)


def test_a_run_loses_what_rests_on_the_deleted(sample_run, tmp_path):
    import shutil

    path = tmp_path / "run"
    shutil.copytree(sample_run.path, path)
    run = Run.open(path)
    document = next(run.examples()).documents[0]
    resting = upkeep.resting_on(run, [document])
    count = len(list(run.examples()))
    assert upkeep.remove_from(run, [document]) == len(resting) > 0
    assert len(list(run.examples())) == count - len(resting)
    assert upkeep.resting_on(run, [document]) == []
    assert not (path / "dataset").exists()


def test_the_verbs(miner, folder, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=HERE)
    store = tmp_path / "s"
    assert miner("delete", store)[0] == 2
    code, out, _ = miner("delete", store, "--id", "d1", "--id", "d2")
    assert (code, "deleted 2 documents, 78 are left" in out) == (0, True)
    assert miner("delete", store, "--id", "d1")[0] == 2
    assert "78 documents" in miner("compact", store)[1]
    assert "78 documents" in miner("merge", store, "--into", tmp_path / "m")[1]
