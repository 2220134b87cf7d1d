from __future__ import annotations

import gzip
import json

import pytest
from task_cases import VOLCANO

from miner.types import Document


@pytest.fixture
def volcano():
    return Document("v", VOLCANO, title="Volcano", language="en")


@pytest.fixture(scope="session")
def wiki(shared):
    path = shared / "wikipedia/simplewiki-5k.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Document(r["id"], r["text"], url=r["url"], title=r["title"], language="en")
        for r in rows[:400]
    ]
