"""Rules on which items are listed, and in which order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from miner.compose.preferences.rule import LISTS, ROWS, Preference, with_items
from miner.types import (
    Answers,
    Attribute,
    Attributes,
    Entities,
    Entity,
    Event,
    Events,
    Finding,
    Phrases,
    Relation,
    Relations,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

T = TypeVar("T")
_ALL = LISTS | ROWS


def on_items(rule: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Callable[[Finding], Finding]:
    """Apply a rule to the items of a finding, or to the spans of an answer."""

    def apply(finding: Finding) -> Finding:
        if isinstance(finding, (Entities, Phrases, Relations, Attributes, Events)):
            items = rule(finding.items)
            return finding if items == finding.items else with_items(finding, items)
        if isinstance(finding, Answers) and not finding.answer and not finding.options:
            return replace(finding, spans=rule(finding.spans))
        return finding

    return apply


def shown(item: Any) -> str:
    """The first thing that a reader sees of an item."""
    return _span(item).text


def _span(item: Any) -> Span:
    return _FIRST[type(item)](item)


_FIRST: Mapping[type, Callable[[Any], Span]] = {
    Span: lambda item: item,
    Entity: attrgetter("span"),
    Relation: attrgetter("head"),
    Attribute: attrgetter("entity"),
    Event: attrgetter("trigger"),
}


def label_of(item: Any) -> str:
    """The item's label; empty where items have none."""
    return str(getattr(item, "label", ""))


def _key(item: Any) -> Hashable:
    """What makes two items the same in an answer."""
    tail = getattr(item, "tail", None) or getattr(item, "value", None)
    arguments = tuple((a.role, a.span.text) for a in getattr(item, "arguments", ()))
    return label_of(item), shown(item), tail.text if tail else "", arguments


def _unique(items: tuple[T, ...], key: Callable[[T], Hashable]) -> tuple[T, ...]:
    seen: dict[Hashable, T] = {}
    for item in items:
        seen.setdefault(key(item), item)
    return tuple(seen.values())


def first_mentions(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The first of those that read the same."""
    return _unique(items, _key)


def distinct_ignoring_case(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The first of those that read the same but for capitals."""
    return _unique(items, lambda item: (label_of(item), shown(item).casefold()))


def in_order(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """By place in the text."""
    return tuple(sorted(items, key=lambda item: (_span(item).start, _span(item).end)))


def from_the_end(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """By place in the text, the last first."""
    return tuple(sorted(items, key=lambda item: (-_span(item).start, -_span(item).end)))


def alphabetical(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """From A to Z, whatever the capitals."""
    return tuple(sorted(items, key=lambda item: (shown(item).casefold(), shown(item))))


def longest_first(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """By characters, the most first."""
    return tuple(sorted(items, key=lambda item: (-len(shown(item)), _span(item).start)))


def shortest_first(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """By characters, the fewest first."""
    return tuple(sorted(items, key=lambda item: (len(shown(item)), _span(item).start)))


def one_per_label(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The first in the text of each label."""
    kept = _unique(in_order(items), label_of)
    return tuple(item for item in items if item in kept)


def at_most(limit: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """The first so many in the text, in the order they had."""

    def rule(items: tuple[Any, ...]) -> tuple[Any, ...]:
        kept = in_order(items)[:limit]
        return tuple(item for item in items if item in kept) if len(items) > limit else items

    return rule


def outermost(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of items one within another, only the longest."""
    if _apart(items):
        return items
    return tuple(a for a in items if not any(_inside(a, b) for b in items))


def innermost(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of items one within another, only the shortest."""
    if _apart(items):
        return items
    return tuple(a for a in items if not any(_inside(b, a) for b in items))


def _apart(items: tuple[Any, ...]) -> bool:
    """Whether no item overlaps another, so that none lies within one."""
    bounds = sorted([(span.start, span.end) for span in map(_span, items)])
    return all(one[1] <= other[0] for one, other in itertools.pairwise(bounds))


def _inside(a: Any, b: Any) -> bool:
    one, other = _span(a), _span(b)
    within = other.start <= one.start and one.end <= other.end
    return within and (one.start, one.end) != (other.start, other.end)


def several_words(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Only those of two words or more."""
    return tuple(item for item in items if " " in shown(item).strip())


def with_letters(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Only those with a letter in them."""
    return tuple(item for item in items if any(c.isalpha() for c in shown(item)))


RULES: tuple[Preference, ...] = (
    Preference("outermost", "nesting", frozenset({"Entities"}), (
        "Where one item lies within another, give only the longer one.",
        "Of nested items keep the outermost.",
    ), on_items(outermost), of_names=True),
    Preference("innermost", "nesting", frozenset({"Entities"}), (
        "Where one item lies within another, give only the shorter one.",
        "Of nested items keep the innermost.",
    ), on_items(innermost), of_names=True),
    Preference("several_words", "amount", frozenset({"Entities"}), (
        "List only items of two or more words.",
        "Skip items that are a single word.",
    ), on_items(several_words), of_names=True),
    Preference("with_letters", "amount", frozenset({"Entities"}), (
        "Skip items that contain no letters.",
        "Leave out items made of digits and signs alone.",
    ), on_items(with_letters), of_names=True),
    # Key phrases are named once each, wherever else they stand.
    Preference("all_mentions", "repeats", frozenset({"Entities"}), (
        "List every mention, in the order of the text, even if it repeats an earlier one.",
        "Repeat an item as often as the text mentions it, in order of appearance.",
    ), on_items(in_order)),
    Preference("first_mentions", "repeats", _ALL, (
        "If the same item is mentioned several times, list it once.",
        "List each item only once, however often it occurs.",
        "No repetitions: each distinct item appears once.",
    ), on_items(first_mentions)),
    Preference("distinct_ignoring_case", "repeats", LISTS, (
        "Items that differ only in capital letters count as one; keep the first.",
        "Treat spellings that differ only in case as the same item and give the first.",
    ), on_items(distinct_ignoring_case), of_names=True),
    Preference("alphabetical", "order", _ALL, (
        "Sort the items alphabetically.",
        "Put the items in alphabetical order, ignoring case.",
        "Order them from A to Z.",
    ), on_items(alphabetical)),
    Preference("from_the_end", "order", _ALL, (
        "List the items in reverse order of appearance, the last one first.",
        "Begin with the item that comes last in the text and go backwards.",
    ), on_items(from_the_end)),
    Preference("longest_first", "order", LISTS, (
        "Order the items by length, the longest first.",
        "Start with the longest item and end with the shortest; equally long ones as in the text.",
    ), on_items(longest_first)),
    Preference("shortest_first", "order", LISTS, (
        "Order the items by length, the shortest first.",
        "Start with the shortest item and end with the longest; equally long ones as in the text.",
    ), on_items(shortest_first)),
    Preference("one_per_label", "amount", frozenset({"Entities"}), (
        "For each type give only the first item in the text.",
        "One item per type is enough: the one that comes first.",
    ), on_items(one_per_label), needs_schema=True),
    Preference("at_most_three", "amount", _ALL, (
        "Give at most three items: those that come first in the text.",
        "Stop after the first three items of the text.",
    ), on_items(at_most(3))),
    Preference("at_most_five", "amount", _ALL, (
        "Give at most five items: those that come first in the text.",
        "Stop after the first five items of the text.",
    ), on_items(at_most(5))),
)  # fmt: skip
"""In this order they are applied: what nests, what is skipped, what repeats, order, amount."""
