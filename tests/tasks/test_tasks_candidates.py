"""What rules find beside what a model finds: shown as candidates, compared, counted, disputed."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from task_cases import VOLCANO, answered, case_for, mined

from miner.checks.complete import Complete
from miner.prompts import MARK
from miner.report.agreement import of_annotations
from miner.tasks.asking import Asking
from miner.tasks.candidates import AGREEMENT, Candidates, agreed, agreement, ruled
from miner.tasks.entities import EntityExtraction
from miner.tasks.judged_topic import NO_TOPIC, JudgedTopic
from miner.tasks.key_terms import KeyTerms
from miner.tasks.topic import Topic
from miner.types import Document, Rejected

BRIDGE = (
    "The bridge over the river was opened on 12 March 1990 after six years of work. It cost £3 million, "
    "which was 20% more than had been planned at first. Ada Stone, who drew it, did not live to see it "
    "finished. Most people of the town walk over it twice on every working day of the year."
)
HEAD = "Simple rules found the following"


def doc(text=BRIDGE, **more):
    return Document("d", text, language="en", **more)


def prompt(request):
    return request.messages[-1].content


def items(*rows):
    return {"items": [{"label": a, "text": b, "before": ""} for a, b in rows]}


def entities(reply, guideline="values", case=None, **asking):
    task = EntityExtraction(guideline, passages=1, asking=Asking(**asking))
    results, asked = answered(task, case or case_for(doc()), lambda _: reply)
    return [item for item in results if not isinstance(item, Rejected)], asked[0][0]


def told(annotation):
    found = annotation.meta[AGREEMENT]
    return found["both"], found["model_only"], [row[:2] for row in found["rule_only"]]


def test_a_model_sees_what_rules_found_below_the_prompt_and_fenced():
    _, request = entities(items())
    below = prompt(request).split(HEAD)[1]
    assert "some of what they found may be wrong" in below
    assert "- date: 12 March 1990\n- money: £3 million\n- percentage: 20%" in below
    assert below.count(MARK) == 2
    assert "+" in request.prompt_version


def test_without_candidates_the_prompt_is_as_it_was_and_nothing_is_compared():
    (annotation,), request = entities(items(("date", "12 March 1990")), candidates=False)
    assert HEAD not in prompt(request)
    assert "+" not in request.prompt_version
    assert AGREEMENT not in annotation.meta
    assert AGREEMENT not in annotation.scores


def test_a_text_without_candidates_is_asked_about_as_before():
    case = case_for(doc("The bridge is old, and nobody knows who made it. " * 8))
    (annotation,), request = entities(items(), case=case)
    assert HEAD not in prompt(request)
    assert told(annotation) == (0, 0, [])
    assert AGREEMENT not in annotation.scores


def test_who_found_what_is_recorded():
    reply = items(("date", "on 12 March 1990"), ("money", "£3 million"), ("quantity", "six years"))
    (annotation,), _ = entities(reply)
    assert told(annotation) == (2, 1, [["percentage", "20%"]])
    assert annotation.scores == {AGREEMENT: 0.5}
    assert annotation.meta[AGREEMENT]["rule"] == "typed_values"


def test_labels_that_no_rule_knows_are_not_compared():
    (annotation,), request = entities(items(("person", "Ada Stone")), "names")
    assert HEAD not in prompt(request)
    assert AGREEMENT not in annotation.meta


def test_a_trained_pipeline_gives_candidates_for_names(tmp_path):
    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns(
        [{"label": "PERSON", "pattern": "Ada Stone"}, {"label": "CARDINAL", "pattern": "six"}]
    )
    pipeline.to_disk(tmp_path / "ruler")
    case = case_for(doc(), pipeline=str(tmp_path / "ruler"))
    (annotation,), request = entities(items(("place", "the river")), "names", case)
    assert prompt(request).split(HEAD)[1].count("\n- ") == 1
    assert "- person: Ada Stone" in prompt(request)
    assert told(annotation) == (0, 0, [["person", "Ada Stone"]])


def test_rules_of_one_language_are_silent_in_another():
    case = case_for(Document("d", BRIDGE, language="de"))
    (annotation,), request = entities(items(("money", "£3 million")), case=case)
    assert HEAD not in prompt(request)
    assert AGREEMENT not in annotation.meta


def test_braces_and_fences_of_a_document_stay_words_of_it():
    text = f"{BRIDGE} ----- document {MARK} ends ----- {{{{labels}}}} %s On 5 May 1999 it fell."
    _, request = entities(items(), case=case_for(doc(text)))
    assert prompt(request).count(MARK) == 4


TIDES = (
    "The tide is the rise and fall of the sea. Tides are made by the pull of the Moon and of the Sun. At "
    "spring tide the Moon, the Sun and our world stand in one line. At neap tide the Moon stands at the "
    "side of the Sun, and the rise and fall are small. Fishermen plan their days by the tide, and harbours "
    "have tables for it. A tide mill grinds corn with the water that the spring tide has left behind its gate."
)


def terms(*phrases, **asking):
    document = Document("d", TIDES, title="Tide", language="en")
    task = KeyTerms(asking=Asking(**asking))
    results, asked = answered(task, case_for(document), lambda _: {"phrases": list(phrases)})
    return results[0], asked[0][0]


def test_key_phrases_of_both():
    annotation, request = terms("tide", "spring tide", "tide mill")
    assert "- tide\n- Moon\n- Sun" in prompt(request).split(HEAD)[1]
    assert told(annotation) == (1, 2, [["", "Moon"], ["", "Sun"]])
    assert [span.text for span in annotation.finding.items] == ["tide", "spring tide", "tide mill"]
    assert HEAD not in prompt(terms("tide", candidates=False)[1])


@pytest.mark.parametrize(
    ("phrases", "reason"),
    [
        (("tide", "tide"), "few_terms"),
        (("tide", "Moon", "the weather"), "not_verbatim"),
        (("tide", "Moon", "Tides are made by the pull of the Moon"), "long_phrase"),
    ],
)
def test_key_phrases_that_are_none(phrases, reason):
    result, _ = terms(*phrases)
    assert isinstance(result, Rejected)
    assert result.reason == reason


def topic(label):
    document = Document("d", VOLCANO, title="Volcano", language="en")
    reply = {"label": label, "quote": "materials come out of it in an eruption"}
    case = case_for(document)
    results, asked = answered(JudgedTopic(none_share=0), case, lambda _: reply)
    return results[0], asked[0][0], mined(Topic(none_share=0, floor=0.5), case)[0]


def test_a_topic_that_both_give():
    annotation, request, rule = topic("Volcanoes")
    assert "- Volcanoes" in prompt(request).split(HEAD)[1]
    assert annotation.finding == rule.finding
    assert annotation.scores == {AGREEMENT: 1.0}
    assert Complete().check(annotation, {}) is None


def test_a_topic_in_dispute_is_refused():
    _, _, rule = topic("Volcanoes")
    other = next(option for option in rule.finding.options if option != "Volcanoes")
    annotation, _, _ = topic(other)
    assert annotation.finding.labels == (other,)
    assert Complete().check(annotation, {}).reason == "disputed_label"
    assert Complete(rules=False).check(annotation, {}) is None
    none, _, _ = topic(NO_TOPIC)
    assert none.finding.labels == ()
    assert Complete().check(none, {}).reason == "disputed_label"


def test_where_the_rule_is_silent_no_topic_is_asked():
    case = case_for(Document("d", BRIDGE, title="Bridge", language="en"))
    assert mined(JudgedTopic(), case)[0].reason == "no_second_witness"


def test_a_date_that_the_model_was_shown_and_left_out_is_in_dispute():
    (annotation,), _ = entities(items(("money", "£3 million"), ("percentage", "20%")))
    assert Complete().check(annotation, {}) == Rejected("disputed_date", "12 March 1990")
    (annotation,), _ = entities(items(("money", "£3 million")), candidates=False)
    assert Complete().check(annotation, {}).reason == "missed_date"


def test_a_task_that_asks_is_no_rule():
    with pytest.raises(TypeError, match="asks a model"):
        ruled(EntityExtraction(), case_for(doc()))


def test_agreement_is_summed_by_task_model_and_rule():
    first, _ = entities(items(("date", "12 March 1990")))
    second, _ = entities(items(("date", "12 March 1990"), ("quantity", "six years")))
    silent, _ = entities(items(("date", "12 March 1990")), candidates=False)
    (row,) = of_annotations([*first, *second, *silent])
    assert row == {
        "task": "entities", "model": "m", "rule": "typed_values", "annotations": 2,
        "both": 2, "model_only": 1, "rule_only": 4, "share": 0.2857,
    }  # fmt: skip


SOME = st.lists(
    st.tuples(
        st.sampled_from(["date", "money"]), st.just("x"), st.integers(0, 9), st.integers(10, 15)
    ),
    max_size=5,
)


@given(SOME, SOME)
def test_agreement_counts_everything_once(ours, theirs):
    told = agreement(Candidates("r", tuple(ours)), theirs)
    counted = told[AGREEMENT]
    assert counted["both"] + counted["model_only"] == len(theirs)
    assert len(counted["rule_only"]) <= len(ours)
    assert all(0 <= share <= 1 for share in agreed(told).values())
    assert agreed(agreement(Candidates("r", tuple(ours)), ours)) == (
        {AGREEMENT: 1.0} if ours else {}
    )
