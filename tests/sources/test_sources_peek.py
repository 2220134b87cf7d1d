"""Looking at a corpus before it is indexed: the kind, the columns, a card that works."""

from __future__ import annotations

import gzip
import json
import tomllib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from miner import recipe
from miner.errors import SourceError
from miner.sources.peek import peek
from miner.types import Source

TEXT = "The river rises in the hills and runs for ninety miles to the sea. " * 3


def proposed(path) -> dict:
    card = tomllib.loads(peek(str(path)).card("en"))
    [source] = card["sources"]
    kind = source.pop("kind")
    built = recipe.build(recipe.find(Source, kind), source, "card.toml")
    assert any(True for file in built.files() for _ in built.read(file))
    return {"kind": kind, **source}


def test_columns_are_told_by_name_type_and_length(tmp_path):
    rows = [
        {"doc_id": i, "content": TEXT, "published": "2020", "headline": "A", "n": [1]}
        for i in range(3)
    ]
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    (tmp_path / "LICENSE").write_text("x")
    found = peek(str(tmp_path))
    assert (found.kind, len(found.documents), dict(found.others)) == ("jsonl", 3, {"LICENSE": 1})
    assert {c.name: c.types for c in found.columns}["n"] == "list"
    source = proposed(tmp_path)
    assert source["text"] == "content"
    assert (source["id"], source["title"], source["timestamp"]) == (
        "doc_id",
        "headline",
        "published",
    )
    assert source["values"] == {"language": "en"}


def test_pages_in_a_column_are_extracted(tmp_path):
    page = f"<html><body><article><p>{TEXT}</p></article></body></html>"
    pq.write_table(pa.table({"body": [page], "x": [1]}), tmp_path / "a.parquet")
    assert proposed(tmp_path)["html"] == "body"


def test_a_column_of_any_name_is_the_text_if_it_is_the_longest(tmp_path):
    (tmp_path / "a.csv").write_text(f"code,words\nx,{TEXT}\n")
    assert proposed(tmp_path)["text"] == "words"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", TEXT, "text"),
        ("a.html", "<html><body><p>x</p></body></html>", "html"),
        ("a.xml", '<mediawiki xml:lang="en"><page></page>', "wikipedia_dump"),
        (
            "Posts.xml",
            '<?xml version="1.0"?>\n<posts>\n<row Id="1" PostTypeId="5" />\n',
            "stack_exchange",
        ),
        ("a.warc", "nothing like it", "warc"),
        ("a.jsonl", "", "jsonl"),
        ("a.parquet", "PAR", "parquet"),
    ],
)
def test_kinds_are_told_by_endings_and_beginnings(tmp_path, name, content, kind):
    (tmp_path / name).write_text(content)
    assert peek(str(tmp_path)).kind == kind
    assert proposed(tmp_path)["kind"] == kind


def test_nothing_to_read(tmp_path):
    (tmp_path / "a.xyz").write_text("x")
    with pytest.raises(SourceError, match=r"no source reads \.xyz"):
        peek(str(tmp_path))
    with pytest.raises(SourceError, match="no such file"):
        peek(str(tmp_path / "b"))


@pytest.mark.parametrize("options", [[], ["--card"], ["--json"]])
def test_the_verb(tmp_path, options):
    from typer.testing import CliRunner

    from miner.cli import app

    (tmp_path / "a.jsonl").write_text(
        json.dumps({"text": TEXT, "odd": "[red]\x1b[31m"}) + "\n{bad\n"
    )
    result = CliRunner().invoke(app, ["peek", str(tmp_path / "a.jsonl"), *options])
    assert result.exit_code == 0, result.output
    assert "jsonl" in result.output
    assert "\x1b[31m" not in result.output
    if options == ["--json"]:
        assert json.loads(result.output)["rejected"] == {"unreadable_line": 1}
