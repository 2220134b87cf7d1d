"""One JSON object on each line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import loads, row_in, row_out
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class JsonLines:
    """A row a line; nothing at all cannot be told from no answer, so it is refused."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes", "Events"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Write one JSON object per line, with the keys {fields}.",
        "Use JSON lines: each line is an object with {fields}.",
        "Output JSONL, one item per line, each with the keys {fields}.",
    )

    def render(self, content: Content) -> str | Rejected:
        """A line a row."""
        if not content.records:
            return Rejected("cannot_hold", "json_lines: nothing to write")
        fields = content.frame.fields
        return "\n".join([row_out(fields, row) for row in content.records])

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """A row a line."""
        return tuple([row_in(loads(line), frame.fields) for line in text.split("\n")])


PART: type[Format] = JsonLines
