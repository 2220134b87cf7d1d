"""Rules on labels: how their names are written, and how many a text may have."""

from __future__ import annotations

import operator
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from miner.compose.preferences.rule import ROWS, Preference, with_items
from miner.compose.schema import relabelled
from miner.types import Attributes, Entities, Events, Finding, Labels, Relations

if TYPE_CHECKING:
    from collections.abc import Callable


def renamed(finding: Finding, name: Callable[[str], str]) -> Finding:
    """The finding with its labels renamed; unchanged if two of them would become one."""
    if not isinstance(finding, (Entities, Relations, Events, Attributes)):
        return finding
    names = {label: name(label) for label in finding.schema}
    same = all(map(operator.eq, names, names.values()))
    return finding if same or len(set(names.values())) < len(names) else relabelled(finding, names)


def _on_labels(name: Callable[[str], str]) -> Callable[[Finding], Finding]:
    return lambda finding: renamed(finding, name)


def snake(label: str) -> str:
    """Turn "Creative work" to "creative_work"."""
    return re.sub(r"[^\w]+", "_", label).strip("_").lower() or label


def sorted_schema(finding: Finding) -> Finding:
    """The labels in alphabetical order, and the items by label."""
    if isinstance(finding, Events):
        ordered = dict(sorted(finding.schema.items(), key=lambda pair: pair[0].casefold()))
        by_type = tuple(sorted(finding.items, key=lambda event: event.label.casefold()))
        return with_items(finding, by_type, ordered)
    if isinstance(finding, (Entities, Relations, Attributes)):
        schema = tuple(sorted(finding.schema, key=str.casefold))
        items = tuple(sorted(finding.items, key=lambda item: item.label.casefold()))
        return with_items(finding, items, schema)
    return finding


def single(finding: Finding) -> Finding:
    """Only the first of the labels, in the order of the options."""
    if isinstance(finding, Labels) and len(finding.labels) > 1:
        first = min(finding.labels, key=finding.options.index)
        return replace(finding, labels=(first,))
    return finding


def as_listed(finding: Finding) -> Finding:
    """The labels in the order of the options."""
    if isinstance(finding, Labels):
        return replace(finding, labels=tuple(o for o in finding.options if o in finding.labels))
    return finding


RULES: tuple[Preference, ...] = (
    Preference("upper_labels", "label_case", ROWS, (
        "Write the names of the types in capital letters.",
        "Type names are given in upper case.",
    ), _on_labels(str.upper), needs_schema=True),
    Preference("lower_labels", "label_case", ROWS, (
        "Write the names of the types in lower case.",
        "Use lower-case letters for the type names.",
    ), _on_labels(str.lower), needs_schema=True),
    Preference("snake_labels", "label_case", ROWS, (
        "Write type names in lower case, with underscores in place of spaces and hyphens.",
        "Use snake_case for the type names.",
    ), _on_labels(snake), needs_schema=True),
    Preference("sorted_labels", "order", ROWS, (
        "Order the result by type, the types alphabetically.",
        "Group the items by type and sort the types from A to Z.",
    ), sorted_schema, needs_schema=True),
    Preference("single_label", "label_count", frozenset({"Labels"}), (
        "Give one label only: of those that fit, the one that is listed first.",
        "If several options fit, answer with the first of them in the list.",
    ), single),
    Preference("labels_as_listed", "label_count", frozenset({"Labels"}), (
        "If several options fit, give all of them, in the order of the list.",
        "Name every option that applies, in the order in which they are listed.",
    ), as_listed),
)  # fmt: skip
