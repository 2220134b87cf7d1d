"""Preference rules: idempotent, grounded, in agreement with their sentence, and worth having."""

from __future__ import annotations

import pytest
from finding_cases import FINDINGS
from hypothesis import given, settings

from miner.checks.findings import spans
from miner.compose import Compose
from miner.compose.choosing import prefer, written
from miner.compose.content import content_of
from miner.compose.dice import Dice
from miner.compose.formats import round_trips
from miner.compose.preferences import applicable, preference_named, preferences
from miner.errors import RecipeError
from miner.types import Answers, Entities, Entity, Labels, Rejected, Span

TEXT = 'In 1862 President Abraham Lincoln read the poem "Ulysses" to his wife. Lincoln\'s wife, Lincoln said, slept in the car.'
WHOLE = Span("d", 0, len(TEXT), TEXT)


def at(words, nth=0):
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(words, start + 1)
    return Span("d", start, start + len(words), words)


def entities(*words, schema=("person", "thing", "place")):
    items = tuple(Entity(at(w) if isinstance(w, str) else at(*w), "person") for w in words)
    return Entities(WHOLE, items, schema)


def answer(*words):
    return Answers(WHOLE, "What?", tuple(at(w) if isinstance(w, str) else at(*w) for w in words))


def texts(finding):
    rows = content_of(finding).records
    return [row[-1] for row in rows]


CASES = [
    ("no_determiner", entities("the poem", "his wife"), ["poem", "wife"]),
    ("with_determiner", entities("poem", "wife"), ["the poem", "his wife"]),
    ("no_title", entities("President Abraham Lincoln"), ["Abraham Lincoln"]),
    ("with_title", entities("Abraham Lincoln", "poem"), ["President Abraham Lincoln", "poem"]),
    ("no_possessive", entities("Lincoln's"), ["Lincoln"]),
    ("with_possessive", entities(("Lincoln", 1)), ["Lincoln's"]),
    ("no_quotes", entities('"Ulysses"'), ["Ulysses"]),
    ("with_quotes", entities("Ulysses"), ['"Ulysses"']),
    ("no_end_mark", answer("wife."), ["wife"]),
    ("with_end_mark", answer("wife"), ["wife."]),
    ("whole_words", answer("lysse"), ['"Ulysses"']),
    ("whole_sentence", answer("Ulysses"), [TEXT.split(". ", maxsplit=1)[0] + "."]),
    ("all_mentions", entities("wife", "Lincoln"), ["Lincoln", "wife"]),
    ("first_mentions", entities("Lincoln", ("Lincoln", 1), "wife"), ["Lincoln", "wife"]),
    ("distinct_ignoring_case", entities("In", ("in", 0), "wife"), ["In", "wife"]),
    ("alphabetical", entities("wife", "Lincoln", "car"), ["car", "Lincoln", "wife"]),
    ("from_the_end", entities("Lincoln", "wife", "car"), ["car", "wife", "Lincoln"]),
    ("longest_first", entities("car", "Lincoln"), ["Lincoln", "car"]),
    ("shortest_first", entities("Lincoln", "car"), ["car", "Lincoln"]),
    ("one_per_label", entities("wife", "Lincoln"), ["Lincoln"]),
    ("at_most_three", entities("1862", "poem", "wife", "car"), ["1862", "poem", "wife"]),
    ("at_most_five", entities("1862", "poem", "wife", "car", "slept", "said"), ["1862", "poem", "wife", "slept", "said"]),
    ("outermost", entities("Abraham Lincoln", "Lincoln"), ["Abraham Lincoln"]),
    ("innermost", entities("Abraham Lincoln", "Lincoln"), ["Lincoln"]),
    ("several_words", entities("Abraham Lincoln", "car"), ["Abraham Lincoln"]),
    ("with_letters", entities("1862", "car"), ["car"]),
    ("first_occurrence", answer(("Lincoln", 2)), ["Lincoln"]),
    ("no_preposition", answer("in the car"), ["the car"]),
]  # fmt: skip


