"""What travels with the package can be used: cards and recipes build, taxonomies and texts load."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from miner.recipe import shipped_folder

CARDS = sorted(shipped_folder("indexes").glob("*.toml"))
RECIPES = sorted(shipped_folder("pipelines").glob("*.toml"))
TAXONOMIES = sorted(shipped_folder("pipelines/taxonomies").glob("*.toml"))
SAMPLE = Path(__file__).parent.parent / "miner" / "sample"


@pytest.mark.parametrize("path", CARDS, ids=lambda p: p.stem)
def test_card_builds(path: Path) -> None:
    from miner.ingest import Card

    card = Card.read(path)
    assert card.name == path.stem
    assert card.sources


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_recipe_builds(path: Path) -> None:
    from miner.job import Recipe

    recipe = Recipe.read(path)
    assert recipe.name == path.stem
    assert recipe.tasks


@pytest.mark.parametrize("path", TAXONOMIES, ids=lambda p: p.stem)
def test_taxonomy_loads(path: Path) -> None:
    from miner.taxonomy.load import load

    taxonomy = load(path)
    assert taxonomy.name == path.stem
    assert len({node.id for node in taxonomy.nodes}) == len(taxonomy)
    for node in taxonomy.nodes:
        assert 30 <= len(node.description.split()) <= 80, node.id
    for leaf in taxonomy.leaves:
        assert leaf.terms, leaf.id


def test_every_shipped_file_is_commented() -> None:
    for path in CARDS + RECIPES + TAXONOMIES:
        assert path.read_text(encoding="utf-8").startswith("# "), path.name


def test_sample_is_small_attributed_and_as_dirty_as_its_notice_says() -> None:
    read = {name: _read(SAMPLE / f"{name}.jsonl.gz") for name in ("simplewiki", "c4")}
    assert sum(p.stat().st_size for p in SAMPLE.iterdir() if p.is_file()) <= 1_000_000
    wiki, c4 = read["simplewiki"], read["c4"]
    assert (len(wiki), len(c4)) == (600, 200)
    assert all(set(row) == {"id", "url", "title", "text"} for row in wiki)
    assert all(set(row) == {"text", "timestamp", "url"} for row in c4)
    assert all(row["url"].startswith("http") for row in wiki + c4)
    texts = [row["text"] for row in wiki if row["text"]]
    assert sum(not row["text"] for row in wiki) == 20
    assert len(texts) - len(set(texts)) >= 15
    assert max(map(len, texts)) > 15_000


def _read(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    assert raw[4:8] == b"\0\0\0\0", f"{path.name} carries a time stamp"
    return [json.loads(line) for line in gzip.decompress(raw).decode("utf-8").splitlines()]
