"""JSON files that are one value."""

from __future__ import annotations

import json

import pytest

from miner.sources.json import Json
from miner.sources.peek import peek
from miner.types import Document


def source(tmp_path, value, **settings) -> Json:
    (tmp_path / "f.json").write_text(value if isinstance(value, str) else json.dumps(value))
    return Json(path=str(tmp_path), **settings)


def found(source: Json, start: int = 0) -> list[tuple[int, str]]:
    rows = (row for file in source.files() for row in source.read(file, start))
    return [
        (r.number, r.content.text if isinstance(r.content, Document) else r.content.reason)
        for r in rows
    ]


SQUAD = {"data": [{"paragraphs": [{"context": "one"}, {"context": "two"}]},
                  {"paragraphs": [{"context": "three"}]}, {"title": "none"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "settings", "expected"),
    [
        ([{"text": "a"}, {"text": ""}, "b", 3], {}, ["a", "no_text", "b", "not_a_record"]),
        (SQUAD, {"records": "data.paragraphs", "text": "context"}, ["one", "two", "three"]),
        ({"x": ["a", "b"], "y": ["c"]}, {"records": "*"}, ["a", "b", "c"]),
        ([], {}, ["empty_file"]),
        ({"data": []}, {"records": "dta"}, ["empty_file"]),
        ("[1, 2", {}, ["unreadable_file"]),
        ("[" * 100_000, {}, ["unreadable_file"]),
        ([{"text": "a" * 100}], {"max_bytes": 50}, ["file_too_long"]),
    ],
)
def test_what_is_found(tmp_path, value, settings, expected):
    assert found(source(tmp_path, value, **settings)) == list(enumerate(expected))


def test_reading_from_the_middle(tmp_path):
    one = source(tmp_path, [{"text": str(n)} for n in range(5)])
    assert found(one, 3) == [(3, "3"), (4, "4")]


def test_a_card_is_proposed(tmp_path):
    source(tmp_path, [{"doc_id": "1", "content": "Some words about lava and rivers."}])
    seen = peek(str(tmp_path))
    assert seen.kind == "json"
    assert seen.settings == {"path": str(tmp_path), "id": "doc_id", "text": "content"}
    assert len(seen.documents) == 1
