"""Rules on what stands for a type of which the text has nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from miner.compose.preferences.rule import ROWS, Preference

if TYPE_CHECKING:
    from miner.types import Finding


def _as_it_is(finding: Finding) -> Finding:
    """The finding is the same: the format writes it otherwise."""
    return finding


RULES: tuple[Preference, ...] = (
    Preference("absent_null", "absent", ROWS, (
        "If the text has nothing of a type, its value is null.",
        "Use null for types that do not occur.",
    ), _as_it_is, needs_schema=True, formats=("json_by_label",), absent="null"),
    Preference("absent_nan", "absent", ROWS, (
        'If the text has nothing of a type, write "NAN" as its value.',
        'Types that do not occur get the value "NAN".',
    ), _as_it_is, needs_schema=True, formats=("json_by_label",), absent='"NAN"'),
    Preference("absent_left_out", "absent", ROWS, (
        "Leave out the keys of types that do not occur.",
        "Only types of which the text has something appear as keys.",
    ), _as_it_is, needs_schema=True, formats=("json_by_label", "yaml"), absent="omit"),
    Preference("absent_list", "absent", ROWS, (
        "If the text has nothing of a type, its value is an empty list.",
        "Keep every key, with an empty list for types that do not occur.",
    ), _as_it_is, needs_schema=True, formats=("json_by_label", "yaml"), absent="[]"),
)  # fmt: skip
