"""LongForm's structured corpora: forum answers, how-to records, e-mails, conversations."""

from __future__ import annotations

import dataclasses
import json

import pytest
from task_cases import case_for, mined

from miner.checks.instruction_supported import InstructionSupported
from miner.checks.output_clean import OutputClean
from miner.compose import Compose, compose
from miner.sources.how_to import HowTo
from miner.tasks.accepted_answer import AcceptedAnswer
from miner.tasks.email import Email
from miner.tasks.how_to_steps import HowToSteps
from miner.tasks.next_turn import NextTurn
from miner.tasks.task_record import TaskRecord
from miner.types import Document, Rejected

ANSWER = (
    "Soak the beans over night in plenty of cold water and throw that water away. "
    "Boil them hard for ten minutes, since raw beans are poisonous, then let them simmer for an hour. "
    "Salt them at the end."
)
MAIL = """From: Ann Lee <ann@example.org>
To: Team
Subject: New room for the Friday meeting
Date: Mon, 3 May 2021 09:00

Hello everyone,

the room on the second floor is being painted this week, so we meet in the library on Friday.
Please bring your notes from last time and tell me by Thursday if you can't come.

Ann
{rest}"""
TALK = """Ann: Have you been to the new museum by the river yet?
Bob: Not yet. I heard that the queue is very long on Sundays.
Ann: It is, but on weekdays you walk straight in. I went on Tuesday.
Bob: Then I will go on Wednesday after work. What should I see first?
Ann: Start on the top floor with the maps and work your way down.
"""


def forum(text=ANSWER, title="How long do I cook dried beans?", **meta):
    known = {"question": "Mine are always hard. I cook them for an hour. Thanks!", "score": 3}
    return Document("a", text, title=title, language="en", meta={**known, **meta})


def only(items):
    (item,) = items
    return item if isinstance(item, Rejected) else item.finding


# ------------------------------------------------------------------------------------- forums


def test_the_asker_is_quoted_without_the_thanks():
    finding = only(mined(AcceptedAnswer(), case_for(forum())))
    assert finding.instruction == (
        "How long do I cook dried beans?\n\nMine are always hard. I cook them for an hour."
    )
    assert (finding.output.text, finding.style) == (ANSWER, "source")


def test_a_question_that_shows_something_is_asked_by_its_title():
    shown = forum(question="Here is a picture: https://example.org/beans.jpg")
    assert only(mined(AcceptedAnswer(), case_for(shown))).instruction == shown.title
    untold = dataclasses.replace(shown, title="Beans are hard")
    assert only(mined(AcceptedAnswer(), case_for(untold))).reason == "question_shows"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (Document("d", ANSWER, title="How?", language="en"), "no_question"),
        (forum(score=0), "low_score"),
        (forum(question_score=-2), "low_score"),
        (forum(text="Ten minutes."), "wrong_length"),
        (forum(text=f"As Bob said, rinse them. {ANSWER}"), "leans_on_page"),
        (forum(text=f"{ANSWER} See the other answer for lentils."), "leans_on_page"),
        (forum(question="beans " * 400, title="Beans again"), "question_too_long"),
    ],
)
def test_answers_that_do_not_stand_alone(document, reason):
    assert only(mined(AcceptedAnswer(), case_for(document))).reason == reason


def test_what_the_asker_knew_is_no_unsupported_claim():
    document = forum(question="My Instant Pot from 2019 leaves them hard after 45 minutes.")
    (annotation,) = mined(AcceptedAnswer(), case_for(document))
    (example,) = compose(annotation, {"a": document}, Compose(length_clause=0), 0)
    assert "2019" in example.instruction
    assert InstructionSupported().check(example, {"a": document}) is None


def test_a_length_stands_apart_from_the_asker():
    document = forum()
    (annotation,) = mined(AcceptedAnswer(), case_for(document))
    (example,) = compose(annotation, {"a": document}, Compose(length_clause=1), 0)
    asked, body, clause = example.instruction.split("\n\n")
    assert asked == document.title
    assert body.endswith("hour.")
    assert clause.endswith(".")


# ------------------------------------------------------------------------------------- how to


def record(tmp_path, **fields):
    """A how-to record as its source reads it."""
    path = tmp_path / "how.jsonl"
    path.write_text(json.dumps(fields) + "\n")
    source = HowTo(path=str(path))
    (row,) = source.read(source.files()[0])
    return dataclasses.replace(row.content, language="en")


def test_steps_are_asked_for_and_counted_truly(tmp_path):
    steps = ["Wash your bike.", "Dry it.", "Oil the chain."]
    document = record(tmp_path, title="How to Clean Your Bike", steps=steps)
    asked = {
        only(mined(HowToSteps(), dataclasses.replace(case_for(document), seed=seed))).instruction
        for seed in range(60)
    }
    assert "How do I clean my bike?" in asked
    assert "List three steps to clean your bike." in asked
    assert all(n not in " ".join(asked) for n in ("two", "four"))


