"""Instruction, input and output for questions on a text: every shape that an answer can have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from miner.compose import wordings
from miner.compose.choosing import as_found, prefer, written
from miner.compose.drafts import Draft
from miner.compose.formats.letter import mark
from miner.types import Answers, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.compose.composing import Compose
    from miner.compose.dice import Dice
    from miner.types import Annotation, Recalled

UNGROUNDED = "ungrounded"
"""The style of examples that rest on no document."""


def answering(
    annotation: Annotation, finding: Answers, settings: Compose, language: str, dice: Dice
) -> Draft | Rejected:
    """A question with its text, or by itself where it can stand by itself."""
    if annotation.meta.get("self_contained"):
        if dice.chance(settings.closed_book):
            return Draft(finding.question, "", plain(finding), finding)
        return _free(finding, dice) if finding.answer else _whole_passage(finding, dice)
    if annotation.meta.get("alone"):
        return Draft(finding.question, "", plain(finding), finding, style="rewritten")
    if annotation.meta.get("instruction"):
        return _ready(finding, dice)
    if bank := wordings.OF_FORM.get(annotation.meta.get("form", "")):
        return Draft(_asked(bank, finding, dice), shown(finding), plain(finding), finding)
    if finding.options:
        return _choice(finding, settings, dice)
    if not finding.spans and not finding.answer:
        return _unanswerable(finding, dice)
    if finding.answer:
        return _free(finding, dice)
    if len(finding.spans) > 1:
        return _several(finding, settings, language, dice)
    return _span(finding, settings, language, dice)


def recalled(finding: Recalled) -> Draft:
    """A question and what a model remembers, labelled as such."""
    said = _said(finding.turns)
    return Draft(finding.question, said, finding.answer, finding, style=UNGROUNDED)


def plain(finding: Answers) -> str:
    """The answer as text."""
    return finding.answer or "\n".join(span.text for span in finding.spans)


def shown(finding: Answers) -> str:
    """What the question is asked on: the text, further passages, and the turns before."""
    passages = [finding.text, *finding.context]
    text = finding.text.text
    if len(passages) > 1:
        text = "\n\n".join(f"Passage {i}:\n{p.text}" for i, p in enumerate(passages, 1))
    if finding.turns:
        text = f"{text}\n\n{_said(finding.turns)}"
    return text


def _said(turns: Sequence[tuple[str, str]]) -> str:
    lines = "\n".join(f"Question: {q}\nAnswer: {a}" for q, a in turns)
    return f"Conversation so far:\n{lines}" if turns else ""


def _asked(bank: tuple[str, ...], finding: Answers, dice: Dice) -> str:
    return dice.choose(bank).replace("{question}", finding.question)


def _ready(finding: Answers, dice: Dice) -> Draft:
    """An instruction as it stands; where it asks whether something is so, it says how to answer."""
    asked = finding.question
    if finding.answer in {"yes", "no"}:
        asked = dice.choose(wordings.YES_OR_NO).replace("{question}", asked)
    return Draft(asked, shown(finding), plain(finding), finding)


def _whole_passage(finding: Answers, dice: Dice) -> Draft:
    """A question whose answer is a long piece of the text."""
    is_question = finding.question.endswith("?")
    bank = wordings.READ_AND_QUOTE if is_question else wordings.READ_AND_TELL
    return Draft(_asked(bank, finding, dice), finding.text.text, plain(finding), finding)


def _span(finding: Answers, settings: Compose, language: str, dice: Dice) -> Draft:
    preferred = prefer(finding, settings, language, dice)
    parts = [_asked(wordings.EXTRACT_ANSWER, finding, dice), *preferred.sentences]
    if dice.chance(wordings.MENTIONS_ABSENCE):
        parts.append(
            dice.choose(wordings.IF_ABSENT).replace("{absent}", dice.choose(wordings.ABSENT))
        )
    changed = preferred.finding
    text = plain(changed) if isinstance(changed, Answers) else ""
    return Draft(" ".join(parts), shown(finding), text, changed, preferences=preferred.ids)


def _unanswerable(finding: Answers, dice: Dice) -> Draft:
    absent = dice.choose(wordings.ABSENT)
    sentence = dice.choose(wordings.IF_ABSENT).replace("{absent}", absent)
    instruction = f"{_asked(wordings.EXTRACT_ANSWER, finding, dice)} {sentence}"
    return Draft(
        instruction, shown(finding), absent, finding,
        preferences=(f"absent:{absent}",), evidence=(finding.text,),
    )  # fmt: skip


def _free(finding: Answers, dice: Dice) -> Draft:
    bank: tuple[str, ...] = wordings.ANSWER_FREELY
    if finding.turns:
        bank = wordings.ANSWER_NEXT
    elif finding.context:
        bank = wordings.ANSWER_FROM_SEVERAL
    if finding.answer.lower() in {"yes", "no"}:
        bank = wordings.ANSWER_YES_NO
    elif finding.answer.lower() == "maybe":
        bank = wordings.ANSWER_YES_NO_MAYBE
    return Draft(_asked(bank, finding, dice), shown(finding), finding.answer, finding)


def _several(finding: Answers, settings: Compose, language: str, dice: Dice) -> Draft | Rejected:
    preferred = prefer(finding, settings, language, dice)
    rendered = written(preferred, settings, dice)
    if isinstance(rendered, Rejected):
        return rendered
    name, output = rendered
    parts = [_asked(wordings.EXTRACT_ANSWERS, finding, dice), *preferred.sentences]
    parts.append(dice.choose(settings.requests[name]))
    return Draft(
        " ".join(parts), shown(finding), output, preferred.finding,
        format=name, preferences=preferred.ids,
    )  # fmt: skip


def _choice(finding: Answers, settings: Compose, dice: Dice) -> Draft | Rejected:
    """Options in a new order each time, so that no letter is right more often than another."""
    mixed = replace(finding, options=tuple(dice.shuffled(finding.options)))
    rendered = written(as_found(mixed), settings, dice)
    if isinstance(rendered, Rejected):
        return rendered
    name, output = rendered
    options = "\n".join(f"{_marker(name, i)} {option}" for i, option in enumerate(mixed.options))
    bank = wordings.CHOOSE_FOR_SEVERAL if mixed.context else wordings.CHOOSE
    instruction = f"{_asked(bank, mixed, dice)}\n{options}\n"
    instruction += dice.choose(settings.requests[name])
    return Draft(instruction, shown(mixed), output, mixed, format=name)


def _marker(name: str, place: int) -> str:
    return {"letter": f"{mark(place)}.", "number": f"{place + 1}."}.get(name, "-")
