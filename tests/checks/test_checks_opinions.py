"""Checks that ask a model: tested by sending replies, and in a whole conversation with drive."""

from __future__ import annotations

import dataclasses
import json

import pytest

from miner.checks.answerable import Answerable, word_f1
from miner.checks.closed_book import ClosedBook
from miner.checks.difficulty import difficulty, level
from miner.checks.grounded import Grounded
from miner.checks.opinions import together, with_opinions
from miner.checks.quality import Quality
from miner.checks.second_opinion import SecondOpinion
from miner.checks.supported import Supported
from miner.compose import Compose, compose
from miner.tasks.asking import Asking
from miner.tasks.entities import EntityExtraction
from miner.types import (
    Annotation,
    Answers,
    Case,
    Document,
    Entities,
    Labels,
    Membership,
    Node,
    Rejected,
    Reply,
    Span,
    Taxonomy,
    Writing,
)

TEXT = "Etna is a volcano in Sicily. It erupted in 2001 with {braces} and lava."
DOCUMENT = Document("d", TEXT, language="en")
BY_ID = {"d": DOCUMENT}
WHOLE = DOCUMENT.span(0, len(TEXT))


def question(text="When did Etna erupt?", answer="2001", id="q"):
    spans = ()
    if answer:
        at = TEXT.index(answer)
        spans = (DOCUMENT.span(at, at + len(answer)),)
    return Annotation(id, "questions", "n", ("d",), Answers(WHOLE, text, spans))


def writing():
    return Annotation("w", "writing", "n", ("d",), Writing("Write about Etna.", WHOLE))


def reply(text="", data=None, number=0):
    return Reply(f"r{number}", text, data)


def conversation(check, item, *texts, data=None):
    """What comes of an opinion whose requests are answered in order."""
    opinion = check.ask(item, BY_ID)
    try:
        requests = next(opinion)
    except StopIteration as stop:
        return [], stop.value
    answers = [reply(data=data)] if data else [reply(t, number=n) for n, t in enumerate(texts)]
    assert len(answers) == len(requests)
    with pytest.raises(StopIteration) as stopped:
        opinion.send(answers)
    return requests, stopped.value.value


# ------------------------------------------------------------------------------- answerable


def test_the_same_answer_again():
    requests, found = conversation(
        Answerable(), question(), "2001", "in 2001", "It erupted in 1999", "not stated"
    )
    assert isinstance(found, Annotation)
    assert found.scores["answerable"] == pytest.approx(2 / 3)
    assert found.request_ids == ("r0", "r1", "r2", "r3")
    # Tries differ by their number, so that each is a request of its own.
    assert [r.sample for r in requests] == [0, 1, 2, 0]
    assert TEXT not in requests[3].messages[-1].content  # the closed book is closed
    assert "{braces}" in requests[0].messages[-1].content


def test_other_answers():
    _, found = conversation(Answerable(), question(), "1999", "1998", "2001", "not stated")
    assert found.reason == "disagrees"


def test_an_answer_that_needs_no_text():
    _, found = conversation(Answerable(), question(), "2001", "2001", "2001", "2001")
    assert found.reason == "known_without_text"
    _, found = conversation(Answerable(closed_book=False), question(), "2001", "2001", "2001")
    assert isinstance(found, Annotation)


@pytest.mark.parametrize(
    ("said", "absent"),
    [("not stated", True), ("Not stated.", True), ("not", False), ("", False), ("no", False)],
)
def test_an_absent_answer_is_said_in_full(said, absent):
    unanswerable = question("What did it cost?", "")
    _, found = conversation(Answerable(closed_book=False), unanswerable, said, said, said)
    assert isinstance(found, Annotation) == absent


def test_what_is_no_question_is_let_through():
    requests, found = conversation(Answerable(), writing())
    assert requests == []
    assert found == writing()


def test_word_f1():
    assert word_f1("the year 2001", "2001") == pytest.approx(2 / 3)
    assert word_f1("", "2001") == 0
    assert word_f1("火山", "火山") == 1


# -------------------------------------------------------------------------------- supported


def test_support_needs_a_quote_that_stands_there():
    good = {"verdict": "supported", "quote": "erupted in 2001"}
    requests, found = conversation(Supported(), writing(), data=good)
    assert isinstance(found, Annotation)
    assert TEXT in requests[0].messages[-1].content  # the judge sees the source
    lie = {"verdict": "supported", "quote": "erupted in 2002"}
    assert conversation(Supported(), writing(), data=lie)[1].reason == "quote_not_in_document"
    no = {"verdict": "unsupported", "quote": "the largest"}
    assert conversation(Supported(), question(), data=no)[1].reason == "unsupported"


