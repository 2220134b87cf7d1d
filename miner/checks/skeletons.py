"""No one phrasing of instructions dominates: names, numbers and titles masked, few may be alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from miner.types import Check, Document, Example, Rejected

_QUOTED = re.compile(r"“[^”\n]*”|\"[^\"\n]*\"|«[^»\n]*»|「[^」\n]*」")
_NUMBER = re.compile(r"\d[\d.,:/-]*")
_NAME = re.compile(r"\b[^\W\d_a-z][\w’'-]*(?:[ -][^\W\d_a-z][\w’'-]*)*")
_LISTED = re.compile(r"(?:\[Q\](?:, | and |; | or )?)+")

TOTAL = ""
"""No instruction's skeleton is empty."""


@dataclass(frozen=True)
class Skeletons:
    """Refuses an instruction whose skeleton already makes up its share of the run.

    Off unless a recipe names it: what templates write has few skeletons by design, and the report
    lists the commonest in any case.
    """

    subject: ClassVar[Literal["annotation", "example"]] = "example"
    remembers: ClassVar[bool] = True

    share: float = 0.02
    """Largest share of the accepted examples that one skeleton may have."""
    free: int = 20
    """So many of each are let through before shares count, since the first ones are all a large
    share."""
    _seen: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)
    """How often each passed, and under TOTAL all of them."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError("'share' is above 0 and at most 1")

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if there is room for one more of its kind."""
        del documents
        mask = skeleton(item.instruction, item.title)
        many, total = self._seen[mask], self._seen[TOTAL]
        if many >= max(self.free, self.share * (total + 1)):
            return Rejected("too_many", f"{many} of {total}: {mask[:160]}")
        self._seen[mask] += 1
        self._seen[TOTAL] += 1
        return None


def skeleton(instruction: str, titles: tuple[str, ...] = ()) -> str:
    """An instruction with titles, quotations, numbers and names taken out.

    The same text stands in reports: what is equal there is counted as one here.
    """
    for title in titles:
        if len(title) > 1:
            instruction = re.sub(re.escape(title), "[T]", instruction, flags=re.IGNORECASE)
    masked = _LISTED.sub("[Q] ", _QUOTED.sub("[Q]", instruction))
    masked = _NUMBER.sub("[N]", masked)
    first = re.match(r"\W*\w+", masked)
    start = first.end() if first else 0
    # A capital at the beginning of a sentence is no name.
    rest = re.sub(r"([.!?:]\s+)(\w+)", lambda m: m[1] + m[2].lower(), masked[start:])
    rest = re.sub(r"\[[TQN]\]", lambda m: m[0].lower(), rest)
    return " ".join((masked[:start] + _NAME.sub("[name]", rest)).split())


PART: type[Check] = Skeletons
