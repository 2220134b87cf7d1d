"""Every task, on every kind of document: spans are true, ids are stable, nothing is raised."""

from __future__ import annotations

import dataclasses
import importlib

import pytest
from task_cases import HOSTILE, case_for, mined

from miner.checks.findings import spans
from miner.recipe import build, dump, kinds
from miner.types import Annotation, Document, Rejected

KINDS = sorted(set(kinds("tasks")) - {"custom"})  # which has no defaults: test_tasks_custom.py
PARTS = {kind: importlib.import_module(f"miner.tasks.{kind}").PART for kind in KINDS}
FREE = [kind for kind in KINDS if not PARTS[kind].needs_model]


def without_model(kind):
    return PARTS[kind]()


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_is_what_its_recipe_says(kind):
    task = PARTS[kind]()
    table = {k: v for k, v in dump(task).items() if k != "kind"}
    assert build(PARTS[kind], table, "recipe.toml") == task
    assert isinstance(PARTS[kind].needs_model, bool)
    assert dataclasses.is_dataclass(task)


@pytest.mark.parametrize("kind", FREE)
@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("title", ["", "Volcano", "Mercury (disambiguation)", "{title}"])
def test_no_document_breaks_a_task(kind, text, title):
    for item in mined(without_model(kind), case_for(Document("d", text, title=title))):
        assert isinstance(item, Annotation | Rejected)


@pytest.mark.parametrize("kind", FREE)
def test_nothing_is_found_without_a_reason(kind):
    items = mined(without_model(kind), case_for(Document("d", "Too short.", language="en")))
    assert items
    assert all(isinstance(item, Rejected) and item.reason for item in items)


@pytest.mark.parametrize("kind", FREE)
def test_annotations_are_grounded_stable_and_distinct(kind, wiki):
    seen = set()
    for document in wiki:
        case = case_for(document)
        items = mined(without_model(kind), case)
        assert items == mined(without_model(kind), case)
        for item in items:
            if isinstance(item, Rejected):
                continue
            assert item.id not in seen
            seen.add(item.id)
            assert item.documents == (document.id,)
            assert all(span.holds(document.text) for span in spans(item.finding))
    if kind in {"definition", "section_questions", "typed_values", "write_document"}:
        assert seen