# ---------------------------------------------------------------------------------- quality


def test_scores():
    _, found = conversation(Quality(), writing(), data={"score": 5, "why": "good"})
    assert found.scores["quality"] == 5.0
    _, found = conversation(Quality(), writing(), data={"score": 3, "why": "for a blog"})
    assert found.reason == "low"
    opinion = Quality().ask(writing(), BY_ID)
    next(opinion)
    with pytest.raises(StopIteration) as stopped:
        opinion.send([Rejected("malformed_json", "5 of 5")])
    assert stopped.value.value.reason == "no_score"


# ------------------------------------------------------------------------------- together


def task(*items):
    """A task that asks once and finds these."""
    replies = yield ["its own request"]
    assert replies == ["its own reply"]
    return list(items)


def run(mining, answer):
    """Answer every request by `answer(request)`; the rounds of requests, and the items."""
    rounds = []
    try:
        requests = next(mining)
        while True:
            rounds.append(requests)
            requests = mining.send([answer(r) for r in requests])
    except StopIteration as stop:
        return rounds, stop.value


def test_opinions_join_the_conversation_of_the_task():
    untrue = Annotation("u", "t", "n", ("d",), Entities(Span("d", 0, 4, "Edna"), ()))
    items = (question(id="q1"), Rejected("own"), untrue, question("Is it lava?", "lava", id="q2"))

    def answer(request):
        if request == "its own request":
            return "its own reply"
        if request.task == "answerable":
            return reply("2001")
        return reply(data={"score": 5, "why": ""})

    checks = (Grounded(), Answerable(closed_book=False), Quality())
    rounds, found = run(with_opinions(task(*items), checks, BY_ID), answer)
    assert [len(r) for r in rounds] == [1, 6, 1]  # two questions at once, then who is left
    assert isinstance(found[0], Annotation)
    assert found[0].scores == {"answerable": 1.0, "quality": 5.0}
    assert found[1] == Rejected("own")
    assert found[2] is untrue  # nobody pays for what the free checks refuse
    assert found[3].reason == "answerable:disagrees"


def test_without_such_checks_nothing_changes():
    rounds, found = run(
        with_opinions(task(question()), (Grounded(),), BY_ID), lambda _: "its own reply"
    )
    assert len(rounds) == 1
    assert found == [question()]


def test_conversations_of_unequal_length():
    def talk(rounds):
        said = []
        for number in range(rounds):
            said += yield [(rounds, number)]
        return said

    merged = together({n: talk(n) for n in (0, 3, 1)})
    rounds, found = run(merged, lambda request: request)
    assert [len(r) for r in rounds] == [2, 1, 1]
    assert found == {0: [], 1: [(1, 0)], 3: [(3, 0), (3, 1), (3, 2)]}


# --------------------------------------------------------------- second opinion and closed book


def choice(labels):
    finding = Labels(WHOLE, labels, ("science", "sport"), "topic")
    return Annotation("c", "topic", "n", ("d",), finding)


def test_a_second_model_agrees_or_not():
    requests, found = conversation(SecondOpinion("b"), question(), "in 2001")
    assert requests[0].model == "b"
    assert found.scores["second_opinion"] == 1.0
    assert conversation(SecondOpinion("b"), question(), "1999")[1].reason == "disagrees"
    assert isinstance(
        conversation(SecondOpinion("b"), question(answer=""), "Not stated.")[1], Annotation
    )


@pytest.mark.parametrize(
    ("labels", "said", "agrees"),
    [
        (("science",), ["science"], True),
        (("science",), ["sport"], False),
        (("science",), [], False),
        ((), [], True),
    ],
)
def test_a_second_model_chooses(labels, said, agrees):
    requests, found = conversation(SecondOpinion("b"), choice(labels), data={"chosen": said})
    assert requests[0].schema["properties"]["chosen"]["items"]["enum"] == ["science", "sport"]
    assert isinstance(found, Annotation) == agrees


def test_nothing_is_asked_about_writing_or_an_extraction_by_rules():
    item = Annotation("e", "t", "n", ("d",), Entities(WHOLE, ()))
    assert conversation(SecondOpinion("b"), item) == ([], item)
    assert conversation(SecondOpinion("b"), writing())[0] == []
    assert not SecondOpinion("b").compares(item)