def test_each_method_can_be_asked_for(tmp_path):
    methods = [
        {"name": "With Water", "steps": ["Wet it.", "Rub it."]},
        {"name": "With Oil", "steps": ["Oil it.", "Wait."]},
    ]
    document = record(tmp_path, title="How to Clean a Bike", methods=methods)
    whole, *each = mined(HowToSteps(), case_for(document))
    assert whole.finding.output.text == document.text
    outputs = {a.finding.output.text for a in each}
    assert outputs == {"1. Wet it.\n2. Rub it.", "1. Oil it.\n2. Wait."}
    for item in each:
        assert ("With Water" in item.finding.instruction) == ("Wet" in item.finding.output.text)


def test_names_in_a_title_keep_their_capitals(tmp_path):
    steps = ["Bring your bike to Paris.", "Ride the Bike in the NATO park."]
    document = record(tmp_path, title="How to Ride a Bike in Paris with NATO", steps=steps)
    asked = only(mined(HowToSteps(), case_for(document))).instruction
    assert "ride a bike in Paris with NATO" in asked


def test_no_number_is_told_where_a_step_is_gone(tmp_path):
    document = record(tmp_path, title="How to Clean a Bike", steps=["A.", "B.", "C.", "D."])
    del document.meta["steps"][1]
    for seed in range(40):
        case = dataclasses.replace(case_for(document), seed=seed)
        assert "three" not in only(mined(HowToSteps(), case)).instruction


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "How to Clean a Bike", "steps": ["Wash it."]}, "no_steps"),
        ({"title": "Bikes and how they shine", "steps": ["Wash it.", "Dry it."]}, "no_how_to"),
    ],
)
def test_records_without_a_request(tmp_path, fields, reason):
    assert only(mined(HowToSteps(), case_for(record(tmp_path, **fields)))).reason == reason


# ------------------------------------------------------------------------ e-mails and dialogue


@pytest.mark.parametrize(
    "rest",
    ["", "-----Original Message-----\nFrom: Bob\nold", "> old words", "-- \nAnn Lee, Office"],
)
def test_a_message_without_quotes_and_signature(rest):
    finding = only(mined(Email(), case_for(Document("e", MAIL.format(rest=rest), language="en"))))
    assert "New room for the Friday meeting" in finding.instruction
    assert finding.output.text.startswith("Hello everyone")
    assert finding.output.text.endswith("come.\n\nAnn")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Subject: New", "Subject: Re: New", "reply"),
        ("Subject: New room for the Friday meeting", "Subject: Hi", "short_subject"),
        ("Subject: New room for the Friday meeting\n", "", "no_subject"),
        ("Please bring", "The attached plan shows it. Please bring", "leans_on_attachment"),
    ],
)
def test_messages_that_rest_on_others(old, new, reason):
    text = MAIL.format(rest="").replace(old, new)
    assert only(mined(Email(), case_for(Document("e", text, language="en")))).reason == reason


def test_the_next_speaker_has_spoken_before():
    items = mined(NextTurn(), case_for(Document("t", TALK, language="en")))
    assert len(items) == 1  # the one that was asked something by a speaker who was heard before
    for item in items:
        speaker = TALK[: item.finding.output.start].rsplit("\n", 1)[-1].split(":", 1)[0]
        shown = item.finding.instruction
        assert speaker in shown
        assert f"{speaker}: " in shown
        assert item.finding.output.text not in shown


def test_a_records_answer_is_whole_though_no_sentence():
    meta = {"definition": "Does the text say so?", "input": "The sky is blue."}
    document = Document("r", "yes", language="en", meta=meta)
    (found,) = mined(TaskRecord(), case_for(document))
    assert OutputClean().check(found, {"r": document}) is None
    other = dataclasses.replace(found, finding=dataclasses.replace(found.finding, style="template"))
    assert OutputClean().check(other, {"r": document}).reason == "cut_start"


def test_nobody_replies_to_what_was_no_question_or_is_lost():
    for text in (TALK.replace("?", "."), TALK.replace("Bob: Then", "Ann: It is.\nBob: Then")):
        found = only(mined(NextTurn(), case_for(Document("t", text, language="en"))))
        assert found.reason == "wrong_length"


@pytest.mark.parametrize(
    "text",
    [
        "Note: one thing.\nSource: a book.\nNote: another thing.\nSource: a film.\nNote: more.",
        "Ann: I am the only one who talks here.\n" * 6,
        "A text without any speakers. " * 20,
    ],
)
def test_what_is_no_conversation(text):
    found = only(mined(NextTurn(), case_for(Document("t", text, language="en"))))
    assert found.reason == "no_conversation"
