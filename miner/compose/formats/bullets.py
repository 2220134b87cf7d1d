"""A bulleted list, one line for each thing found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format

NOTHING = "None."


class Bullets:
    """A line is "- person: Ada", or "- Ada" where rows have no label."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Phrases", "Answers"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer as a bulleted list.",
        "List them as bullet points.",
        "Give one bullet point per item.",
    )

    def render(self, content: Content) -> str | Rejected:
        """A line a row; a label stands before a colon."""
        if not content.records:
            return NOTHING
        lines = []
        for row in content.records:
            cells = [str(value) for value in row]
            if [cell for cell in cells if "\n" in cell or cell != cell.strip()]:
                return Rejected("cannot_hold", "bullets: an item of several lines")
            if len(cells) == 2 and ":" in cells[0]:
                return Rejected("cannot_hold", "bullets: a label with a colon")
            lines.append("- " + ": ".join(cells))
        return "\n".join(lines)

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """A row a line."""
        if text == NOTHING:
            return ()
        rows = []
        for line in text.split("\n"):
            item = line.removeprefix("- ")
            if item == line or not item:
                raise fail("a line without a bullet")
            cells = item.split(": ", 1) if len(frame.fields) == 2 else [item]
            if len(cells) != len(frame.fields):
                raise fail("an item without its label")
            rows.append(tuple(cells))
        return tuple(rows)


PART: type[Format] = Bullets
