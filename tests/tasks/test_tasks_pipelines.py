"""The shipped recipes from end to end, on real documents, with an annotator of rules on loopback."""

from __future__ import annotations

import json
from collections import Counter

import annotator
import pytest
from sample_recipe import TREE
from server import Server

from miner.run import Run
from miner.tasks.forms import FORMS

MADE = {
    "hum": {
        "claims", "paraphrases", "pair_similarity", "events",
        "event_types", "event_arguments", "reading_comprehension", "reverse_instruction",
    },
    "longform": {"reverse_instruction", "write_document"},
}  # fmt: skip


@pytest.mark.parametrize("name", ["longform", pytest.param("hum", marks=pytest.mark.slow)])
def test_a_shipped_recipe_runs_from_end_to_end(name, miner, sample_store, tmp_path):
    folder, tree = tmp_path / name, tmp_path / "few.toml"
    tree.write_text(TREE, encoding="utf-8")
    with Server(answer=annotator.answer) as server:
        code, _, err = miner(
            *("run", name, "--store", sample_store.path, "--run", folder, "--llm", server.url),
            *("--model", "m", "--set", "select.per_node=6", "--set", "select.floor=0.0"),
            *("--set", f"taxonomy={tree}"),
        )
        assert code == 0, err
    run = Run.open(folder)
    documents = {document.id: document for document in sample_store.iterate()}
    made = Counter(example.task for example in run.examples())
    assert set(made) >= MADE[name], made
    for example in run.examples():
        assert all(span.holds(documents[span.document].text) for span in example.evidence)
    if name == "hum":
        forms = Counter(item.meta.get("form", "") for item in run.annotations())
        assert len(set(forms) & set(FORMS)) >= 5, forms
        assert set(made) & {"summary", "title", "headings", "outline", "simplify", "explain"}
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report
