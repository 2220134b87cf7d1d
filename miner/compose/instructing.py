"""Instruction, input and output for each kind of finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from miner.compose import length, wordings
from miner.compose.choosing import prefer, written
from miner.compose.drafts import Draft
from miner.compose.extracting import arguing, extracting, listing
from miner.compose.formats import formats
from miner.compose.formats.label import NONE
from miner.compose.formats.letter import mark
from miner.compose.questions import answering, recalled
from miner.types import (
    Answers,
    Attributes,
    Entities,
    Events,
    Labels,
    Phrases,
    Rejected,
    Relations,
    Writing,
)

if TYPE_CHECKING:
    from miner.compose.composing import Compose
    from miner.compose.dice import Dice
    from miner.types import Annotation


def draft(annotation: Annotation, settings: Compose, language: str, dice: Dice) -> Draft | Rejected:
    """One example's worth of an annotation."""
    finding = annotation.finding
    if isinstance(finding, (Entities, Relations, Attributes)):
        return extracting(finding, settings, language, dice)
    if isinstance(finding, Events):
        if trigger := annotation.meta.get("trigger"):
            return arguing(finding, str(trigger), settings, language, dice)
        return extracting(finding, settings, language, dice)
    if isinstance(finding, Writing):
        given = str(annotation.meta.get("input", ""))
        return _writing(finding, settings, language, dice)._replace(input=given)
    if isinstance(finding, Answers):
        return answering(annotation, finding, settings, language, dice)
    if isinstance(finding, Labels):
        return _labels(finding, settings, language, dice)
    if isinstance(finding, Phrases):
        return listing(finding, dice.choose(wordings.PHRASES), settings, language, dice)
    return recalled(finding)


def _writing(finding: Writing, settings: Compose, language: str, dice: Dice) -> Draft:
    instruction = finding.instruction
    said: tuple[str, ...] = ()
    if (
        language == "en"
        and finding.style not in {"search", "record"}
        and dice.chance(settings.length_clause)
    ):
        stated = length.clause(finding.output.text, language, dice)
        if stated and not length.stated(instruction):
            below = "\n\n" if "\n" in instruction else " "
            instruction = f"{_closed(instruction)}{below}{stated[0]}"
            said = (stated[1],)
    return Draft(
        instruction, "", finding.output.text, finding, style=finding.style, preferences=said
    )


def _closed(sentence: str) -> str:
    return sentence if sentence.rstrip().endswith((".", "?", "!", "”", '"')) else f"{sentence}."


def _labels(finding: Labels, settings: Compose, language: str, dice: Dice) -> Draft | Rejected:
    preferred = prefer(finding, settings, language, dice)
    rendered = written(preferred, settings, dice)
    if isinstance(rendered, Rejected):
        return rendered
    name, output = rendered
    bank = wordings.CLASSIFY.get(finding.question, wordings.CLASSIFY[""])
    if finding.multiple:
        bank = wordings.EVENT_TYPES if finding.question == "event" else wordings.CLASSIFY_SEVERAL
    wording = dice.choose(bank).replace("{question}", finding.question or "class")
    parts = [wording.replace("{options}", options_shown(finding.options, name))]
    none = {"letter": mark(len(finding.options)), "number": str(len(finding.options) + 1)}
    parts.append(dice.choose(wordings.NONE_OF_THEM).replace("{none}", none.get(name, NONE)))
    form = formats()[name]
    sentences = getattr(form, "several", ()) if finding.multiple else ()
    sentences = sentences or settings.requests[name]
    instruction = " ".join([*parts, *preferred.sentences, dice.choose(sentences)])
    return Draft(
        instruction, finding.text.text, output, preferred.finding,
        format=name, preferences=preferred.ids,
    )  # fmt: skip


def options_shown(options: tuple[str, ...], form: str) -> str:
    """The options of a choice, marked as the format of its answer needs it."""
    if form == "letter":
        return "; ".join(f"({mark(i)}) {option}" for i, option in enumerate(options))
    if form == "number":
        return "; ".join(f"{i + 1}. {option}" for i, option in enumerate(options))
    return ", ".join(f"“{option}”" for option in options)
