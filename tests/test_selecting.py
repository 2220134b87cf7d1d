"""The verbs on what is selected for: a taxonomy shown, checked, converted, induced; labels; why."""

from __future__ import annotations

import io
import json

import pytest

from miner.taxonomy.load import load


def test_taxonomy_show_and_check(miner, tmp_path):
    code, out, _ = miner("taxonomy", "show", "general")
    assert code == 0
    assert "Astronomy" in out
    assert "nodes, 6 at the top" in out
    path = tmp_path / "t.md"
    path.write_text("# Arts\n- Music\n# Trade\n- Music\n")
    code, out, _ = miner("taxonomy", "check", path, "--no-siblings")
    assert code == 0
    assert "t.md, line 4: duplicate_name" in out
    assert "t.md, line 2: no_description" in out
    assert "questionable: 2 no_description, 1 duplicate_name" in out


def test_taxonomy_convert(miner, tmp_path):
    source, out = tmp_path / "t.csv", tmp_path / "own.toml"
    source.write_text("id,parent,name\n1,,Arts\n2,1,Music\n")
    assert miner("taxonomy", "convert", source, "--out", out)[0] == 0
    assert load(out).path("2") == ("Arts", "Music")
    code, _, err = miner("taxonomy", "convert", source, "--out", out)
    assert code == 2
    assert "is there already" in err
    source.write_text("id,parent,name\n1,2,Arts\n2,1,Music\n")
    code, _, err = miner("taxonomy", "convert", source, "--out", tmp_path / "b.toml")
    assert code == 1
    assert "line 2: a cycle of parents: 1 -> 2 -> 1" in err


def test_taxonomy_induce(miner, sample_store, tmp_path):
    out = tmp_path / "topics.toml"
    assert miner("taxonomy", "induce", sample_store.path, "--out", out, "--levels", "2,6")[0] == 0
    assert len(load(out).leaves) <= 6
    code, _, err = miner(
        "taxonomy", "induce", sample_store.path, "--out", tmp_path / "b.toml", "--levels", "a"
    )
    assert code == 2
    assert "expected numbers" in err


def test_label_writes_each_answer_at_once(miner, sample_run, tmp_path, monkeypatch):
    path = tmp_path / "labels.jsonl"
    monkeypatch.setattr("sys.stdin", io.StringIO("y\nx\nn\ns\nq\n"))
    code, out, _ = miner("label", sample_run.path, "-n", 10, "--labels", path)
    assert code == 0
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["belongs"] for row in rows] == [True, False]
    assert "2 labels" in out


def test_label_needs_a_run(miner, sample_store):
    code, _, err = miner("label", sample_store.path)
    assert code == 2
    assert "select first" in err


@pytest.mark.parametrize("recipe", ["balanced", "sample-domain"])
def test_recipes_of_selection(miner, sample_store, tmp_path, recipe):
    code, out, _ = miner(
        "select",
        recipe,
        "--store",
        sample_store.path,
        "--run",
        tmp_path / "run",
        "--set",
        "select.floor=0.05",
    )
    assert code == 0
    assert "selection:" in out


def test_explain(miner, sample_store, tmp_path):
    keys = ("quickstart", "--store", sample_store.path, "--run", tmp_path / "run")
    keys += ("--set", "select.floor=0.05")
    document = sample_store.ids[0]
    code, out, _ = miner("select", *keys, "--explain", document)
    assert code == 0
    assert out.startswith(f"{document}: ")
    code, _, err = miner("select", *keys, "--explain", "nothing")
    assert code == 1
    assert "no document 'nothing'" in err


def test_documents_of_a_domain_are_exported_without_mining(miner, sample_store, tmp_path):
    import pyarrow.parquet as pq

    keys = ("--store", sample_store.path)
    run = tmp_path / "run"
    limits = ("--set", "select.domain.floor=0.05", "--set", "select.min_chars=1200")
    code, _, err = miner("select", "sample-domain", *keys, "--run", run, *limits)
    assert code == 0
    assert (run / "report.html").is_file()
    assert "picked: " in err
    code, _, _ = miner("export", run, "--documents", *keys)
    assert code == 0
    rows = pq.read_table(run / "documents" / "documents" / "train-00000.parquet").to_pylist()
    assert rows
    assert all(row["node"] == ["Domain"] and len(row["text"]) >= 1200 for row in rows)


def test_an_explained_document_that_indexing_turned_away(miner, sample_store, tmp_path):
    row = next(iter(sample_store.rejected()))
    code, _, err = miner(
        "select", "quickstart", "--store", sample_store.path, "--run", tmp_path / "run",
        "--set", "select.floor=0.05", "--explain", row["id"],
    )  # fmt: skip
    assert code == 1
    assert f"it was turned away when that was made, as {row['reason']}" in err


def test_a_large_taxonomy_is_not_listed_in_full(miner, sample_store, tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("\n".join(f"Topic number {i}" for i in range(90)))
    code, out, _ = miner(
        "select", "quickstart", "--store", sample_store.path, "--run", tmp_path / "run",
        "--set", f"taxonomy={path}", "--set", "select.per_node=1",
    )  # fmt: skip
    assert code == 0
    assert "30 more nodes stand in the report; of all 90" in out


@pytest.fixture
def own_recipe(tmp_path):
    """A recipe of one's own, in a folder of its own."""
    from miner import recipe

    text = recipe.locate("sample-domain", "pipelines").read_text(encoding="utf-8")
    path = tmp_path / "mine" / "life.toml"
    path.parent.mkdir()
    path.write_text(text.replace("floor = 0.5 ", "floor = 0.05 "), encoding="utf-8")
    return path


def test_label_an_index_for_a_recipe(miner, sample_store, own_recipe, tmp_path, monkeypatch):
    """Before any run: the labels lie beside the recipe, and the next selection is fitted to them."""
    code, _, err = miner("label", sample_store.path)
    assert code == 2
    assert "or say what for: --recipe RECIPE" in err
    monkeypatch.setattr("sys.stdin", io.StringIO("y\nn\n" * 8))
    code, out, _ = miner("label", sample_store.path, "--recipe", own_recipe, "-n", 16)
    assert code == 0
    labels = own_recipe.parent / "life.labels.jsonl"
    assert len(labels.read_text().splitlines()) == 16
    assert "16 labels" in out
    assert "membership fitted to the labels: of all chosen about 0." in out
    code, _, err = miner(
        "select", own_recipe, "--store", sample_store.path, "--run", tmp_path / "run",
        "--set", f"select.labels='{labels}'",
    )  # fmt: skip
    assert code == 0
    assert "membership is calibrated by labels" in err
    code, _, err = miner("label", tmp_path / "run", "--recipe", own_recipe)
    assert code == 2
    assert "is a run, and has its own" in err