@pytest.mark.parametrize(("id", "finding", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_each_rule_does(id, finding, expected):
    rule = preference_named(id)
    changed = rule.apply(finding)
    assert texts(changed) == expected
    assert rule.apply(changed) == changed
    assert all(span.holds(TEXT) for span in spans(changed))


def test_rules_on_labels():
    finding = entities("Lincoln", schema=("creative-work", "person", "Birth place"))
    assert preference_named("upper_labels").apply(finding).schema == (
        "CREATIVE-WORK",
        "PERSON",
        "BIRTH PLACE",
    )
    assert preference_named("snake_labels").apply(finding).schema == (
        "creative_work",
        "person",
        "birth_place",
    )
    assert preference_named("lower_labels").apply(finding).items[0].label == "person"
    assert preference_named("sorted_labels").apply(finding).schema == (
        "Birth place",
        "creative-work",
        "person",
    )
    several = Labels(WHOLE, ("b", "a"), ("a", "b", "c"), multiple=True)
    assert preference_named("single_label").apply(several).labels == ("a",)
    assert preference_named("labels_as_listed").apply(several).labels == ("a", "b")


@pytest.mark.parametrize(
    ("id", "output"),
    [
        ("absent_null", '{"person": ["Lincoln"], "thing": null, "place": null}'),
        ("absent_nan", '{"person": ["Lincoln"], "thing": "NAN", "place": "NAN"}'),
        ("absent_left_out", '{"person": ["Lincoln"]}'),
        ("absent_list", '{"person": ["Lincoln"], "thing": [], "place": []}'),
    ],
)
def test_what_stands_for_what_is_not_there(id, output):
    finding = entities("Lincoln")
    settings_ = Compose(preferences=(id,), preference_share=1, formats=("json_by_label",))
    preferred = prefer(finding, settings_, "en", Dice("x"))
    assert preferred.ids == (id,)
    assert written(preferred, settings_, Dice("y")) == ("json_by_label", output)
    assert round_trips("json_by_label", output, finding)


def test_there_are_rules_enough_and_each_is_tested():
    tested = {case[0] for case in CASES}
    others = {
        r
        for r in preferences()
        if r.endswith("labels") or r.startswith("absent") or r == "single_label"
    }
    assert len(preferences()) >= 20
    assert tested | others | {"labels_as_listed"} == set(preferences())
    assert all(len(rule.sentences) >= 2 for rule in preferences().values())


@settings(max_examples=200, deadline=None)
@given(FINDINGS)
def test_every_rule_is_idempotent_and_keeps_spans_true(finding):
    text = finding.text.text
    for rule in applicable(finding, "en"):
        changed = rule.apply(finding)
        assert rule.apply(changed) == changed, rule.id
        assert all(span.holds(text) for span in spans(changed)), rule.id


@settings(max_examples=150, deadline=None)
@given(FINDINGS)
def test_stated_rules_hold_together_and_their_answer_reads_back(finding):
    wanted = Compose(preference_share=1, max_preferences=3)
    for seed in range(4):
        preferred = prefer(finding, wanted, "en", Dice(seed))
        assert len({rule.group for rule in preferred.rules}) == len(preferred.rules)
        assert len(preferred.sentences) == len(preferred.rules)
        assert all(rule.apply(preferred.finding) == preferred.finding for rule in preferred.rules)
        result = written(preferred, wanted, Dice(seed, "format"))
        if not isinstance(result, Rejected):
            assert round_trips(*result, preferred.finding)


def test_a_list_is_never_emptied():
    finding = Entities(
        WHOLE, (Entity(at("car"), "person"), Entity(at("wife"), "person")), ("person",)
    )
    wanted = Compose(preferences=("several_words",), preference_share=1)
    assert prefer(finding, wanted, "en", Dice("x")).finding == finding


def test_an_unknown_rule_is_named_with_its_nearest():
    with pytest.raises(RecipeError, match="did you mean 'alphabetical'"):
        Compose(preferences=("alfabetical",))
