"""A store of five documents and a run over it, made by hand, for tests of exports and reports."""

from __future__ import annotations

import json

import numpy as np
import pytest

from miner import atomic, store, store_files
from miner.run import Run, dump_annotation, dump_example, dump_finding
from miner.types import (
    Annotation,
    Answers,
    Candidate,
    Document,
    Entities,
    Entity,
    Example,
    Labels,
    NodeSelection,
    Selection,
    Writing,
)

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)> {{braces}} %s &amp;'

TEXTS = {
    "a1": "Volcanoes are openings in the crust of a planet. Lava, ash and gases come out of them. "
    "Mount Etna erupted in 2001 and cost the island 3.1 million euros.",
    "b2": "The tide rises and falls twice a day. It is drawn by the Moon and by the Sun.",
    "c3": f"A page that means harm: {HOSTILE} The end of the page came on 4 May 1999.",
    "d4": "火山是地壳的开口。熔岩从里面流出来。",
    "e5": "Granite is a rock with large grains. It cools slowly, deep under the ground.",
}

TITLES = {"a1": "Volcano", "b2": "Tide", "c3": HOSTILE, "d4": "火山", "e5": "Granite"}

NODES = [
    {"id": "nature", "name": "Nature", "level": "field", "description": "", "parent": ""},
    {"id": "earth", "name": "Earth", "level": "topic", "description": "Rocks.", "parent": "nature"},
    {"id": "sea", "name": "Sea", "level": "topic", "description": "Water.", "parent": "nature"},
]


def documents():
    for id, text in TEXTS.items():
        yield Document(
            id=id,
            text=text,
            source="tiny",
            url=f"https://example.org/{id}",
            title=TITLES[id],
            language="zh" if id == "d4" else "en",
            license="CC BY-SA 4.0" if id != "e5" else "ODC-BY 1.0",
            cleaners=("repair",),
        )


def write_store(folder):
    rows = [store_files.dump_document(d, "tiny.jsonl", i) for i, d in enumerate(documents())]
    store_files.write_rows(folder / "documents" / "part-00000.parquet", "documents", rows)
    refused = [
        {"id": "f6", "url": "https://example.org/f6", "source": "tiny", "file": "tiny.jsonl",
         "row": 5, "reason": "length:too_short", "detail": HOSTILE},
        {"id": "g7", "url": "", "source": "tiny", "file": "tiny.jsonl",
         "row": 6, "reason": "duplicates:exact", "detail": "a1"},
    ]  # fmt: skip
    store_files.write_rows(folder / "rejected" / "part-00000.parquet", "rejected", refused)
    vectors = np.eye(5, 8, dtype=np.float32)
    store_files.write_vectors(folder / "vectors" / "part-00000.npy", vectors)
    part = {
        "name": "00000", "rows": 5, "rejected": 2,
        "documents_sha256": "0", "vectors_sha256": "0", "rejected_sha256": "0",
    }  # fmt: skip
    manifest = {
        "version": store.VERSION, "name": "tiny", "dimensions": 8, "parts": [part],
        "encoder": {"table": {"kind": "hashing"}, "identity": {"model": "hashing"}},
        "counts": {"read": 7, "kept": 5, "rejected": 2},
    }  # fmt: skip
    atomic.write_json(folder / "index.json", manifest)
    return store.Store.open(folder)


def annotations():
    by_id = {d.id: d for d in documents()}
    volcano, harm, granite = by_id["a1"], by_id["c3"], by_id["e5"]
    whole = volcano.span(0, len(volcano.text))
    year = volcano.text.index("2001")
    date = harm.text.index("4 May 1999")
    yield Annotation("w-a1", "write_document", "earth", ("a1",),
                     Writing("Write a short text about volcanoes.", whole, "formal"))  # fmt: skip
    yield Annotation("d-a1", "typed_values", "earth", ("a1",),
                     Entities(whole, (Entity(volcano.span(year, year + 4), "date"),),
                              ("date", "money")))  # fmt: skip
    yield Annotation("q-c3", "section_questions", "sea", ("c3",),
                     Answers(harm.span(0, len(harm.text)), "When did the page end?",
                             (harm.span(date, date + 10),)))  # fmt: skip
    yield Annotation("t-e5", "topic", "earth", ("e5",),
                     Labels(granite.span(0, len(granite.text)), ("Earth",), ("Earth", "Sea"),
                            "topic"), model="a-model", request_ids=("r1",))  # fmt: skip
    zh = by_id["d4"]
    yield Annotation("w-d4", "write_document", "earth", ("d4",),
                     Writing("写一篇关于火山的短文。", zh.span(0, len(zh.text)), "query"))  # fmt: skip


