"""A plain sentence for each thing found."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import STRING, cell, fail, string_in

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format
    from miner.types import Rejected

NOTHING = "The text mentions nothing of the kind."
# What is said of a row, and where in the sentence each of its fields stands.
_FORMS = {
    ("Entities", 1): ("The text mentions {0}.", (0,)),
    ("Entities", 2): ("{1} is of the type {0}.", (1, 0)),
    ("Relations", 3): ("{0} stands in the relation {1} to {2}.", (0, 1, 2)),
    ("Attributes", 3): ("For {0}, the attribute {1} has the value {2}.", (0, 1, 2)),
}


@functools.cache
def _pattern(form: str) -> re.Pattern[str]:
    """What reads a sentence of this form: a JSON string in each slot."""
    return re.compile(re.sub(r"\\\{\d\\\}", lambda _: f"({STRING})", re.escape(form)))


class Sentences:
    """Whatever comes from the text or the schema stands in double quotes."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer in plain sentences, one per item, with names and values in double quotes.",
        "Write one short sentence per item and put what comes from the text in double quotes.",
        "State each finding as a sentence of its own, with quoted names.",
    )

    def render(self, content: Content) -> str | Rejected:
        """A line a row."""
        form, _ = _FORMS[content.frame.kind, len(content.frame.fields)]
        lines = [form.format(*map(cell, row)) for row in content.records]
        return "\n".join(lines) or NOTHING

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """A row a line."""
        if text == NOTHING:
            return ()
        form, order = _FORMS[frame.kind, len(frame.fields)]
        pattern = _pattern(form)
        rows: list[Record] = []
        for line in text.split("\n"):
            match = pattern.fullmatch(line)
            if match is None:
                raise fail("another sentence")
            said = match.groups()
            rows.append(tuple([string_in(said[place]) for place in order]))
        return tuple(rows)


PART: type[Format] = Sentences
