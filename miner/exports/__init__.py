"""Examples and documents as files that trainers read, and the card that says what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from miner.types import Export

STANDARD = ("messages", "alpaca", "sharegpt")
"""Formats that every run writes unless its recipe says otherwise; the first is the default."""


def standard() -> tuple[Export, ...]:
    """New instances of the standard formats."""
    from miner.recipe import find
    from miner.types import Export

    return tuple(find(Export, kind)() for kind in STANDARD)
