"""The first examples of each task without a model on the shipped sample, to be read in review."""

from __future__ import annotations

import gzip
import importlib
import json
from pathlib import Path

import pytest
from task_cases import case_for, mined

import miner
from miner.compose import Compose, compose
from miner.types import Document, Example, Rejected

SAMPLE = Path(miner.__file__).parent / "sample" / "simplewiki.jsonl.gz"
KINDS = (
    "write_document",
    "definition",
    "section_questions",
    "typed_values",
    "keyphrases",
    "cloze",
    "continuation",
)


def documents():
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Document(
                row["id"], row["text"], url=row["url"], title=row["title"], language="en"
            )


@pytest.mark.parametrize("kind", KINDS)
def test_first_examples(kind, golden):
    task = importlib.import_module(f"miner.tasks.{kind}").PART()
    rows = []
    for document in documents():
        for annotation in mined(task, case_for(document)):
            if isinstance(annotation, Rejected):
                continue
            for example in compose(annotation, {document.id: document}, Compose(), 0):
                assert isinstance(example, Example)
                rows.append(
                    {
                        "title": example.title[0],
                        "instruction": example.instruction,
                        "input": example.input[:200],
                        "output": example.output[:400],
                        "format": example.format,
                        "preferences": example.preferences,
                    }
                )
        if len(rows) >= 20:
            break
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows[:20])
    golden(f"task_{kind}.jsonl", text + "\n")
