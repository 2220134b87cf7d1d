"""Instruction, input and output for each kind of finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from miner.compose import length, wordings
from miner.compose.choosing import prefer, written
from miner.compose.drafts import Draft
from miner.compose.formats import formats
from miner.compose.formats.label import NONE
from miner.compose.formats.letter import mark
from miner.compose.formats.xml_tags import tag
from miner.compose.questions import answering
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

Extraction: TypeAlias = Entities | Relations | Events | Attributes


def draft(annotation: Annotation, settings: Compose, language: str, dice: Dice) -> Draft | Rejected:
    """One example's worth of an annotation."""
    finding = annotation.finding
    if isinstance(finding, Writing):
        return _writing(finding, settings, language, dice)
    if isinstance(finding, Answers):
        return answering(annotation, finding, settings, language, dice)
    if isinstance(finding, Labels):
        return _labels(finding, settings, language, dice)
    if isinstance(finding, Phrases):
        return _listed(finding, dice.choose(wordings.PHRASES), settings, language, dice)
    return _extraction(finding, settings, language, dice)


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


def _labels(finding: Labels, settings: Compose, language: str, dice: Dice) -> Draft | Rejected:
    preferred = prefer(finding, settings, language, dice)
    rendered = written(preferred, settings, dice)
    if isinstance(rendered, Rejected):
        return rendered
    name, output = rendered
    bank = wordings.CLASSIFY.get(finding.question, wordings.CLASSIFY[""])
    if finding.multiple:
        bank = wordings.CLASSIFY_SEVERAL
    wording = dice.choose(bank).replace("{question}", finding.question or "class")
    parts = [wording.replace("{options}", options_shown(finding.options, name))]
    none = {"letter": mark(len(finding.options)), "number": str(len(finding.options) + 1)}
    parts.append(dice.choose(wordings.NONE_OF_THEM).replace("{none}", none.get(name, NONE)))
    form = formats()[name]
    sentences = getattr(form, "several", form.sentences) if finding.multiple else form.sentences
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


def _extraction(
    finding: Extraction, settings: Compose, language: str, dice: Dice
) -> Draft | Rejected:
    kind = type(finding).__name__
    labels = tuple(finding.schema)
    wording = dice.choose(wordings.EXTRACT[kind] if labels else wordings.EXTRACT_OPEN[kind])
    wording = wording.replace("{labels_or}", _joined(labels, "or"))
    wording = wording.replace("{labels}", _joined(labels, "and"))
    if definitions := wordings.DEFINITIONS.get(labels):
        wording = f"{wording} {dice.choose(definitions)}"
    return _listed(finding, wording, settings, language, dice)


def _listed(
    finding: Extraction | Phrases, wording: str, settings: Compose, language: str, dice: Dice
) -> Draft | Rejected:
    preferred = prefer(finding, settings, language, dice)
    rendered = written(preferred, settings, dice)
    if isinstance(rendered, Rejected):
        return rendered
    name, output = rendered
    asked = format_sentence(name, preferred.content.schema, preferred.content.fields, dice)
    return Draft(
        " ".join([wording, *preferred.sentences, asked]), finding.text.text, output,
        preferred.finding, format=name, preferences=preferred.ids,
    )  # fmt: skip


def format_sentence(name: str, labels: tuple[str, ...], fields: tuple[str, ...], dice: Dice) -> str:
    """The sentence that asks for a format, with its slots filled."""
    sentence = dice.choose(formats()[name].sentences)
    sentence = sentence.replace("{labels}", _quoted(labels))
    sentence = sentence.replace("{fields}", _quoted(fields))
    return sentence.replace("{example}", tag(labels[0])) if labels else sentence


def _joined(names: tuple[str, ...], word: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _quoted(names: tuple[str, ...]) -> str:
    return _joined(tuple(f'"{name}"' for name in names), "and")
