"""Every verb, as a person types it: what it prints, its exit code, and no traceback."""

from __future__ import annotations

import json
import re

import pytest
from typer.main import get_command

from miner.cli import app

VERBS = sorted(get_command(app).commands)


@pytest.mark.parametrize("verb", VERBS)
def test_help(miner, verb):
    code, out, _ = miner(verb, "--help")
    assert code == 0
    assert "Usage: miner" in out


def test_version(miner):
    from miner import __version__

    assert miner("--version") == (0, f"{__version__}\n", "")


def test_a_dry_run_binds_nothing(miner, sample_store, tmp_path):
    where = ("--store", sample_store.path, "--run", tmp_path / "run")
    code, out, err = miner("run", "quickstart", *where, "--llm", "fake", "--dry-run")
    assert (code, err) == (0, ""), err
    assert "request" in out
    assert not (tmp_path / "run" / "recipe.toml").exists()


def test_search(miner, sample_store):
    code, out, _ = miner("search", sample_store.path, "volcanoes and lava", "-k", 3)
    assert code == 0
    assert len(re.findall(r"^-?\d\.\d{3} ", out, re.MULTILINE)) == 3
    code, out, _ = miner("search", sample_store.path, "volcanoes", "-k", 2, "--json")
    assert [set(json.loads(line)) for line in out.splitlines()] == [
        {"cosine", "id", "title", "url"}
    ] * 2


def test_search_by_passages_says_which_is_nearest(miner, tmp_path):
    filler = " ".join(f"Sentence {n} is about taxes and the law." for n in range(60))
    text = f"{filler} Hot lava flows from the volcano. {filler}"
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"text": text}) + "\n")
    (tmp_path / "card.toml").write_text(
        f"""
        name = "long"
        unit = "passage"
        sources = [{{ kind = "jsonl", path = "{tmp_path}/corpus.jsonl" }}]
        encoder = {{ kind = "hashing" }}
        """
    )
    store = tmp_path / "store"
    assert miner("index", tmp_path / "card.toml", "--store", store)[0] == 0
    code, out, err = miner("search", store, "volcano lava", "--json")
    assert code == 0, err
    hit = json.loads(out)
    assert "volcano" in text[hit["start"] : hit["end"]]
    assert hit["end"] - hit["start"] < len(text) / 2
    assert miner("search", store, "lava", "--since", "2031")[:2] == (0, "nothing is found\n")
    code, out, _ = miner("search", store, "volcano lava")
    assert f"{hit['start']}-{hit['end']}: " in out


def test_show(miner, sample_run, sample_store):
    example = next(iter(sample_run.examples()))
    code, out, _ = miner("show", sample_run.path, example.id)
    assert code == 0
    assert example.documents[0] in out
    assert "selected: node" in out
    code, out, _ = miner("show", sample_run.path, example.id, "--json")
    assert json.loads(out)["example"]["id"] == example.id
    code, out, _ = miner("show", sample_store.path, example.documents[0])
    assert code == 0
    assert "sha256" in out


def test_show_guesses(miner, sample_run, sample_store):
    example = next(iter(sample_run.examples()))
    code, out, _ = miner("show", sample_run.path, example.id[:-1])
    assert code == 0
    assert example.id in out
    code, _, err = miner("show", sample_run.path, f"{example.id[:-1]}x")
    assert code == 1
    assert f"did you mean '{example.id}'" in err
    assert "begin with ''" in miner("show", sample_store.path, "")[2]
    assert miner("show", sample_store.path, "nothing")[0] == 1


def test_rejected(miner, sample_run, sample_store):
    code, out, _ = miner("rejected", sample_store.path)
    assert code == 0
    assert "length:" in out
    code, out, _ = miner("rejected", sample_store.path, "--reason", "length", "-n", 3, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == 3
    assert all(row["reason"].startswith("length:") for row in rows)
    code, _, err = miner("rejected", sample_run.path, "--reason", "lenght")
    assert code == 1
    assert "nothing rejected for 'lenght'" in err


def test_status(miner, sample_run, sample_store, tmp_path):
    for where in (sample_run.path, sample_store.path):
        code, out, _ = miner("status", where, "--json")
        assert code == 0
        assert json.loads(out)["state"] == "done"
    assert miner("status", tmp_path / "none")[0] == 1


def test_list(miner):
    code, out, _ = miner("list", "pickers")
    assert code == 0
    assert "facility_location" in out
    code, _, err = miner("list", "picker")
    assert code == 2
    assert "did you mean 'pickers'" in err


def test_try(miner, sample_store, tmp_path):
    code, out, _ = miner(
        "try", "quickstart", "--store", sample_store.path, "--run", tmp_path / "run",
        "--task", "reverse_instruction", "-n", 1, "--llm", "fake",
    )  # fmt: skip
    assert code == 0
    assert "[user]" in out
    assert "[reply]" in out


def test_export_and_report(miner, sample_run, sample_store, tmp_path):
    assert miner("export", sample_run.path, "--out", tmp_path / "data")[0] == 2
    assert miner("export", sample_run.path)[0] == 0
    assert (sample_run.path / "dataset" / "README.md").is_file()
    code, _out, _ = miner("export", sample_run.path, "--documents", "--out", tmp_path / "docs")
    assert code == 0
    assert miner("report", sample_run.path)[0] == 0
    assert miner("report", sample_store.path)[0] == 0


def test_init_then_index(miner, tmp_path, monkeypatch):
    assert miner("init", tmp_path / "mine")[0] == 0
    assert miner("init", tmp_path / "mine")[0] == 2
    monkeypatch.chdir(tmp_path / "mine")
    code, out, err = miner(
        "index", "indexes/quickstart.toml", "--set", "encoder={kind='hashing'}", "--set", "limit=30"
    )
    assert code == 0, err
    assert "read" in out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["index", "nowhere.toml"], 2, "no such file"),
        (["index", "quikstart"], 2, "did you mean 'quickstart'"),
        (["index", "quickstart", "--set", "sed=1"], 2, "no option 'sed'.*did you mean 'seed'"),
        (["index", "quickstart", "--set", "seed"], 2, "expected KEY=VALUE"),
        (["index", "quickstart", "--set", "encoder={kind='mini'}"], 2, "did you mean 'minilm'"),
        (["index", "quickstart", "--set", "sources.0.path=none.jsonl"], 1, "none.jsonl"),
        (["run", "quickstart", "--store", "nowhere"], 1, "no such index"),
        (["run", "quickstart", "--set", "tasks.0.kind=topics"], 2, "did you mean 'topic'"),
        (["search", "nowhere", "x"], 1, "no such"),
        (["status", "nowhere"], 1, "no such folder"),
        (["export", "nowhere"], 1, "no such folder"),
        (["frobnicate"], 2, "No such command"),
        (["search", "store", "x", "-k", "0"], 2, "Invalid value for '-k'"),
    ],
)
def test_wrong_use_is_one_clear_message(miner, tmp_path, monkeypatch, arguments, code, says):
    monkeypatch.chdir(tmp_path)
    got, out, err = miner(*arguments)
    assert got == code, out + err
    assert re.search(says, err), err
    assert "Traceback" not in err
