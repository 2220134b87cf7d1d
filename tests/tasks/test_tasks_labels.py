"""Labels of texts: topics by path and with all above them, languages, kinds of events."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from task_cases import answered, case_for, mined

from miner.checks import standard
from miner.compose import Compose, compose
from miner.tasks.events import EventExtraction
from miner.tasks.language import FAMILIES, NAMES, Language
from miner.tasks.topic import Topic
from miner.types import Annotation, Document, Example, Labels, Rejected

TEXT = (
    "Ada Lovelace was born in London in 1815. She worked with Charles Babbage on his engine, and in "
    "1843 she published notes on it. The notes of Ada Lovelace hold what many call the first program. "
    "Babbage, who was born in London too, never built the engine, since the money for it ran out."
)
ADA = Document("d", TEXT, title="Ada Lovelace", language="en")


def examples(annotation, document, **settings):
    for seed in range(8):
        for example in compose(annotation, {document.id: document}, Compose(**settings), seed):
            assert isinstance(example, Example), example
            for check in standard():
                what = annotation if check.subject == "annotation" else example
                assert check.check(what, {document.id: document}) is None, check
            yield example


# ------------------------------------------------------------------------------------- topics


def topic(document, **settings):
    (item,) = mined(Topic(none_share=0, **settings), case_for(document))
    return item


def test_a_path_names_all_levels(volcano):
    finding = topic(volcano, forms=("hierarchical",)).finding
    assert finding.labels == ("Nature > Volcanoes",)
    assert all(" > " in option for option in finding.options)
    assert {"Nature > Oceans", "Nature > Animals"} & set(finding.options)  # near misses


def test_what_is_about_a_topic_is_about_all_above_it(volcano):
    annotation = topic(volcano, forms=("several",))
    assert set(annotation.finding.labels) == {"Nature", "Volcanoes"}
    assert "People" in annotation.finding.options
    assert list(annotation.finding.labels) == [
        option for option in annotation.finding.options if option in annotation.finding.labels
    ]
    for example in examples(annotation, volcano, preference_share=0):
        assert not {"A", "B"} & set(example.format)
        assert example.output.count(",") == 1


def test_forms_take_turns_and_a_root_has_no_path(volcano):
    forms = ("flat", "hierarchical", "several")
    seen = [
        mined(Topic(forms=forms, none_share=0), case_for(volcano, rank=rank))[0].meta["form"]
        for rank in range(3)
    ]
    assert seen == list(forms)
    with pytest.raises(ValueError, match="'forms' is empty"):
        Topic(forms=())


# ---------------------------------------------------------------------------------- languages


def test_languages_are_told_by_two_witnesses(shared):
    """On XQuAD's twelve languages, whose labels people gave."""
    asked: Counter[str] = Counter()
    for code in ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh"):
        path = shared / "nlu" / "xquad" / f"xquad.{code}.json"
        article = json.loads(path.read_text(encoding="utf-8"))["data"][3]
        text = "\n".join(row["context"] for row in article["paragraphs"])
        document = Document("d", text, language=code)
        (item,) = mined(Language(), case_for(document))
        if isinstance(item, Rejected):
            assert item.reason in {"languages_apart", "no_passage"}
            continue
        asked[code] += 1
        assert item.finding.labels == (NAMES[code],)
        assert len(set(item.finding.options)) == 5
        for example in examples(item, document, cross_lingual=True):
            assert example.input == item.finding.text.text
        if code != "en":
            (refused,) = compose(item, {"d": document}, Compose(), 0)
            assert refused.reason == "no_wording"
    assert len(asked) >= 10


def test_a_wrong_label_and_an_unknown_language_are_no_question():
    (item,) = mined(Language(), case_for(Document("d", TEXT, language="de")))
    assert item.reason == "languages_apart"
    (item,) = mined(Language(), case_for(Document("d", TEXT, language="tlh")))
    assert (item.reason, item.detail) == ("unknown_language", "tlh")
    with pytest.raises(ValueError, match="between 2 and"):
        Language(options=1)


def test_every_family_is_of_known_languages():
    assert {code for family in FAMILIES for code in family.split()} <= set(NAMES)
    assert len(set(NAMES.values())) == len(NAMES)


# ------------------------------------------------------------------------------------- events


def event(request):
    """A release that has arguments, and a birth whose trigger stands in the text twice."""
    release = {"event": 1, "label": "release", "trigger": "published"}
    birth = {"event": 2, "label": "birth", "trigger": "born"}
    rows = [
        release | {"role": "work", "text": "notes"},
        release | {"role": "time", "text": "1843"},
        birth | {"role": "place", "text": "London"},
    ]
    return {"items": [row for row in rows if row["label"] in str(request.schema)]}


def test_one_reply_serves_events_their_types_and_their_arguments():
    results, _ = answered(EventExtraction(), case_for(ADA), event)
    found = {item.task: item for item in results if isinstance(item, Annotation)}
    assert set(found) == {"events", "event_types", "event_arguments"}
    assert len({item.id for item in found.values()}) == 3
    types = found["event_types"].finding
    assert isinstance(types, Labels)
    assert (set(types.labels), types.multiple) == ({"birth", "release"}, True)
    assert "death" in types.options
    for example in examples(found["event_types"], ADA, preference_share=0, formats=("label",)):
        assert set(example.output.split(", ")) == set(types.labels)
    arguments = found["event_arguments"]
    assert [item.task for item in results].count("event_arguments") == 1
    assert list(arguments.finding.schema) == ["release"]
    for example in examples(arguments, ADA, guidelines=("happenings",)):
        assert "“published”" in example.instruction
        assert "work, maker, place and time" in example.instruction
        assert "1843" in example.output
        assert example.guideline == ""


def test_a_text_without_events_has_no_type_of_them():
    results, _ = answered(EventExtraction(parts=("types",)), case_for(ADA), lambda _: {"items": []})
    (annotation,) = results
    assert annotation.finding.labels == ()
    assert "None of these" in {e.output for e in examples(annotation, ADA, formats=("label",))}
    with pytest.raises(ValueError, match="'parts' needs"):
        EventExtraction(guideline="", parts=("types",))
