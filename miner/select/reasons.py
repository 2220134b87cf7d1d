"""Why a node did not take a document: each reason's word, and a sentence for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "below_floor": "it does not belong surely enough: {}",
    "near_duplicate": "it says nearly the same as another document, which stays: {}",
    "owned_elsewhere": "another node has it: {}",
    "capped": "its site or source has given all that the recipe allows: {}",
    "not_needed": "the node is full: {}",
    "barred": "its {} is not one that the recipe allows",
    "unread": "the encoder was not made for its {}",
    "excluded": "it is excluded, since an earlier selection has it",
    "outside_domain": "it is outside the domain: its probability of that is {}",
    "repeats_example": "it repeats one of the domain's examples",
}
"""The braces take what stands behind the word."""


def said(reason: str) -> str:
    """A candidate's reason, `word: detail`, as a sentence; a word that is not known stays."""
    word, _, detail = reason.partition(": ")
    return REASONS[word].format(detail) if word in REASONS else reason
