"""A sample of a given size: which documents it holds depends on their ids and the seed alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from miner.engine.local import Local
from miner.errors import ChangedError
from miner.ingest import ingest
from miner.sources.jsonl import JsonLines

sys.path.insert(0, str(Path(__file__).parent))
from corpus import card, write
from test_ingest import content

HERE = Local(0)


def ids(folder: Path, store: Path, **changes) -> list[str]:
    return ingest(card(folder, **changes), store, engine=HERE).ids


@pytest.fixture
def folder(tmp_path) -> Path:
    return write(tmp_path / "corpus", files=2)


def test_so_many_are_kept_and_the_others_counted(folder, tmp_path):
    made = ingest(card(folder, sample=20), tmp_path / "s", engine=HERE)
    books = made.manifest["books"]
    assert len(made) == 20
    assert books["read"] == 120 == 20 + sum(books["rejected"].values())
    assert books["rejected"]["not_sampled"] > 50
    assert {row["detail"] for row in made.rejected("not_sampled")} == {""}
    assert len(ids(folder, tmp_path / "all", sample=1000)) > 90


def test_a_larger_sample_holds_the_smaller_one_and_another_seed_another(folder, tmp_path):
    small, large = (set(ids(folder, tmp_path / str(n), sample=n)) for n in (20, 40))
    assert small < large
    assert set(ids(folder, tmp_path / "seed", sample=20, seed=1)) != small
    with pytest.raises(ChangedError, match="seed was 1, is 2"):
        ids(folder, tmp_path / "seed", sample=20, seed=2)


def test_neither_workers_nor_the_order_of_files_matter(folder, tmp_path):
    small = ids(folder, tmp_path / "s", sample=20)
    ingest(card(folder, sample=20), tmp_path / "t", engine=Local(2))
    assert content(tmp_path / "t") == content(tmp_path / "s")
    other = tmp_path / "other"
    other.mkdir()
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        (other / f"{number}.jsonl").write_bytes(path.read_bytes())
    sources = (JsonLines(name="small", path=str(other), id="id"),)
    moved = ids(other, tmp_path / "u", sample=20, sources=sources)
    assert len(set(small) - set(moved)) <= 2  # of copies the first stays, and that is another one


def test_a_sample_is_not_updated(folder, tmp_path):
    ids(folder, tmp_path / "s", sample=20)
    write(folder, files=3)
    with pytest.raises(ChangedError, match="a sample cannot be updated"):
        ingest(card(folder, sample=20), tmp_path / "s", update=True, engine=HERE)