def examples():
    by_id = {d.id: d for d in documents()}
    splits = dict(zip(("w-a1", "d-a1", "q-c3", "t-e5", "w-d4"),
                      ("train", "train", "test", "validation", "train"), strict=True))  # fmt: skip
    for annotation in annotations():
        finding = annotation.finding
        document = by_id[annotation.documents[0]]
        match finding:
            case Writing():
                asked = (finding.instruction, "", finding.output.text, (finding.output,))
            case Entities():
                spans = tuple(item.span for item in finding.items)
                asked = ("List the dates.", document.text, spans[0].text, spans)
            case Answers():
                asked = (finding.question, document.text, finding.spans[0].text, finding.spans)
            case _:
                asked = ("Which topic?", document.text, finding.labels[0], (finding.text,))
        instruction, given, output, evidence = asked
        yield Example(
            id=f"x-{annotation.id}",
            task=annotation.task,
            instruction=instruction,
            input=given,
            output=output,
            style="template",
            evidence=evidence,
            documents=annotation.documents,
            document_sha256=(document.sha256,),
            url=(document.url,),
            title=(document.title,),
            source=(document.source,),
            license=(document.license,),
            language=document.language,
            node=("Nature", "Earth" if annotation.node == "earth" else "Sea"),
            annotation=json.dumps(
                {"id": annotation.id, **json.loads(dump_finding(finding))}, ensure_ascii=False
            ),
            request_ids=annotation.request_ids,
            model=annotation.model,
            split=splits[annotation.id],
            group=document.id,
        )


def selection():
    def candidate(id, node, status, rank):
        return Candidate(id, node, status, rank, 0.9 - rank / 10, 0.2, 0.5)

    earth = (
        candidate("a1", "earth", "chosen", 0),
        candidate("e5", "earth", "chosen", 1),
        candidate("d4", "earth", "chosen", 2),
        candidate("b2", "earth", "spare", 3),
    )
    sea = (candidate("c3", "sea", "chosen", 0),)
    return Selection(
        (
            NodeSelection("earth", 3, 4, earth, {"coverage": 0.8, "radius": 0.4}),
            NodeSelection("sea", 3, 1, sea, {"coverage": 1.0, "radius": 0.0}, "dry"),
        )
    )


def manifest(store, made):
    nodes = [
        {"node": "earth", "quota": 3, "chosen": 3, "asked": 3, "productive": 3,
         "accepted_examples": 4 if made else 0, "reason": ""},
        {"node": "sea", "quota": 3, "chosen": 1, "asked": 1, "productive": 1,
         "accepted_examples": 1 if made else 0, "reason": "no_candidates_left"},
    ]  # fmt: skip
    return {
        "name": "tiny", "seed": 7, "state": "mined", "store": str(store.path),
        "store_manifest": store.manifest, "taxonomy": NODES, "calibrated": False,
        "tasks": ["write_document", "typed_values", "section_questions", "topic"],
        "tasks_skipped": ["reverse_instruction"], "model": "a-model",
        "checks": ["grounded", "output_clean", "evidence", "length"],
        "checks_off": ["leak", "duplicate"],
        "books": {
            "tasks": {"started": 16, "done": 14, "rejected": 2, "failed": 0},
            "annotations": {"made": 7, "accepted": 5, "rejected": 2},
            "examples": {"made": 6, "accepted": 5, "rejected": 1},
        },
        "requests": {"asked": 4, "replied": 4, "failed": 0, "pending": 0},
        "rejected": {"task": {"no_values": 2}, "annotation": {"grounded:not_verbatim": 1,
                     "output_clean:cookie": 1}, "example": {"length:short_output": 1}},
        "examples_by_task": {"section_questions": 1, "topic": 1, "typed_values": 1,
                             "write_document": 2},
        "nodes": nodes, "versions": {"corpus-miner": "0.1.0"},
        "timing": {"started": 0.0, "seconds": 1.5},
    }  # fmt: skip


def refused():
    reasons = [
        ("task", "typed_values", "b2", "", "no_values", ""),
        ("task", "typed_values", "d4", "", "no_values", ""),
        ("annotation", "section_questions", "c3", "q-1", "grounded:not_verbatim", HOSTILE),
        ("annotation", "write_document", "c3", "w-c3", "output_clean:cookie", "We use cookies."),
        ("example", "typed_values", "a1", "x-1", "length:short_output", "0 characters, at least 1"),
    ]
    for subject, task, document, id, reason, detail in reasons:
        yield {"subject": subject, "task": task, "node": "earth", "document": document,
               "url": f"https://example.org/{document}", "id": id, "reason": reason,
               "detail": detail}  # fmt: skip


def _run(folder, full):
    opened = write_store(folder / "store" / "tiny")
    path = folder / "runs" / "tiny"
    atomic.write_bytes(path / "recipe.toml", b'name = "tiny"\ntaxonomy = "general"\n')
    run = Run.open(path)
    run.write_selection(selection())
    if full:
        run.write_part("annotations", 0, [dump_annotation(a) for a in annotations()])
        run.write_part("examples", 0, [dump_example(e) for e in examples()])
    run.write_part("rejected", 0, list(refused()))
    atomic.write_json(path / "manifest.json", manifest(opened, full))
    return run, opened


@pytest.fixture
def made_run(tmp_path):
    """A run with five examples in three splits, and its store."""
    return _run(tmp_path, full=True)


@pytest.fixture
def empty_run(tmp_path):
    """A run in which nothing was accepted."""
    return _run(tmp_path, full=False)


@pytest.fixture
def tiny_store(tmp_path):
    """A store of five documents, one of which means harm."""
    return write_store(tmp_path / "store" / "tiny")
