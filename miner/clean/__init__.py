"""Cleaners, one a file: each mends, tags or turns away a document, and says why."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from miner import recipe
from miner.types import Cleaner, Document, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

_kinds: dict[type, str] = {}


def run(cleaners: Sequence[Cleaner], document: Document) -> Document | Rejected:
    """Send a document through the cleaners in their order, to the end or to the first refusal.

    Returns:
        The document with the hash of its text as it came in, and the kinds of the cleaners that
        changed the text; or a Rejected whose reason is "<kind>:<rule>".
    """
    raw_sha256 = document.raw_sha256 or document.sha256
    changed = list(document.cleaners)
    for cleaner in cleaners:
        result = cleaner.clean(document)
        if isinstance(result, Rejected):
            return Rejected(f"{_kind(cleaner)}:{result.reason}", result.detail)
        if result.text is not document.text and result.text != document.text:
            changed.append(_kind(cleaner))
        document = result
    return dataclasses.replace(document, raw_sha256=raw_sha256, cleaners=tuple(changed))


def _kind(cleaner: Cleaner) -> str:
    kind = _kinds.get(type(cleaner))
    if kind is None:
        kind = _kinds[type(cleaner)] = recipe.kind_of(cleaner)
    return kind
