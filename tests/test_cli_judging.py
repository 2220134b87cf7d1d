"""The verbs by which people judge and pass on: evaluate, review, export --to."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def run(sample_run, tmp_path):
    """A copy of the sample's run, which tests may write into."""
    folder = tmp_path / "run"
    shutil.copytree(sample_run.path, folder)
    return folder


def test_export_to_a_trainer(miner, run):
    code, out, _ = miner("export", run, "--to", "trl", "--set", "per_document=1")
    assert code == 0
    folder = run / "exports" / "trl"
    assert str(folder) in out
    rows = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
    assert all(set(row) == {"prompt", "completion"} for row in rows)
    origins = [json.loads(line) for line in (folder / "provenance.jsonl").read_text().splitlines()]
    documents = [id for row in origins for id in row["documents"]]
    assert len(documents) == len(set(documents))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "axolot"), "did you mean 'axolotl'"),
        (("--to", "trl", "--set", "per_doc=3"), "did you mean 'per_document'"),
        (("--to", "trl", "--set", "min_pass_rate=0.9"), "nobody has reviewed it"),
        (("--to", "hub", "--repository", "nothing"), "expected owner/name"),
    ],
)
def test_exports_that_cannot_be(miner, run, arguments, message):
    code, _, err = miner("export", run, *arguments)
    assert code == 2
    assert message in " ".join(err.split())


def test_the_hub_is_a_dry_run(miner, run):
    code, out, _ = miner("export", run, "--to", "hub", "--repository", "owner/name")
    assert code == 0
    assert "README.md" in out
    assert "--push sends them" in " ".join(out.split())


def test_review_on_a_sheet_and_back(miner, run, tmp_path):
    code, _, err = miner("review", run)
    assert code == 2
    assert "nobody has judged" in " ".join(err.split())
    code, out, _ = miner("review", run, "--reviewer", "ann", "--sample", 6, "--as", "page")
    assert code == 0
    page = (run / "reviews" / "ann.html").read_text(encoding="utf-8")
    ids = [part.split('"')[0] for part in page.split('data-id="')[1:]]
    assert len(ids) == 6
    verdicts = [{"id": id, "reviewer": "ann", "verdict": "accept"} for id in ids[1:]]
    verdicts.append({"id": ids[0], "reviewer": "ann", "verdict": "reject", "reason": "trivial"})
    saved = tmp_path / "verdicts-ann.jsonl"
    saved.write_text("".join(json.dumps(v) + "\n" for v in verdicts))
    code, out, _ = miner("review", run, "--import", saved, "--json")
    assert code == 0
    figures = json.loads(out.splitlines()[-1])
    assert (figures["all"]["passed"], figures["all"]["of"]) == (5, 6)
    assert figures["reasons"] == {"trivial": 1}
    assert miner("review", run, "--reviewer", "ann", "--by", "nod", "--as", "csv")[0] == 2


def test_a_rejected_example_is_not_exported(miner, run):
    parts = sorted((run / "examples").glob("*.parquet"))
    assert parts
    code, _, _ = miner("review", run, "--reviewer", "bob", "--sample", 1, "--as", "csv")
    assert code == 0
    id = (run / "reviews" / "bob.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")[0]
    verdict = {"id": id, "reviewer": "bob", "verdict": "reject", "reason": "wrong"}
    (run / "reviews" / "bob.jsonl").write_text(json.dumps(verdict) + "\n")
    assert miner("export", run)[0] == 0
    exported = "".join(p.read_text() for p in (run / "exports").glob("*.jsonl"))
    card = (run / "dataset" / "README.md").read_text(encoding="utf-8")
    assert exported
    assert "1 examples were judged by 1 person" in card


def test_evaluate(miner, run, tmp_path):
    gold = tmp_path / "gold.conll"
    sentence = "Ann I-PER\nlives O\nin O\nRome I-LOC\n. O\n\n"
    gold.write_text(sentence * 3, encoding="utf-8")
    code, _, err = miner("evaluate", "quickstart", "--gold", f"wikigolf:{gold}", "--run", run)
    assert code == 2
    assert "did you mean 'wikigold'" in " ".join(err.split())
    code, _, err = miner("evaluate", "quickstart", "--gold", f"wikigold:{gold}", "--run", run)
    assert code == 2
    assert "finds what this gold has" in " ".join(err.split())
