"""Every corpus of the shared data is indexed by the card that `miner peek` proposes, or a line more."""

from __future__ import annotations

from pathlib import Path

import pytest

from miner import recipe
from miner.engine.local import Local
from miner.ingest import Card, ingest
from miner.sources.peek import peek

SHARED = Path(__file__).parents[3] / "shared" / "data"
LIMIT = 300

CORPORA: dict[str, tuple[str, dict[str, str], int, set[str]]] = {
    # path: what the card says beyond what was proposed, documents at least, reasons that must occur
    "c4/c4-en.jsonl": ("", {}, 250, {"length:too_short"}),
    "wikipedia/simplewiki-full.jsonl.gz": ("", {}, 150, {"no_text", "length:too_short"}),
    "wikipedia/simplewiki-5k.jsonl.gz": ("", {}, 200, {"no_text"}),
    "wikipedia/simplewiki-5k-vital-topics.jsonl": ("", {"text": "title"}, 0, {"length:too_short"}),
    "wikipedia/enwiki-1039.jsonl.gz": ("", {}, 250, set()),
    "wikipedia/enwiki-pages-articles-206.xml.bz2": ("", {}, 100, {"redirect"}),
    "wikipedia/zhwiki-sample.jsonl.gz": ("", {}, 10, {"length:too_short"}),
    "web": ("", {}, 250, set()),
    "html/article-extraction-benchmark": ("", {}, 175, set()),
    "warc": ("", {}, 20, {"http_status", "wrong_length", "unknown_record"}),
    "nlu/boolq.jsonl": ("", {}, 200, set()),
    "nlu/xquad": ("json", {"records": "data.paragraphs", "text": "context"}, 200, set()),
    "nlu/redocred": ("", {"text": "title"}, 0, {"length:too_short"}),
    "nlu/wnut17": ("text", {"suffixes": [".conll", ".annotated"]}, 1, set()),
    "nlu/wikigold": ("", {}, 1, set()),
    "taxonomies/openalex_topic_subfield_mapping.csv": (
        "",
        {"text": "topic_name"},
        0,
        {"length:too_short"},
    ),
    "taxonomies/iab-content-taxonomy-3.1.tsv": ("", {}, 0, set()),
    "taxonomies/weborganizer-topics.json": ("", {"text": "domain_description"}, 0, set()),
    "decontamination": ("", {}, 50, {"length:too_short"}),
    "dirty/ftfy-cases": ("", {"text": "original"}, 0, {"length:too_short"}),
    "dirty/ldnoobw": ("text", {"suffixes": [""]}, 1, set()),
    "dirty/prompt-injection-bipia-train.json": ("json", {"records": "*"}, 0, {"length:too_short"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", CORPORA)
def test_it_is_indexed_and_its_books_balance(path, tmp_path):
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not here")
    kind, more, least, reasons = CORPORA[path]
    table = {"name": "c", "sources": [{"kind": kind, "path": str(SHARED / path)}]}
    if not kind:
        proposed = peek(str(SHARED / path)).card()
        (tmp_path / "card.toml").write_text(proposed)
        table = recipe.read_toml(tmp_path / "card.toml")
    table["sources"][0] |= more
    table |= {
        "clean": [{"kind": "repair"}, {"kind": "length", "min_chars": 200}],
        "encoder": {"kind": "hashing"},
        "limit": LIMIT,
    }
    made = ingest(recipe.build(Card, table, path), tmp_path / "store", engine=Local(0))
    books = made.manifest["books"]
    assert 0 < books["read"] == books["kept"] + sum(books["rejected"].values())
    assert books["kept"] == len(made) == len(list(made.iterate())) >= least
    assert reasons <= books["rejected"].keys()
    assert sum(1 for _ in made.rejected()) == sum(books["rejected"].values())
