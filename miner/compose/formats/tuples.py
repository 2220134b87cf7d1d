"""One tuple on each line, such as ("Ada", "born in", "London")."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import cell, fail, loads, values_in

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format

NOTHING = "()"


class Tuples:
    """Strings in double quotes, escaped as in JSON; an event's arguments are an object."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes", "Events"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Write one tuple per line, in the order ({row}).",
        "Answer with tuples of the form ({row}), each on its own line.",
        "List the results as ({row}) tuples, one per line.",
    )

    def render(self, content: Content) -> str:
        """A line a row; "()" if there is none."""
        lines = [f"({', '.join(map(cell, row))})" for row in content.records]
        return "\n".join(lines) or NOTHING

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """A row a line."""
        if text == NOTHING:
            return ()
        rows = []
        for line in text.split("\n"):
            if not (line.startswith("(") and line.endswith(")")):
                raise fail("a line that is no tuple")
            values = loads(f"[{line[1:-1]}]")
            if len(values) != len(frame.fields):
                raise fail("a tuple of another length")
            rows.append(values_in(values))
        return tuple(rows)


PART: type[Format] = Tuples
