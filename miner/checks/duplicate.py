"""No example says what an accepted one already says, word for word or nearly (MinHash).

Exact: the same instruction, input and output. Near: for the same task, an instruction with its
output (or an input with its output, where there is an input) whose word 5-grams overlap by
`threshold` or more with those of an example from other documents. Template: the same, once names,
numbers and quotations are masked, as in stubs on places of one county. Examples of one document may
resemble one another: they are variants, made on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from miner.shingles import exact_hash
from miner.signatures import SeenTexts
from miner.types import Check, Document, Example, Rejected

_NUMBER = re.compile(r"\d[\d.,:/-]*")
_NAME = re.compile(r"[\"“”]|\b[^\W\d_a-z][\w’'-]*(?:[ -][^\W\d_a-z][\w’'-]*)*")

LEAST_CHARACTERS = 80
"""Shorter texts resemble each other by chance; only their exact copies count."""


@dataclass
class _Seen:
    """What has passed so far in this run."""

    exact: dict[bytes, str] = field(default_factory=dict)
    near: dict[str, SeenTexts] = field(default_factory=dict)
    templates: dict[bytes, str] = field(default_factory=dict)
    documents: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Duplicate:
    """Refuses repetition; what came first in rank order stays."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"
    remembers: ClassVar[bool] = True

    threshold: float = 0.8
    """Jaccard similarity of word 5-grams from which two texts are near-duplicates."""
    _seen: _Seen = field(default_factory=_Seen, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError("'threshold' is a similarity above 0 and at most 1")

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if nothing like it has passed; it is then remembered."""
        del documents
        seen = self._seen
        key = exact_hash(f"{item.instruction}\x1f{item.input}\x1f{item.output}")
        if key in seen.exact:
            return Rejected("exact", f"the same as {seen.exact[key]}")
        near = seen.near.setdefault(item.task, SeenTexts(self.threshold))
        text = f"{item.input or item.instruction}\n{item.output}"
        if len(text) >= LEAST_CHARACTERS:
            found = near.find(text)
            if found and not seen.documents[found[0]] & set(item.documents):
                return Rejected("near", f"{found[1]:.2f} like {found[0]}")
            first = seen.templates.setdefault(_template(item.task, text), item.id)
            if first != item.id and not seen.documents[first] & set(item.documents):
                return Rejected("template", f"{first} with other names and numbers")
            near.add(item.id, text)
        seen.exact[key] = item.id
        seen.documents[item.id] = frozenset(item.documents)
        return None


def _template(task: str, text: str) -> bytes:
    """A key that texts share which differ in names, numbers and quotations alone."""
    return exact_hash(f"{task}\x1f{_NAME.sub('#', _NUMBER.sub('#', text))}")


PART: type[Check] = Duplicate
