"""Tasks without a model on real documents: yield per 1,000 documents, and documents a second.

    python tests/benchmarks/bench_tasks.py

The baseline of the speed is segmenting the same documents into sentences. Topic needs memberships,
so it is seen in the quick start's report instead.
"""

from __future__ import annotations

import gzip
import importlib
import json
import time
import zlib
from collections import Counter
from pathlib import Path

from miner.text import sentences
from miner.types import Case, Document, Membership, Node, Rejected, Taxonomy

DATA = Path(__file__).parent.parent.parent.parent / "shared" / "data"
KINDS = ("write_document", "definition", "section_questions", "typed_values", "keyphrases", "cloze")
NODE = Node("n", "Anything")
TAXONOMY = Taxonomy("t", (NODE,))


def corpora() -> dict[str, list[Document]]:
    """Simple English Wikipedia and C4, as they come, without cleaning."""
    with gzip.open(DATA / "wikipedia/simplewiki-5k.jsonl.gz", "rt", encoding="utf-8") as lines:
        wiki = [
            Document(r["id"], r["text"], url=r["url"], title=r["title"], language="en")
            for r in map(json.loads, lines)
        ]
    with (DATA / "c4/c4-en.jsonl").open(encoding="utf-8") as lines:
        c4 = [
            Document(r["url"], r["text"], url=r["url"], language="en")
            for r in map(json.loads, lines)
        ]
    return {"simplewiki-5k": wiki[:2000], "c4-en": c4}


def mined(task: object, document: Document) -> list[object]:
    """What a task returns that never asks."""
    seed = zlib.crc32(document.id.encode())
    mining = task.mine(
        Case(document, NODE, TAXONOMY, Membership(document.id, "n", 0.95, 2.0), seed)
    )
    try:
        next(mining)
    except StopIteration as stop:
        return stop.value
    raise AssertionError


def main() -> None:
    """Print one table a corpus."""
    if not DATA.is_dir():
        print(f"real corpora are not at {DATA}")
        return
    for name, documents in corpora().items():
        start = time.process_time()
        for document in documents:
            sentences(document.text, "en")
        base = len(documents) / (time.process_time() - start)
        print(f"{name}: {len(documents)} documents; sentences alone: {base:,.0f} documents/s")
        print(
            f"{'task':<20}{'per 1,000':>10}{'docs/s':>9}{'of base':>9}  commonest reasons for none"
        )
        for kind in KINDS:
            task = importlib.import_module(f"miner.tasks.{kind}").PART()
            found, reasons = 0, Counter()
            start = time.process_time()
            for document in documents:
                for item in mined(task, document):
                    if isinstance(item, Rejected):
                        reasons[item.reason] += 1
                    else:
                        found += 1
            rate = len(documents) / (time.process_time() - start)
            why = ", ".join(f"{r} {n}" for r, n in reasons.most_common(3))
            print(
                f"{kind:<20}{found * 1000 / len(documents):>10.0f}{rate:>9,.0f}{rate / base:>9.2f}  {why}"
            )


if __name__ == "__main__":
    main()
