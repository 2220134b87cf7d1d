"""Reverse instruction: what is sent, what is stored, and how a reply is read."""

from __future__ import annotations

from collections import Counter

import pytest
from task_cases import VOLCANO, case_for

from miner.errors import RecipeError
from miner.prompts import MARK
from miner.tasks.cues import instruction_in
from miner.tasks.reverse_instruction import ReverseInstruction
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


# Defect 1 of PAPERS section 6: words that look like a marker for "no answer" are answers.
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
