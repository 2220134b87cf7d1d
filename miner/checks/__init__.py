"""What an annotation or an example must pass before it may be trained on, one check a file.

A check is a function of one item and the documents it rests on; those that compare items remember
what they let pass, in rank order. The standard list is cheap before dear and is on unless a recipe
says otherwise. What each one refuses, with real cases, stands in docs/quality.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from miner.types import Check

STANDARD = (
    "grounded",
    "complete",
    "output_clean",
    "evidence",
    "length",
    "secrets",
    "personal_data",
    "standalone",
    "leak",
    "instruction_supported",
    "format_round_trip",
    "duplicate",
)
"""Kinds that are on by default, annotations' before examples', cheap before dear."""


def standard() -> tuple[Check, ...]:
    """New instances of the standard checks, in the order in which they are asked."""
    from miner.recipe import find
    from miner.types import Check

    return tuple(find(Check, kind)() for kind in STANDARD)
