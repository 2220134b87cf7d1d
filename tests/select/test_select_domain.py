"""A domain by examples, by not-examples, by description, by a corpus to imitate; and a taxonomy in it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from miner import recipe
from miner.errors import RecipeError, SelectionError
from miner.select import Select, select
from miner.select.domain import domain_taxonomy, gate, posterior
from miner.select.settings import Domain
from miner.types import Document


def of_topic(made, topic: int, count: int) -> tuple[str, ...]:
    ids = [id for id, t in zip(made.corpus.ids, made.topics, strict=True) if t == topic]
    return tuple(f"id:{id}" for id in ids[:count])


def run(made, domain: Domain, **keys):
    settings = Select(domain=domain, **keys)
    return select(made.corpus, domain_taxonomy(domain), made.encoder, settings).nodes[0]


@pytest.mark.parametrize("count", [1, 5, 20])
def test_examples_find_their_like(world, count):
    made = world(topics=6, each=60, others=300)
    examples = of_topic(made, 2, count)
    node = run(made, Domain(examples=examples), per_node=30)
    assert len(node.chosen) >= 20
    assert np.mean([made.topic_of(c.document) == 2 for c in node.chosen]) >= 0.9
    assert not {f"id:{c.document}" for c in node.chosen + node.spares} & set(examples)


def test_the_share_of_the_domain_is_estimated(world):
    made = world(topics=6, each=60, others=300)
    found = gate(made.corpus, made.encoder, Domain(examples=of_topic(made, 2, 10)), 0.999)
    assert 0.04 < found.share < 0.2  # 60 of 660


def test_not_examples_push_away(world):
    made = world(topics=6, each=60, others=300)
    both = of_topic(made, 2, 5) + of_topic(made, 3, 5)
    wide = gate(made.corpus, made.encoder, Domain(examples=both), 0.999)
    against = Domain(examples=both, not_examples=of_topic(made, 3, 10))
    narrow = gate(made.corpus, made.encoder, against, 0.999)
    here = made.topics == 3
    assert narrow.probability[here].mean() < wide.probability[here].mean()


def test_a_description_alone(world):
    made = world(topics=6, each=60, others=300)
    node = run(made, Domain(description="Topic 4"), per_node=20)
    assert np.mean([made.topic_of(c.document) == 4 for c in node.chosen]) >= 0.9


def test_a_taxonomy_is_balanced_inside_the_domain(world):
    made = world(topics=4, each=60, others=100)
    domain = Domain(examples=of_topic(made, 0, 10) + of_topic(made, 1, 10), floor=0.3)
    settings = Select(per_node=10, domain=domain)
    selection = select(made.corpus, made.taxonomy, made.encoder, settings)
    filled = [len(node.chosen) for node in selection.nodes]
    assert min(filled[:2]) >= 8
    assert max(filled[2:]) <= 4
    reasons = [c.reason for c in selection.nodes[2].having("passed_over")]
    assert any(reason.startswith("outside_domain") for reason in reasons)


class Readable:
    """A corpus whose documents have words: those of a topic share some."""

    def __init__(self, made):
        self.corpus, self.topics = made.corpus, made.topics

    def __getattr__(self, name):
        return getattr(self.corpus, name)

    def iterate(self):
        for id, topic in zip(self.corpus.ids, self.topics, strict=True):
            words = f"word{topic} thing{topic} {id}" if topic >= 0 else f"other {id} matter"
            yield Document(id, f"{words} and some more")


def test_a_corpus_to_imitate(world, tmp_path):
    made = world(topics=6, each=60, others=300)
    target = tmp_path / "target.txt"
    target.write_text("\n".join(f"Topic 1 word1 thing1 {i} and some" for i in range(20)))
    found = dataclasses.replace(made, corpus=Readable(made))
    node = run(found, Domain(imitate=str(target)), per_node=20)
    assert np.mean([made.topic_of(c.document) == 1 for c in node.chosen]) >= 0.9


def test_examples_from_files(world, tmp_path):
    made = world(topics=6, each=60, others=300)
    lines = tmp_path / "a.txt"
    lines.write_text("Topic 4\n\nTopic 4 again\n")
    rows = tmp_path / "b.jsonl"
    rows.write_text('{"text": "Topic 4 once more"}\n')
    node = run(made, Domain(examples=(f"file:{lines}", f"file:{rows}")), per_node=20)
    assert np.mean([made.topic_of(c.document) == 4 for c in node.chosen]) >= 0.9


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("none.txt", None, "cannot be read"),
        ("a.jsonl", '{"text": "x"}\n{"txt": 1}\n', "a.jsonl, line 2: no JSON object with 'text'"),
    ],
)
def test_bad_files_of_examples(world, tmp_path, name, text, told):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(SelectionError, match=told):
        run(world(), Domain(examples=(f"file:{tmp_path / name}",)))


def test_an_unknown_example_and_an_empty_target(world, tmp_path):
    with pytest.raises(SelectionError, match="example 'id:d0x' is no document"):
        run(world(), Domain(examples=("id:d0x",)))
    (tmp_path / "empty.txt").write_text("\n\n")
    with pytest.raises(SelectionError, match="no text to imitate"):
        run(world(), Domain(imitate=str(tmp_path / "empty.txt")))


def test_a_domain_is_a_table_of_a_recipe():
    table = {"per_node": 3, "domain": {"examples": ["a", "b"], "floor": 0.7}}
    settings = recipe.build(Select, table, "r.toml [select]")
    assert settings.domain == Domain(examples=("a", "b"), floor=0.7)
    with pytest.raises(RecipeError, match="needs a description, examples"):
        recipe.build(Select, {"domain": {}}, "r.toml [select]")


def test_the_posterior_rises_with_the_score():
    rng = np.random.default_rng(0)
    score = np.sort(np.concatenate([rng.normal(0, 1, 900), rng.normal(3, 1, 100)]))
    probability, _, share = posterior((score - score.mean()) / score.std(), 2.2)
    assert (np.diff(probability) >= 0).all()
    assert 0.05 < share < 0.2
