"""Instruction, input and output for what is extracted from a text: labels, guidelines, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from miner.compose import wordings
from miner.compose.choosing import prefer, written
from miner.compose.drafts import Draft
from miner.compose.formats.xml_tags import tag
from miner.compose.guidelines import KINDS, Guideline, stated
from miner.compose.schema import dropped, masked, one_batch
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.composing import Compose
    from miner.compose.content import Frame
    from miner.compose.dice import Dice
    from miner.compose.schema import Extraction
    from miner.types import Events, Phrases


def extracting(
    finding: Extraction, settings: Compose, language: str, dice: Dice
) -> Draft | Rejected:
    """Closed extraction by a batch of labels, with or without a guideline; or open extraction."""
    kind = type(finding).__name__
    if not finding.schema:
        return listing(finding, dice.choose(wordings.EXTRACT_OPEN[kind]), settings, language, dice)
    guideline = guideline_for(finding, settings)
    near = guideline.near if guideline else {}
    finding = one_batch(finding, near, settings.empty, dice)
    if guideline and dice.chance(settings.guideline_share):
        return _guided(finding, guideline, settings, language, dice)
    labels = tuple(finding.schema)
    wording = _asking(kind, labels, dice)
    if definitions := wordings.DEFINITIONS.get(frozenset(labels)):
        wording = f"{wording} {dice.choose(definitions)}"
    return listing(finding, wording, settings, language, dice)


def _guided(
    finding: Extraction, guideline: Guideline, settings: Compose, language: str, dice: Dice
) -> Draft | Rejected:
    finding = dropped(finding, settings.dropout, dice)
    labels = [guideline[name] for name in finding.schema]
    names = {label.name: label.name for label in labels}
    if dice.chance(settings.mask):
        finding, names = masked(finding)
    wording = _asking(type(finding).__name__, tuple(finding.schema), dice)
    rule = f" {dice.choose(guideline.rules)}" if guideline.rules and dice.chance(0.5) else ""
    head = dice.choose(wordings.GUIDELINE)
    text = f"{wording} {head}\n{stated(labels, dice, names)}\n{rule.strip()}".strip() + "\n"
    result = listing(finding, text, settings, language, dice)
    return result if isinstance(result, Rejected) else result._replace(guideline=guideline.name)


def arguing(
    finding: Events, trigger: str, settings: Compose, language: str, dice: Dice
) -> Draft | Rejected:
    """The arguments of one event, whose type and trigger the instruction names."""
    ((label, roles),) = finding.schema.items()
    wording = dice.choose(wordings.ARGUMENTS).replace("{event}", label)
    wording = wording.replace("{roles}", _joined(roles, "and")).replace("{trigger}", trigger)
    return listing(finding, wording, settings, language, dice)


def guideline_for(finding: Extraction, settings: Compose) -> Guideline | None:
    """The first of the recipe's guidelines that knows all labels of a finding."""
    kind = KINDS[type(finding).__name__]
    for guideline in settings.explained:
        if guideline.kind == kind and all(label in guideline for label in finding.schema):
            return guideline
    return None


def _asking(kind: str, labels: tuple[str, ...], dice: Dice) -> str:
    wording = dice.choose(wordings.EXTRACT[kind])
    if "{labels}" in wording:
        return wording.replace("{labels}", _joined(labels, "and"))
    return wording.replace("{labels_or}", _joined(labels, "or"))


def listing(
    finding: Extraction | Phrases, wording: str, settings: Compose, language: str, dice: Dice
) -> Draft | Rejected:
    """A list of what was found, after preference rules, in some format."""
    preferred = prefer(finding, settings, language, dice)
    rendered = written(preferred, settings, dice)
    if isinstance(rendered, Rejected):
        return rendered
    name, output = rendered
    asked = filled(dice.choose(settings.requests[name]), preferred.content.frame)
    said = [wording, *preferred.sentences, asked]
    if preferred.rules and preferred.rules[-1].absent:
        # What is said of keys comes behind the sentence that speaks of keys.
        said[-2:] = reversed(said[-2:])
    return Draft(
        " ".join(said).replace("\n ", "\n"), finding.text.text, output,
        preferred.finding, format=name, preferences=preferred.ids,
    )  # fmt: skip


def filled(sentence: str, frame: Frame) -> str:
    """A sentence that asks for a format, with its slots filled."""
    if "{labels}" in sentence:
        sentence = sentence.replace("{labels}", _quoted(frame.schema))
    if "{fields}" in sentence:
        sentence = sentence.replace("{fields}", _quoted(frame.fields))
    if "{row}" in sentence:
        sentence = sentence.replace("{row}", ", ".join(frame.fields))
    return sentence.replace("{example}", tag(frame.schema[0])) if frame.schema else sentence


def _joined(names: tuple[str, ...], word: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _quoted(names: tuple[str, ...]) -> str:
    return _joined(tuple([f'"{name}"' for name in names]), "and")
