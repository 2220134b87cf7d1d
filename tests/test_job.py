"""The whole job: exact spans, balanced books, the same bytes, rounds that ask the next candidate."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import pytest
from sample_recipe import sample_recipe

from miner import atomic
from miner.errors import BusyError, ChangedError, RecipeError, UsageError
from miner.job import Recipe, active_tasks, mine, select
from miner.judge import task_name
from miner.run import Run, load_finding
from miner.trying import trials
from miner.types import Annotation, Case, Mining, Rejected, Span, Writing

OUTPUT = ("selection.parquet", "annotations", "examples", "rejected", "dataset")


def digests(run: Run) -> dict[str, str]:
    files = [f for n in OUTPUT for f in [run.path / n, *(run.path / n).rglob("*")] if f.is_file()]
    return {str(f.relative_to(run.path)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def spans_in(value) -> list[Span]:
    """All spans of a finding, however deep."""
    if isinstance(value, Span):
        return [value]
    if dataclasses.is_dataclass(value):
        return [s for f in dataclasses.fields(value) for s in spans_in(getattr(value, f.name))]
    return [s for v in value for s in spans_in(v)] if isinstance(value, tuple) else []


def test_every_span_is_exact(sample_run, sample_store):
    texts = {d.id: d.text for d in sample_store.iterate()}
    spans = [s for e in sample_run.examples() for s in e.evidence]
    spans += [s for a in sample_run.annotations() for s in spans_in(a.finding)]
    assert len(spans) > 100
    assert all(texts[s.document][s.start : s.end] == s.text for s in spans)


def test_every_example_says_where_it_comes_from(sample_run, sample_store):
    annotations = {a.id: a for a in sample_run.annotations()}
    for example in sample_run.examples():
        table = json.loads(example.annotation)
        annotation = annotations[table.pop("id")]
        # The finding as the output renders it: preference rules may have ordered or thinned it.
        rendered = load_finding(json.dumps(table))
        assert type(rendered) is type(annotation.finding)
        assert set(spans_in(rendered)) <= set(spans_in(annotation.finding))
        documents = sample_store.documents(example.documents)
        assert example.document_sha256 == tuple(d.sha256 for d in documents.values())
        assert all(example.license)
        assert example.node
        assert example.evidence


def test_ids_are_unique(sample_run):
    for rows in (sample_run.examples(), sample_run.annotations()):
        assert max(Counter(row.id for row in rows).values()) == 1


def test_books_balance(sample_run):
    manifest = sample_run.manifest
    books = manifest["books"]
    tasks = books["tasks"]
    assert tasks["started"] == tasks["done"] + tasks["rejected"] + tasks["failed"] > 0
    for what in ("annotations", "examples"):
        assert books[what]["made"] == books[what]["accepted"] + books[what]["rejected"]
        assert books[what]["accepted"] == len(list(sample_run.rows(what)))
    rows = Counter(row["subject"] for row in sample_run.rejected())
    assert rows["example"] == books["examples"]["rejected"]
    assert rows["annotation"] == books["annotations"]["rejected"]
    assert rows["task"] == tasks["rejected"] + tasks["failed"]


def test_twice_the_same_bytes(sample_run, sample_store, tmp_path):
    again = mine(sample_recipe(), sample_store, Run(tmp_path / "again"))
    assert digests(again) == digests(sample_run)


def test_a_finished_run_is_left_alone(sample_run, sample_store):
    before = {p: p.stat().st_mtime_ns for p in sample_run.path.rglob("*") if p.name != ".lock"}
    mine(sample_recipe(), sample_store, sample_run)
    assert before == {
        p: p.stat().st_mtime_ns for p in sample_run.path.rglob("*") if p.name != ".lock"
    }


def test_a_run_killed_while_it_exported_is_taken_up_again(sample_run, sample_store, tmp_path):
    run = Run(tmp_path / "run")
    shutil.copytree(sample_run.path, run.path)
    shutil.rmtree(run.path / "dataset" / "sharegpt")
    (run.path / "dataset" / "README.md").unlink()
    atomic.write_json(run.path / "manifest.json", sample_run.manifest | {"state": "mined"})
    assert not run.finished
    assert digests(mine(sample_recipe(), sample_store, run)) == digests(sample_run)


def test_another_recipe_is_refused(sample_run, sample_store):
    changed = sample_recipe(select__per_node=5)
    with pytest.raises(ChangedError, match=r"was begun with select.per_node = 8, now it is 5"):
        mine(changed, sample_store, sample_run)


def test_two_processes_on_one_run(sample_store, tmp_path):
    run = Run(tmp_path / "run")
    with atomic.lock(run.path), pytest.raises(BusyError):
        mine(sample_recipe(), sample_store, run)


def test_tasks_that_need_a_model_are_named(sample_run):
    assert "reverse_instruction" in sample_run.manifest["tasks_skipped"]
    job = sample_recipe()
    assert "reverse_instruction" not in map(task_name, active_tasks(job))


def test_a_recipe_that_can_do_nothing_says_so(sample_store, tmp_path):
    nothing = sample_recipe(tasks=[{"kind": "reverse_instruction"}])
    with pytest.raises(UsageError, match=r"needs a model \(reverse_instruction\)"):
        mine(nothing, sample_store, Run(tmp_path / "run"))


def test_two_tasks_of_one_name_are_refused():
    twice = [{"kind": "topic"}, {"kind": "topic"}]
    with pytest.raises(RecipeError, match="has 'topic' 2 times"):
        sample_recipe(tasks=twice)


def test_trials_pass_everything_on(sample_store, tmp_path):
    job = sample_recipe(llm={"kind": "fake"})
    found = list(trials(job, sample_store, Run(tmp_path / "run"), 2, "reverse_instruction"))
    assert len(found) == 2
    for trial in found:
        [(request, reply)] = trial.exchanges[:1]
        assert trial.judged.case.document.text[:40].split()[0] in request.messages[-1].content
        assert reply.text
    assert not (tmp_path / "run" / "recipe.toml").exists()
    with pytest.raises(RecipeError, match=r"has no task 'topics' that can run; .*'topic'"):
        next(trials(job, sample_store, Run(tmp_path / "run"), 2, "topics"))


# --------------------------------------------------------------------------------- rounds


@dataclass(frozen=True)
class Choosy:
    """Yields something for every `every`-th document of a node, counted by rank."""

    every: int = 2
    needs_model: ClassVar[bool] = False

    def mine(self, case: Case) -> Mining:
        return self._found(case)
        yield []

    def _found(self, case: Case) -> list[Annotation | Rejected]:
        if case.rank % self.every:
            return [Rejected("choosy", str(case.rank))]
        output = case.document.span(0, min(len(case.document.text), 300))
        finding = Writing(f"Write what stands first in {case.document.id}.", output, "template")
        id = hashlib.sha256(case.document.id.encode()).hexdigest()[:16]
        return [Annotation(id, "choosy", case.node.id, (case.document.id,), finding)]


def job(**keys) -> Recipe:
    tasks = [{"kind": f"{__name__}:Choosy"}]
    return sample_recipe(checks=[{"kind": "grounded"}], tasks=tasks, **keys)


def test_spares_are_asked_until_the_quota_is_met(sample_store, tmp_path):
    run = mine(job(select__per_node=4, select__reserve=2.0), sample_store, Run(tmp_path / "run"))
    full = [n for n in run.manifest["nodes"] if not n["reason"]]
    assert full
    assert all(n["productive"] >= n["quota"] for n in full)
    assert any(n["asked"] > n["chosen"] for n in full)
    for node in run.manifest["nodes"]:
        assert node["accepted_examples"] <= max(node["quota"], node["productive"])
        if node["productive"] < node["quota"]:
            assert node["reason"]


def test_examples_per_node_is_exact_where_it_can_be(sample_store, tmp_path):
    run = mine(job(examples_per_node=2), sample_store, Run(tmp_path / "run"))
    counts = Counter(e.node for e in run.examples())
    assert set(counts.values()) <= {1, 2}
    assert 2 in counts.values()
    for node in run.manifest["nodes"]:
        assert (node["accepted_examples"] == 2) == (not node["reason"])


def test_splits_go_by_document(sample_store, tmp_path):
    run = mine(job(validation=0.3, test=0.2), sample_store, Run(tmp_path / "run"))
    splits = {}
    for example in run.examples():
        assert splits.setdefault(example.group, example.split) == example.split
    assert set(splits.values()) == {"train", "validation", "test"}


def test_selecting_first_changes_nothing(sample_store, tmp_path):
    run = Run(tmp_path / "first")
    select(job(), sample_store, run)
    mine(job(), sample_store, run)
    other = mine(job(), sample_store, Run(tmp_path / "other"))
    assert digests(run) == digests(other)


def test_splits_go_by_node_where_the_recipe_says_so(sample_store, tmp_path):
    recipe = job(validation=0.3, test=0.3, split_by="node")
    splits = {}
    for example in mine(recipe, sample_store, Run(tmp_path / "run")).examples():
        splits.setdefault(example.node[-1], set()).add(example.split)
    assert all(len(found) == 1 for found in splits.values())
    assert len(set.union(*splits.values())) > 1
