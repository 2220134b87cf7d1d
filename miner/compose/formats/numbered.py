"""A numbered list, one line for each thing found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class Numbered:
    """A line is "1. Ada"; nothing at all is refused."""

    holds: ClassVar[frozenset[str]] = frozenset({"Phrases", "Answers"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer as a numbered list.",
        "Number the items, one per line.",
        "Give a numbered list.",
    )

    def render(self, content: Content) -> str | Rejected:
        """A line a row."""
        texts = [str(row[0]) for row in content.records]
        if not texts or any("\n" in text for text in texts):
            return Rejected("cannot_hold", "numbered: nothing, or an item of several lines")
        return "\n".join(f"{i}. {text}" for i, text in enumerate(texts, 1))

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """A row a line, numbered without a gap."""
        del frame
        rows = []
        for i, line in enumerate(text.split("\n"), 1):
            if not line.startswith(f"{i}. "):
                raise fail("a line without its number")
            rows.append((line.removeprefix(f"{i}. "),))
        return tuple(rows)


PART: type[Format] = Numbered
