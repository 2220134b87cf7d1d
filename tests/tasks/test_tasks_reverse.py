"""Reverse instruction: what is sent, what is stored, and how a reply is read."""

from __future__ import annotations

from collections import Counter

import pytest
from task_cases import VOLCANO, case_for

from miner.checks.instruction_supported import InstructionSupported
from miner.compose import Compose, compose
from miner.errors import RecipeError
from miner.prompts import MARK
from miner.tasks.cues import instruction_in
from miner.tasks.reverse_instruction import ReverseInstruction
from miner.tasks.rewritten_answer import RewrittenAnswer
from miner.types import Document, Rejected, Reply


def answered(task, case, text):
    mining = task.mine(case)
    (request,) = next(mining)
    with pytest.raises(StopIteration) as stop:
        mining.send([Reply("r1", text, data={"instruction": text}, model="m")])
    return request, stop.value.value


def shown(request):
    """What stands between the marks of a prompt."""
    text = "\n".join(m.content for m in request.messages)
    start = text.index(f"{MARK} begins -----\n") + len(f"{MARK} begins -----\n")
    return text[start : text.index(f"\n----- document {MARK} ends")]


def test_defect_8_what_is_stored_is_the_range_that_was_sent(volcano):
    long = Document("l", VOLCANO + "\n".join([VOLCANO.split("\n")[1]] * 60), title="Volcano")
    for document in (volcano, long):
        request, (annotation,) = answered(
            ReverseInstruction(), case_for(document), "Explain how a volcano works."
        )
        assert shown(request) == annotation.finding.output.text
        assert annotation.finding.output.holds(document.text)
        assert annotation.request_ids == ("r1",)
        assert annotation.model == "m"
        assert annotation.prompt_version


def test_styles_take_turns_along_a_node(volcano):
    task = ReverseInstruction()
    styles = Counter(
        answered(task, case_for(volcano, rank=rank), "Explain how a volcano works.")[1][
            0
        ].finding.style
        for rank in range(9)
    )
    assert styles == {"formal": 3, "informal": 3, "search": 3}


@pytest.mark.parametrize(
    ("reply", "instruction"),
    [
        ("Instruction: Explain tides.", "Explain tides."),
        ("**Instruction:** Explain tides.", "Explain tides."),
        ("Search query: tides of the north sea", "tides of the north sea"),
        ('Query 1: "tides of the north sea"', "tides of the north sea"),
        ("Sure, here is the message:\n“Hey, why are there tides?”", "Hey, why are there tides?"),
        ("```\nExplain tides.\n```", "Explain tides."),
        ("Explain the word “tide” in “ebb and tide”", "Explain the word “tide” in “ebb and tide”"),
        ("Question: Instruction: Explain tides.", "Explain tides."),
    ],
)
def test_defect_9_cues_are_taken_off(reply, instruction):
    assert instruction_in(reply) == instruction


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty_instruction"),
        ("Instruction:", "empty_instruction"),
        ("Summarise the document above.", "points_at_text"),
        ("What does this text say about tides?", "points_at_text"),
        ("word " * 400, "long_instruction"),
    ],
)
def test_a_reply_that_is_no_instruction_is_refused(reply, reason):
    assert instruction_in(reply).reason == reason


# Defect 1 (docs/defects.md): words that look like a marker for "no answer" are answers.
@pytest.mark.parametrize("reply", ["NO", "NOT", "K", ""])
def test_defect_1_short_replies_are_judged_as_what_they_are(reply, volcano):
    _, (item,) = answered(ReverseInstruction(), case_for(volcano), reply)
    assert item.reason == "empty_instruction"


def test_defect_16_braces_and_percent_signs_reach_the_model_unharmed():
    text = "A template has {braces}, {{double ones}} and 100 % signs like %s. " * 10
    request, (annotation,) = answered(
        ReverseInstruction(), case_for(Document("d", text)), "Explain what a template may hold."
    )
    assert shown(request) == text.strip() == annotation.finding.output.text


def test_defect_17_a_failed_request_is_a_rejection_with_its_reason(volcano):
    mining = ReverseInstruction().mine(case_for(volcano))
    next(mining)
    with pytest.raises(StopIteration) as stop:
        mining.send([Rejected("truncated", "no room")])
    assert stop.value.value == [Rejected("truncated", "no room")]


def test_a_stub_is_never_sent():
    mining = ReverseInstruction().mine(case_for(Document("d", "Too short to be an answer.")))
    with pytest.raises(StopIteration) as stop:
        next(mining)
    assert [item.reason for item in stop.value.value] == ["stub"]


def test_a_missing_prompt_is_an_error_of_the_recipe():
    with pytest.raises(RecipeError, match=r"nowhere\.txt"):
        ReverseInstruction(prompt="nowhere.txt")


# ---------------------------------------------------------- long documents, marked parts, rewriting

