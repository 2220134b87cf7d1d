"""Guidelines and schema batches: checked on reading, truthful in examples."""

from __future__ import annotations

import dataclasses
import json

import pytest
from finding_cases import attributes, entities, events, relations
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.compose import Compose, compose
from miner.compose.dice import Dice
from miner.compose.formats import round_trips
from miner.compose.guidelines import load
from miner.compose.schema import SIZES, batches, dropped, masked, one_batch
from miner.errors import RecipeError
from miner.recipe import shipped_folder
from miner.run import load_finding
from miner.types import Annotation, Document, Entities, Entity, Example, Span

TEXT = "In 1990 the bridge cost £3 million, 20% more than planned."
LABELS = ("date", "money", "percentage", "quantity")


def gold():
    def at(words, label):
        start = TEXT.index(words)
        return Entity(Span("d", start, start + len(words), words), label)

    items = (at("1990", "date"), at("£3 million", "money"), at("20%", "percentage"))
    finding = Entities(Span("d", 0, len(TEXT), TEXT), items, LABELS)
    return Annotation("a", "typed_values", "", ("d",), finding)


def examples(settings_, seeds=40):
    documents = {"d": Document("d", TEXT, language="en")}
    for seed in range(seeds):
        for result in compose(gold(), documents, settings_, seed):
            assert isinstance(result, Example), result
            yield result


@pytest.mark.parametrize(
    "path", sorted(shipped_folder("pipelines/guidelines").glob("*.toml")), ids=lambda p: p.stem
)
def test_shipped_guidelines_are_sound(path):
    guideline = load(str(path))
    assert guideline.name == path.stem
    assert len(guideline.labels) >= 4
    assert load(path.stem) == guideline


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


HEAD = 'name = "mine"\nkind = "entities"\n'


# Defect 28 (docs/defects.md): cryptic errors for schema files.
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + '[[labels]]\nname = "a"\ndefinitions = ["x"]\n[[labels]]\nname = "a"\ndefinitions = ["y"]\n', r"mine\.toml.*two labels are called 'a' \(line 7\)"),
        (HEAD + '[[labels]]\nname = "a"\ndefinitions = []\n', r"mine\.toml.*label 'a' has no 'definitions'"),
        (HEAD + '[[labels]]\nname = "a"\ndefinitions = ["x"]\nnear = ["b"]\n', r"near 'b' is no other label"),
        (HEAD + '[[labels]]\nname = "a"\ndefinitions = ["x"]\nexamples = ["p"]\ncounterexamples = ["p"]\n', r"'p' is an example and a counter-example \(line 6\)"),
        (HEAD + '[[labels]]\nname = "a"\ndefinitions = ["x"]\nroles = {agent = "who"}\n', r"entities have no roles"),
        (HEAD + '[[labels]]\nname = "a"\ndefinition = "x"\n', r"no option 'definition'.*did you mean 'definitions'.*line 5"),
        (HEAD.replace("entities", "events") + '[[labels]]\nname = "a"\ndefinitions = ["x"]\n', r"an event needs 'roles'"),
        (HEAD.replace("entities", "relations") + '[[labels]]\nname = "a"\ndefinitions = ["x"]\nroles = {owner = "who"}\n', r"no role 'owner'; allowed: head, tail \(line 6\)"),
        (HEAD.replace("entities", "entity"), r"did you mean 'entities'"),
    ],
)  # fmt: skip
def test_defect_28_a_faulty_guideline_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(RecipeError, match=message):
        load(write(tmp_path, text))


def test_an_unknown_guideline_fails_with_the_recipe():
    with pytest.raises(RecipeError, match="did you mean 'values'"):
        Compose(guidelines=("valuez",))


def test_a_guideline_explains_every_label_that_the_answer_may_have():
    for example in examples(
        Compose(guidelines=("values",), guideline_share=1, mask=0, preference_share=0)
    ):
        finding = load_finding(
            json.dumps({k: v for k, v in json.loads(example.annotation).items() if k != "id"})
        )
        assert example.guideline == "values"
        assert all(f"\n- {label}: " in example.instruction for label in finding.schema)
        assert {"date", "money", "percentage"} <= set(finding.schema)  # never dropped
        if example.format:
            assert round_trips(example.format, example.output, finding)


def test_masked_labels_keep_their_meaning_and_lose_their_name():
    for example in examples(
        Compose(guidelines=("values",), guideline_share=1, mask=1, preference_share=0)
    ):
        assert "LABEL_1" in example.instruction
        assert not any(f'"{label}"' in example.output for label in LABELS)


def test_guidelines_vary():
    made = {
        example.instruction
        for example in examples(Compose(guidelines=("values",), guideline_share=1))
    }
    assert len(made) >= 35


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [(13, 6, [6, 7]), (14, 6, [6, 8]), (15, 6, [6, 6, 3]), (9, 4, [4, 5]), (10, 4, [4, 4, 2]), (3, 1, [1, 1, 1]), (2, 6, [2])],
)  # fmt: skip
def test_batches_merge_a_small_rest(count, size, sizes):
    cut = batches([str(i) for i in range(count)], size)
    assert [len(batch) for batch in cut] == sizes
    assert [label for batch in cut for label in batch] == [str(i) for i in range(count)]


@settings(max_examples=100, deadline=None)
@given(st.one_of(entities(), relations(), attributes(), events()), st.integers(0, 99))
def test_a_batch_is_true_of_the_text(finding, seed):
    near = {label: tuple(finding.schema) for label in finding.schema}
    part = one_batch(finding, near, 0.3, Dice(seed))
    assert set(part.schema) <= set(finding.schema)
    assert part.items == tuple(i for i in finding.items if i.label in part.schema)
    smaller = dropped(part, 0.5, Dice(seed))
    assert smaller.items == part.items
    renamed, names = masked(part)
    assert len(renamed.items) == len(part.items)
    assert [names[i.label] for i in part.items] == [i.label for i in renamed.items]


def test_hard_negatives_come_first_and_batches_have_their_size():
    schema = tuple(f"t{i}" for i in range(30))
    span = Span("d", 0, 2, TEXT[:2])
    finding = Entities(Span("d", 0, len(TEXT), TEXT), (Entity(span, "t0"),), schema)
    for seed in range(30):
        part = one_batch(finding, {"t0": ("t7", "t9")}, 0, Dice(seed))
        assert len(part.schema) == SIZES[Entities]
        assert {"t0", "t7", "t9"} <= set(part.schema)
        empty = one_batch(finding, {}, 1, Dice(seed))
        assert empty.items == ()


def test_labels_without_near_ones_are_near_by_their_words():
    for name, label, near in (
        ("facts", "born in", "died in"),
        ("happenings", "appointment", "departure"),
        ("profile", "founding date", "date of birth"),
        ("values", "money", "percentage"),
    ):
        guideline = load(name)
        bare = dataclasses.replace(
            guideline, labels=tuple(dataclasses.replace(one, near=()) for one in guideline.labels)
        )
        assert near in bare.near[label]
        assert all(len(names) <= 3 and one not in names for one, names in bare.near.items())
        written = dict(guideline.near)
        assert all(written[one.name] == one.near for one in guideline.labels if one.near)
