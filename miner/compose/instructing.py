"""Instruction, input and output for each kind of finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from miner.compose import length, wordings
from miner.compose.content import Content, content_of
from miner.compose.formats import formats, render
from miner.compose.formats.label import NONE
from miner.compose.formats.letter import mark
from miner.compose.formats.xml_tags import tag
from miner.types import (
    Answers,
    Attributes,
    Entities,
    Events,
    Finding,
    Labels,
    Phrases,
    Rejected,
    Relations,
    Span,
    Writing,
)

if TYPE_CHECKING:
    from miner.compose.composing import Compose
    from miner.compose.dice import Dice
    from miner.types import Annotation

Extraction: TypeAlias = Entities | Relations | Events | Attributes


@dataclass(frozen=True, slots=True)
class Draft:
    """An example before its provenance. `finding` is what the output renders."""

    instruction: str
    input: str
    output: str
    finding: Finding
    style: str = "template"
    format: str = ""
    preferences: tuple[str, ...] = ()
    evidence: tuple[Span, ...] = ()


def draft(annotation: Annotation, settings: Compose, language: str, dice: Dice) -> Draft | Rejected:
    """One example's worth of an annotation."""
    finding = annotation.finding
    if isinstance(finding, Writing):
        return _writing(finding, settings, language, dice)
    if isinstance(finding, Answers):
        closed = bool(annotation.meta.get("self_contained")) and dice.chance(settings.closed_book)
        return _closed_book(finding) if closed else _answers(finding, settings, dice)
    if isinstance(finding, Labels):
        return _labels(finding, settings, dice)
    if isinstance(finding, Phrases):
        return _listed(finding, dice.choose(wordings.PHRASES), settings, dice)
    return _extraction(finding, settings, dice)


def _writing(finding: Writing, settings: Compose, language: str, dice: Dice) -> Draft:
    instruction = finding.instruction
    said: tuple[str, ...] = ()
    if language == "en" and finding.style != "search" and dice.chance(settings.length_clause):
        stated = length.clause(finding.output.text, language, dice)
        if stated and not length.stated(instruction):
            instruction = f"{_closed(instruction)} {stated[0]}"
            said = (stated[1],)
    return Draft(
        instruction, "", finding.output.text, finding, style=finding.style, preferences=said
    )


def _closed(sentence: str) -> str:
    return sentence if sentence.rstrip().endswith((".", "?", "!", "”", '"')) else f"{sentence}."


def _closed_book(finding: Answers) -> Draft:
    return Draft(finding.question, "", _plain(finding), finding)


def _answers(finding: Answers, settings: Compose, dice: Dice) -> Draft | Rejected:
    del settings
    if len(finding.spans) != 1 or finding.options or finding.answer:
        return Rejected("no_wording", "answers of this shape")
    question = finding.question
    bank = wordings.READ_AND_ANSWER if question.endswith("?") else wordings.READ_AND_TELL
    wording = dice.choose(bank)
    return Draft(
        wording.replace("{question}", question), finding.text.text, _plain(finding), finding
    )


def _plain(finding: Answers) -> str:
    return finding.answer or "\n".join(span.text for span in finding.spans)


def _labels(finding: Labels, settings: Compose, dice: Dice) -> Draft | Rejected:
    content = content_of(finding)
    name, output = _rendered(content, settings, dice, labels=finding.options)
    if isinstance(output, Rejected):
        return output
    bank = wordings.CLASSIFY.get(finding.question, wordings.CLASSIFY[""])
    shown = _options(finding.options, name)
    instruction = dice.choose(bank).replace("{options}", shown)
    none = {"letter": f"{mark(len(finding.options))}", "number": str(len(finding.options) + 1)}
    instruction += " " + dice.choose(wordings.NONE_OF_THEM).replace("{none}", none.get(name, NONE))
    instruction += " " + dice.choose(formats()[name].sentences)
    return Draft(instruction, finding.text.text, output, finding, format=name)


def _options(options: tuple[str, ...], form: str) -> str:
    if form == "letter":
        return "; ".join(f"({mark(i)}) {option}" for i, option in enumerate(options))
    if form == "number":
        return "; ".join(f"{i + 1}. {option}" for i, option in enumerate(options))
    return ", ".join(f"“{option}”" for option in options)


def _extraction(finding: Extraction, settings: Compose, dice: Dice) -> Draft | Rejected:
    kind = type(finding).__name__
    labels = tuple(finding.schema)
    bank = wordings.EXTRACT[kind] if labels else wordings.EXTRACT_OPEN[kind]
    wording = dice.choose(bank)
    wording = wording.replace("{labels_or}", _joined(labels, "or"))
    wording = wording.replace("{labels}", _joined(labels, "and"))
    if definitions := wordings.DEFINITIONS.get(labels):
        wording = f"{wording} {dice.choose(definitions)}"
    return _listed(finding, wording, settings, dice)


def _listed(
    finding: Extraction | Phrases, wording: str, settings: Compose, dice: Dice
) -> Draft | Rejected:
    content = content_of(finding)
    labels = content.schema
    name, output = _rendered(content, settings, dice, labels=labels)
    if isinstance(output, Rejected):
        return output
    sentence = dice.choose(formats()[name].sentences)
    sentence = sentence.replace("{labels}", _quoted(labels))
    sentence = sentence.replace("{fields}", _quoted(content.fields))
    if "{example}" in sentence:
        sentence = sentence.replace("{example}", tag(labels[0]))
    return Draft(f"{wording} {sentence}", finding.text.text, output, finding, format=name)


def _rendered(
    content: Content, settings: Compose, dice: Dice, labels: tuple[str, ...]
) -> tuple[str, str | Rejected]:
    """The name of a format that can hold the rows, and the answer in it."""
    allowed = settings.formats or tuple(formats())
    able = [name for name in allowed if content.kind in formats()[name].holds]
    if not labels:
        able = [name for name in able if name != "json_by_label"]
    refused: Rejected = Rejected("no_format", f"none of the formats holds {content.kind}")
    for name in dice.shuffled(able):
        text = render(name, content)
        if isinstance(text, str):
            return name, text
        refused = text
    return "", refused


def _joined(names: tuple[str, ...], word: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _quoted(names: tuple[str, ...]) -> str:
    return _joined(tuple(f'"{name}"' for name in names), "and")