SENTENCE = "The ship left the harbour in the morning and came back with a hold full of herring. "
LONG = Document(
    "long",
    "Fishing fed the town for ages.\n\n"
    + "\n\n".join(
        f"## Part {i}\n\nPart {i} tells its own tale. {SENTENCE * 20}\n\n{SENTENCE * 20}"
        for i in range(6)
    ),
    title="Herring",
    language="en",
)


def test_a_long_document_is_shown_by_all_its_parts_and_used_whole():
    task = ReverseInstruction(whole=True, max_words=300)
    request, (annotation,) = answered(task, case_for(LONG), "Write a history of herring fishing.")
    text = shown(request)
    assert all(f"Part {i}\nPart {i} tells its own tale." in text for i in range(6))
    assert text.count("[...]") == 6
    assert len(text.split()) < 420
    assert annotation.finding.output.text == LONG.text.strip()
    assert "whole piece" in request.messages[-1].content


def test_a_long_document_without_headings_is_shown_by_its_stretches():
    paragraphs = [f"Stretch {i} begins here. {SENTENCE * 20}" for i in range(20)]
    document = Document("flat", "\n\n".join(paragraphs), title="Herring", language="en")
    request, _ = answered(
        ReverseInstruction(whole=True, max_words=400), case_for(document), "Tell of herring."
    )
    text = shown(request)
    assert "Stretch 0 begins" in text
    assert "Stretch 17 begins" in text
    assert len(text.split()) < 500


def test_a_short_document_is_shown_as_it_is(volcano):
    request, (annotation,) = answered(
        ReverseInstruction(whole=True), case_for(volcano), "Explain how a volcano works."
    )
    assert shown(request) == annotation.finding.output.text


def marked(task, document, **data):
    mining = task.mine(case_for(document))
    next(mining)
    with pytest.raises(StopIteration) as stop:
        mining.send([Reply("r1", "", data={"instruction": "Explain how a volcano works.", **data})])
    (item,) = stop.value.value
    return item


PAGE = Document(
    "p", f"Home | Login | Share\n\n{VOLCANO}\n\nSubscribe to our letter!", language="en"
)


def test_the_part_that_answers_is_marked_and_never_rewritten():
    item = marked(
        ReverseInstruction(mark=True, min_words=20),
        PAGE,
        first_words="A volcano is a mountain where lava",
        last_words="will never erupt again is called extinct.",
    )
    output = item.finding.output
    assert output.holds(PAGE.text)
    assert output.text.startswith("A volcano is")
    assert output.text.endswith("called extinct.")


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("A mountain that spits lava", "is called extinct.", "not_marked"),
        ("A volcano is a mountain", "which nobody wrote", "not_marked"),
        ("will never erupt again", "A volcano is a mountain", "not_marked"),
        ("A volcano is a mountain", "where lava", "stub"),
    ],
)
def test_marks_that_mark_nothing(first, last, reason):
    task = ReverseInstruction(mark=True)
    assert marked(task, PAGE, first_words=first, last_words=last).reason == reason


def test_whole_and_mark_exclude_one_another():
    with pytest.raises(ValueError, match="choose one"):
        ReverseInstruction(whole=True, mark=True)


def rewritten(answer, document):
    mining = RewrittenAnswer().mine(case_for(document))
    next(mining)
    (second,) = mining.send([Reply("r1", "", data={"instruction": "Explain volcanoes."})])
    with pytest.raises(StopIteration) as stop:
        mining.send([Reply("r2", "", data={"answer": answer})])
    (item,) = stop.value.value
    return second, item


def test_a_rewritten_answer_keeps_the_original_beside_it(volcano):
    answer = volcano.text[:500].replace("\n", " ").strip()
    second, item = rewritten(answer, volcano)
    assert "Explain volcanoes." in second.messages[-1].content
    assert item.request_ids == ("r1", "r2")
    (span,) = item.finding.spans
    assert span.holds(volcano.text)
    (example,) = compose(item, {volcano.id: volcano}, Compose(), 0)
    assert (example.instruction, example.input, example.output, example.style) == (
        "Explain volcanoes.",
        "",
        answer,
        "rewritten",
    )
    assert example.evidence == (span,)


def test_facts_that_a_rewriting_adds_are_refused(volcano):
    answer = f"{volcano.text[:500]} In 1997 it killed 4711 people in Plymouth."
    _, item = rewritten(answer, volcano)
    documents = {volcano.id: volcano}
    (example,) = compose(item, documents, Compose(), 0)
    assert InstructionSupported().check(example, documents).reason == "answer_number"


def test_a_rewriting_of_another_length_is_none(volcano):
    assert rewritten("Lava.", volcano)[1].reason == "wrong_length"
    assert rewritten(volcano.text * 3, volcano)[1].reason == "wrong_length"
