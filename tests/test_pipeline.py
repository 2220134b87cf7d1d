"""A trained spaCy pipeline that a recipe names is used where it helps; a real one, trained here."""

from __future__ import annotations

import dataclasses

import pytest
import spacy
from sample_recipe import sample_recipe
from spacy.tokens import Doc
from spacy.training import Example

from miner.compose.preferences import applicable
from miner.errors import RecipeError
from miner.job import mine
from miner.run import Run
from miner.text import noun_phrases, verb_and_noun
from miner.types import Document, Entities, Entity

SENTENCES = [
    ("Write a short article", "VERB DET ADJ NOUN", [0, 3, 3, 0], "ROOT det amod dobj"),
    ("Describe the old town", "VERB DET ADJ NOUN", [0, 3, 3, 0], "ROOT det amod dobj"),
    ("The red fox eats small mice", "DET ADJ NOUN VERB ADJ NOUN", [2, 2, 3, 3, 5, 3], "det amod nsubj ROOT amod dobj"),
    ("Doctor Marie Curie eats small mice", "NOUN PROPN PROPN VERB ADJ NOUN", [2, 2, 3, 3, 5, 3], "compound compound nsubj ROOT amod dobj"),
    ("The old town holds a market", "DET ADJ NOUN VERB DET NOUN", [2, 2, 3, 3, 5, 3], "det amod nsubj ROOT det dobj"),
]  # fmt: skip


TAGGER = {
    "@architectures": "spacy.Tagger.v2",
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 32,
        "depth": 1,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    },
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A tagger and parser that know four sentences by heart, and a rule for one name."""
    engine = spacy.blank("en")
    engine.add_pipe("morphologizer", config={"model": TAGGER})
    engine.add_pipe("parser", config={"min_action_freq": 1})
    examples = []
    for text, tags, heads, dependencies in SENTENCES:
        words = text.split()
        gold = Doc(engine.vocab, words, pos=tags.split(), heads=heads, deps=dependencies.split())
        examples.append(Example(Doc(engine.vocab, words), gold))
    spacy.util.fix_random_seed(0)
    optimiser = engine.initialize(lambda: examples)
    for _ in range(40):
        engine.update(examples, sgd=optimiser)
    ruler = engine.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Marie Curie"}])
    folder = tmp_path_factory.mktemp("pipeline")
    engine.to_disk(folder)
    return str(folder)


def test_noun_phrases_and_names(pipeline):
    text = "The red fox eats small mice. Marie Curie"
    found = [text[a:b] for a, b in noun_phrases(text, pipeline)]
    assert {"red fox", "small mice", "Marie Curie"} <= set(found)


def test_verb_and_noun(pipeline):
    assert verb_and_noun("Write a short article", pipeline) == ("write", "article")
    assert verb_and_noun("", pipeline) == ("", "")


def test_a_run_uses_it(pipeline, sample_store, tmp_path):
    job = sample_recipe(pipeline=pipeline, select__per_node=3)
    run = mine(job, sample_store, Run(tmp_path / "run"))
    with_it = [a.id for a in run.annotations() if a.task == "keyphrases"]
    plain = dataclasses.replace(job, pipeline="")
    other = mine(plain, sample_store, Run(tmp_path / "plain"))
    assert len(with_it) <= len([a for a in other.annotations() if a.task == "keyphrases"])
    assert "Root verb and its object" in (run.path / "report.html").read_text()
    assert "Root verb and its object" not in (other.path / "report.html").read_text()


@pytest.mark.parametrize(
    ("id", "before", "after"),
    [
        ("no_determiner", "The red fox", "red fox"),
        ("no_determiner", "red fox", "red fox"),
        ("no_determiner", "The", "The"),
        ("with_determiner", "red fox", "The red fox"),
        ("with_determiner", "small mice", "small mice"),
        ("no_title", "Doctor Marie Curie", "Marie Curie"),
        ("with_title", "Marie Curie", "Doctor Marie Curie"),
        ("with_title", "small mice", "small mice"),
    ],
)
def test_rules_on_determiners_and_titles_ask_it(pipeline, id, before, after):
    text = "The red fox eats small mice. Doctor Marie Curie eats small mice"
    document = Document("d", text, language="de")  # whatever language the pipeline is of
    start = text.index(before)
    finding = Entities(
        document.span(0, len(text)),
        (Entity(document.span(start, start + len(before)), "x"),),
        ("x",),
    )
    assert id not in {rule.id for rule in applicable(finding, "de")}
    (rule,) = (rule for rule in applicable(finding, "de", pipeline) if rule.id == id)
    changed = rule.apply(finding)
    assert changed.items[0].span.text == after
    assert changed.items[0].span.holds(text)
    assert rule.apply(changed) == changed


def test_one_that_is_not_installed():
    with pytest.raises(RecipeError, match="pipeline 'en_none' is not installed"):
        noun_phrases("x", "en_none")
