"""Duplicates of what another index holds."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

from miner import upkeep
from miner.engine.local import Local
from miner.errors import ChangedError, StoreError
from miner.ingest import Deduplicate, ingest
from miner.sources.jsonl import JsonLines

sys.path.insert(0, str(Path(__file__).parent))
from corpus import card, text, write
from test_ingest import content

HERE = Local(0)


def records(path: Path, texts: dict[str, str]) -> Path:
    lines = [json.dumps({"id": id, "text": words}) for id, words in texts.items()]
    path.mkdir()
    (path / "new.jsonl").write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def other(tmp_path) -> Path:
    return ingest(card(write(tmp_path / "old", files=1)), tmp_path / "other", engine=HERE).path


def settings(folder: Path, *others: Path, **changes):
    sources = (JsonLines(name="new", path=str(folder), id="id"),)
    duplicates = Deduplicate(threshold=0.7, against=tuple(map(str, others)))
    return card(folder, sources=sources, deduplicate=duplicates, **changes)


def test_copies_and_near_copies_are_turned_away(tmp_path, other):
    near = text(3).split()
    near[-3] = "changed"
    far = random.Random(1).sample(text(4).split(), len(text(4).split()))
    texts = {
        "new": text(1000),
        "copy": text(1).upper(),
        "near": " ".join(near),
        "far": " ".join(far),  # the same words in another order share no five in a row
        "d5": text(2000),  # the id of another index is no reason
    }
    made = ingest(settings(records(tmp_path / "c", texts), other), tmp_path / "s", engine=HERE)
    assert made.ids == ["new", "far", "d5"]
    assert {row["id"]: (row["reason"], row["detail"]) for row in made.rejected()} == {
        "copy": ("duplicate:exact", f"of d1 in {other}"),
        "near": ("duplicate:near", f"of d3 in {other}"),
    }


def test_it_depends_neither_on_workers_nor_on_kills(tmp_path, other):
    texts = {f"n{n}": text(n * 2) for n in range(100)}
    folder = records(tmp_path / "c", texts)
    for name, engine in (("one", HERE), ("two", Local(2))):
        made = ingest(settings(folder, other), tmp_path / name, engine=engine)
        assert made.manifest["books"]["rejected"]["duplicate:exact"] > 10
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_deleted_documents_no_longer_count(tmp_path, other):
    folder = records(tmp_path / "c", {"copy": text(1)})
    ingest(settings(folder, other), tmp_path / "s", engine=HERE)
    upkeep.delete(other, ["d1"])
    with pytest.raises(ChangedError, match=r"deduplicate\.against"):
        ingest(settings(folder, other), tmp_path / "s", engine=HERE)
    assert ingest(settings(folder, other), tmp_path / "t", engine=HERE).ids == ["copy"]


def test_what_is_no_index_is_named(tmp_path, other):
    folder = records(tmp_path / "c", {"copy": text(1)})
    with pytest.raises(StoreError, match="nowhere"):
        ingest(settings(folder, tmp_path / "nowhere"), tmp_path / "s", engine=HERE)
