"""Changes of a text as edits, so that what refers to it by offsets can move with it."""

from __future__ import annotations

import bisect
import dataclasses
import difflib
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from miner.types import Document

Edit: TypeAlias = tuple[int, int, str]
"""Start, end, and what stands there instead. Edits are sorted and do not overlap."""

PLACED = ("headings", "links", "steps")
"""The keys of a document's meta whose items have offsets."""

COMPARED_CHARS = 5000
"""A longer line is compared at its two ends only: matching blocks cost the square of it."""


def edited(document: Document, edits: Sequence[Edit]) -> Document:
    """The document after the edits; a heading or link that one of them touches is left out."""
    if not edits:
        return document
    pieces: list[str] = []
    position = 0
    for start, end, new in edits:
        pieces += (document.text[position:start], new)
        position = end
    pieces.append(document.text[position:])
    meta = document.meta
    if any(key in meta for key in PLACED):
        meta = {k: _moved(v, edits) if k in PLACED else v for k, v in meta.items()}
    return dataclasses.replace(document, text="".join(pieces), meta=meta)


def substituted(document: Document, pattern: re.Pattern[str], new: str) -> Document:
    """The document with every match of a pattern replaced; `new` may name groups."""
    edits = [(*m.span(), m.expand(new)) for m in pattern.finditer(document.text)]
    return edited(document, edits)


def without_end(document: Document) -> Document:
    """The document without white space at its end, where nothing has its place."""
    return dataclasses.replace(document, text=document.text.rstrip())


def replaced(document: Document, text: str) -> Document:
    """The document with another text, edits being found by comparison where offsets need them."""
    if any(document.meta.get(key) for key in PLACED):
        return edited(document, list(differences(document.text, text)))
    return dataclasses.replace(document, text=text)


def differences(old: str, new: str) -> Iterable[Edit]:
    """Edits that turn `old` into `new`: compared by lines, and changed lines by characters."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    for tag, i, j, k, m in difflib.SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if tag == "replace" and j - i == m - k:
            for a, b in zip(range(i, j), range(k, m), strict=True):
                yield from _in_line(before[a], after[b], starts[a])
        elif tag != "equal":
            yield starts[i], starts[j], "".join(after[k:m])


def _in_line(old: str, new: str, start: int) -> Iterable[Edit]:
    if old == new:
        return
    if len(old) + len(new) > COMPARED_CHARS:
        head = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
        yield start + head, start + len(old), new[head:]
        return
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield start + i, start + j, new[k:m]


def _moved(items: Iterable[Any], edits: Sequence[Edit]) -> list[Any]:
    """The items that no edit touches, at their new offsets. Both are sorted or few."""
    ends = [end for _, end, _ in edits]
    shifts = [0]
    for start, end, new in edits:
        shifts.append(shifts[-1] + len(new) - (end - start))
    kept = []
    for item in items:
        before = bisect.bisect_right(ends, item["start"])
        untouched = before == len(edits) or edits[before][0] >= item["end"]
        if untouched:
            shift = shifts[before]
            kept.append({**item, "start": item["start"] + shift, "end": item["end"] + shift})
    return kept
