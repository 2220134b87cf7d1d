"""The data set folder: loads by the real loader, equal bytes, honest card."""

from __future__ import annotations

import dataclasses
import json

import pytest

from miner.errors import UsageError
from miner.exports import standard
from miner.exports.alpaca import Alpaca
from miner.exports.dataset import export, read_lines
from miner.exports.documents import export_documents
from miner.run import Run, dump_example
from miner.store import Store
from miner.types import Candidate, Example, NodeSelection, Selection, Span


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    import datasets as library

    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    library.disable_progress_bars()
    return library


def test_load_dataset_reads_every_format(made_run, datasets):
    run, store = made_run
    folder = export(run, store, standard())
    default = datasets.load_dataset(str(folder))
    assert {s: len(default[s]) for s in default} == {"train": 3, "validation": 1, "test": 1}
    row = default["train"][0]
    assert [m["role"] for m in row["messages"]] == ["user", "assistant"]
    document = store.document(row["documents"][0])
    assert all(document.text[e["start"] : e["end"]] == e["text"] for e in row["evidence"])
    alpaca = datasets.load_dataset(str(folder), "alpaca", split="test")
    assert alpaca[0]["output"]
    sharegpt = datasets.load_dataset(str(folder), "sharegpt", split="train")
    assert [t["from"] for t in sharegpt[0]["conversations"]] == ["human", "gpt"]


def test_a_run_without_examples_is_an_empty_data_set(empty_run):
    import pyarrow.parquet as pq

    run, store = empty_run
    folder = export(run, store, standard())
    table = pq.read_table(folder / "messages" / "train-00000.parquet")
    assert table.num_rows == 0
    assert {"messages", "evidence", "license"} <= set(table.column_names)


def test_json_lines_hold_the_format_alone(made_run):
    run, store = made_run
    export(run, store, standard())
    rows = list(read_lines(run.path / "exports" / "alpaca.train.jsonl"))
    assert len(rows) == 3
    assert all(set(row) == {"instruction", "input", "output"} for row in rows)
    raw = (run.path / "exports" / "messages.train.jsonl").read_bytes()
    assert raw.count(b"\n") == 3
    assert len(raw.decode().splitlines()) == 3  # no character inside ends a line


def test_equal_runs_give_equal_bytes(made_run):
    run, store = made_run

    def content():
        export(run, store, standard())
        return {p: p.read_bytes() for p in sorted(run.path.rglob("*")) if p.is_file()}

    assert content() == content()


def test_stale_files_go_away(made_run):
    run, store = made_run
    export(run, store, standard())
    export(run, store, [Alpaca()])
    assert {p.parent.name for p in (run.path / "dataset").glob("*/*.parquet")} == {"alpaca"}
    assert all(p.name.startswith("alpaca.") for p in (run.path / "exports").iterdir())


def test_no_format_or_one_twice_is_refused(made_run):
    run, store = made_run
    with pytest.raises(UsageError):
        export(run, store, [])
    with pytest.raises(UsageError):
        export(run, store, [Alpaca(), Alpaca()])


def test_the_card_says_what_was_and_was_not_checked(made_run, golden):
    run, store = made_run
    folder = export(run, store, standard())
    card = (folder / "README.md").read_text(encoding="utf-8")
    done, _, open_ = card.partition("## What was not checked")
    assert "| grounded |" in done
    assert "leak:" in open_
    assert "Share-alike" in card
    assert "<script>" not in card
    golden("dataset_card.md", done)


def test_documents_are_a_data_set_of_their_own(made_run, tmp_path, datasets):
    run, store = made_run
    ids = store.ids
    candidates = tuple(
        Candidate(id, "earth", "chosen" if i else "spare", i, 0.9, 0.2, 0.5)
        for i, id in enumerate(ids)
    )
    run.write_selection(Selection((NodeSelection("earth", 4, 5, candidates),)))
    folder = export_documents(run, store, tmp_path / "documents")
    rows = datasets.load_dataset(str(folder), split="train")
    assert rows["id"] == ids[1:]
    first = rows[0]
    assert first["text"] == store.document(ids[1]).text
    assert first["node"] == ["Nature", "Earth"]
    assert first["license"]


def test_a_lone_surrogate_costs_nothing(tmp_path):
    from miner.exports.dataset import write_line

    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        write_line(file, {"output": "a\ud800b"})
        write_line(file, {"output": "c\u2028d"})
    assert [r["output"] for r in read_lines(path)] == ["a\ud800b", "c\u2028d"]
    assert len(path.read_text().splitlines()) == 2


def test_more_rows_than_a_file_holds(made_run, monkeypatch, datasets):
    import miner.exports.dataset as module

    run, store = made_run
    monkeypatch.setattr(module, "PART_ROWS", 2)
    folder = export(run, store, [Alpaca()])
    assert len(list((folder / "alpaca").glob("train-*.parquet"))) == 2
    assert len(datasets.load_dataset(str(folder), split="train")) == 3


def test_hostile_names_stay_text_in_the_card(made_run):
    run, store = made_run
    nasty = "| <script>alert(1)</script> [x](javascript:1)\n# head"
    rows = [
        dump_example(dataclasses.replace(e, node=(nasty,), source=(nasty,)))
        for e in list(run.examples())
    ]
    run.write_part("examples", 0, rows)
    card = (export(run, store, standard()) / "README.md").read_text(encoding="utf-8")
    assert "<script>" not in card
    assert "\n# head" not in card
    head = card.split("---")[1]
    assert "script" not in head


def test_examples_survive_the_json(made_run):
    run, _ = made_run
    example = next(run.examples())
    assert isinstance(example, Example)
    assert isinstance(example.evidence[0], Span)
    assert json.loads(example.annotation)["kind"]


def test_run_opens_again(made_run):
    run, _ = made_run
    assert Run.open(run.path).manifest["name"] == "tiny"


def test_store_is_real(made_run):
    _, store = made_run
    assert isinstance(store, Store)
