"""Which preference rules an example states, and the format in which its answer is written."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from miner.compose.content import Content, content_of
from miner.compose.formats import formats, render
from miner.compose.preferences import Preference, applicable
from miner.compose.wordings import VALUES
from miner.types import Answers, Entities, Finding, Labels, Phrases, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.compose.composing import Compose
    from miner.compose.dice import Dice


class Preferred(NamedTuple):
    """A finding after the rules that the instruction states."""

    finding: Finding
    content: Content
    """The rows to be written down."""
    rules: tuple[Preference, ...] = ()
    sentences: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the rules."""
        return tuple([rule.id for rule in self.rules])


def as_found(finding: Finding) -> Preferred:
    """A finding without rules."""
    return Preferred(finding, content_of(finding))


def prefer(finding: Finding, settings: Compose, language: str, dice: Dice) -> Preferred:
    """Apply rules by chance: one of a group, in a fixed order, each still true at the end."""
    if not dice.chance(settings.preference_share):
        return as_found(finding)
    allowed = settings.preferences
    rules = applicable(finding, language, settings.pipeline)
    if allowed:
        rules = [rule for rule in rules if rule.id in allowed]
    wanted = 1 + dice.below(settings.max_preferences) if settings.max_preferences else 0
    picked: dict[str, int] = {}
    places = list(range(len(rules)))
    while places and len(picked) < wanted:
        place = places.pop(dice.below(len(places)))
        if rules[place].group not in picked and _matters(rules[place], finding):
            picked[rules[place].group] = place
    in_order = [rules[place] for place in sorted(picked.values())]
    result = _applied(finding, in_order)
    while in_order and not _stands(result, finding, in_order):
        in_order.pop()
        result = _applied(finding, in_order)
    more = settings.further.preferences
    sentences = [dice.choose((*rule.sentences, *more.get(rule.id, ()))) for rule in in_order]
    content = content_of(result)
    for rule in in_order:
        if rule.absent:
            content = content._replace(frame=content.frame._replace(absent=rule.absent))
    return Preferred(result, content, tuple(in_order), tuple(sentences))


def _matters(rule: Preference, finding: Finding) -> bool:
    """Whether it is worth stating: lists of one have no order, single labels no number."""
    if rule.absent:
        present = {item.label for item in getattr(finding, "items", ())}
        return any(label not in present for label in getattr(finding, "schema", ()))
    if isinstance(finding, Labels):
        # Of topics one within the other nobody would ask for the one that is listed first.
        return finding.multiple and not (finding.question == "topic" and rule.id == "single_label")
    if rule.of_names and _is_of_values(finding):
        return False
    if rule.group in {"order", "repeats", "amount", "nesting"}:
        return len(_found(finding)) > 1
    return True


def _is_of_values(finding: Finding) -> bool:
    """Whether dates and measures are asked for: nobody would speak of their titles or quotes."""
    return isinstance(finding, Entities) and all(
        item.label in VALUES or any(c.isdigit() for c in item.span.text) for item in finding.items
    )


def _found(finding: Finding) -> Sequence[object]:
    """What a finding lists."""
    if isinstance(finding, Answers):
        return finding.spans or finding.answer
    if isinstance(finding, Labels):
        return finding.labels
    return getattr(finding, "items", ())


def _applied(finding: Finding, rules: list[Preference]) -> Finding:
    for rule in rules:
        finding = rule.apply(finding)
    return finding


def _stands(result: Finding, before: Finding, rules: list[Preference]) -> bool:
    """Whether every rule holds at the end, and something is left of what there was.

    A rule holds of what it made, so the last one need not be asked again.
    """
    if any(rule.apply(result) != result for rule in rules[:-1]):
        return False
    return bool(_found(result)) or not (isinstance(before, Phrases) or _found(before))


_OF_LISTS = frozenset({"order", "repeats", "amount"})
_NEED_LABELS = ("json_by_label", "yaml", "code", "xml_tags")


@functools.cache
def _able(kind: str, allowed: tuple[str, ...], closed: bool) -> tuple[str, ...]:  # noqa: FBT001
    """Formats for a kind of finding; some write labels down, and need a schema for it."""
    return tuple(
        name
        for name, form in formats().items()
        if kind in form.holds
        and (not allowed or name in allowed)
        and (closed or name not in _NEED_LABELS)
    )


def written(preferred: Preferred, settings: Compose, dice: Dice) -> tuple[str, str] | Rejected:
    """The name of a format that can hold the rows, and the answer in it."""
    content = preferred.content
    kind = content.frame.kind
    able = _able(kind, settings.formats, bool(content.frame.schema))
    for rule in preferred.rules:
        if rule.formats:
            able = tuple(name for name in able if name in rule.formats)
        if rule.group in _OF_LISTS:  # who marks every item in the text makes no list of them
            able = tuple(name for name in able if name != "xml_tags") or able
    refused = Rejected("no_format", f"none of the formats holds {kind}")
    while able:
        name = dice.choose(able)
        text = render(name, content)
        if isinstance(text, str):
            return name, text
        refused = text
        able = tuple([other for other in able if other != name])
    return refused