NODE = Node("n", "Volcanoes")
LONG = Document(
    "d",
    "Etna is a volcano in Sicily, and the tallest mountain of that island. It has erupted many times "
    "since people first wrote about it, and its lava has covered fields and houses on the slopes. "
    "People live near it all the same, for the soil is good and grapes grow well there. Every few "
    "months the ground shakes, ash falls on the roofs, and the airport is closed for a day or two.",
    language="en",
)
CASE = Case(LONG, NODE, Taxonomy("t", (NODE,)), Membership("d", "n", 0.95, 2.0), seed=1)


def extracted(case, first, second, check):
    """What comes of one passage that two models extract names from, and the models asked."""
    asked = []

    def answer(request):
        asked.append(request.model)
        names = second if request.model == "b" else first
        if names is None:
            return Rejected("failed", "no reply")
        given = [{"label": label, "text": text, "before": ""} for label, text in names]
        return Reply(
            f"{request.model or 'a'}{len(asked)}", json.dumps({"items": given}), {"items": given}
        )

    def again():
        return EntityExtraction(passages=1, asking=Asking(candidates=False)).mine(case)

    _, found = run(with_opinions(again(), (Grounded(), check), {"d": LONG}, again), answer)
    return asked, found


ETNA, SICILY = ("place", "Etna"), ("place", "Sicily")


@pytest.mark.parametrize(
    ("second", "f1"),
    [
        ([ETNA, SICILY], 1.0),
        ([SICILY], 2 / 3),
        ([("organization", "Etna"), SICILY], None),
        ([], None),
        ([("place", "lava")], None),
    ],
)
def test_a_second_model_extracts_by_the_same_prompts(second, f1):
    asked, (found,) = extracted(CASE, [ETNA, SICILY], second, SecondOpinion("b"))
    assert set(asked) == {"", "b"}
    assert asked.count("") == asked.count("b")  # the same requests, once each
    if f1 is None:
        assert found.reason == "second_opinion:disagrees"
    else:
        assert found.scores["second_opinion"] == pytest.approx(f1, abs=1e-4)
        assert any(id.startswith("b") for id in found.request_ids)


def test_two_models_that_find_nothing_agree():
    _, (found,) = extracted(CASE, [], [], SecondOpinion("b"))
    assert found.scores["second_opinion"] == 1.0


def test_a_second_model_that_fails_is_told_from_one_that_disagrees():
    _, (found,) = extracted(CASE, [ETNA], None, SecondOpinion("b"))
    assert found.reason == "second_opinion:no_answer"


def test_nobody_is_asked_again_about_what_is_refused_anyway():
    asked, found = extracted(CASE, [("place", "Vesuvius")], [ETNA], SecondOpinion("b"))
    assert "b" not in asked
    assert all(isinstance(item, Rejected) for item in found)


@pytest.mark.parametrize("name", ["overlap", "agreement"])
def test_a_share_is_between_0_and_1(name):
    with pytest.raises(ValueError, match=f"'{name}' is a share"):
        SecondOpinion("b", **{name: 1.5})


def test_what_is_known_without_the_text_is_easy():
    requests, found = conversation(ClosedBook(), question(), "2001", "not stated", "In 2001")
    assert len({(r.sample, r.temperature) for r in requests}) == 3
    assert TEXT not in requests[0].messages[-1].content
    assert found.scores["closed_book"] == pytest.approx(2 / 3, abs=1e-4)
    refused = conversation(ClosedBook(most=0.5), question(), "2001", "not stated", "In 2001")[1]
    assert refused.reason == "known_without_text"
    unknown = conversation(ClosedBook(), question(), "1999", "not stated", "I do not know")[1]

    def hard(item):
        (example,) = compose(item, BY_ID, Compose(closed_book=0.0), 0, ("n",))
        return difficulty(example)

    assert hard(found) < hard(question()) < hard(unknown)
    assert hard(unknown) == pytest.approx((1 + hard(question())) / 2, abs=1e-3)


def test_levels():
    assert [level(d) for d in (None, 0, 0.33, 0.34, 0.66, 0.67, 1.0)] == [
        "", "easy", "easy", "medium", "medium", "hard", "hard",
    ]  # fmt: skip


def test_what_can_be_written_in_many_ways_is_not_asked_again():
    summary = dataclasses.replace(question("Sum the text up."), meta={"instruction": True})
    for check in (Answerable(), ClosedBook(), SecondOpinion(model="other")):
        assert conversation(check, summary) == ([], summary)
    own = dataclasses.replace(summary, meta={"instruction": True, "own_words": True})
    assert next(Answerable().ask(own, BY_ID))
