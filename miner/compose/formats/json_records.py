"""A JSON list with one object for each thing found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail, loads, row_in, row_out

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class JsonRecords:
    """[{"label": "person", "text": "Ada"}], in the order of the rows."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes", "Events"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer with a JSON list of objects that have the keys {fields}.",
        "Return a JSON array; each element is an object with {fields}.",
        "Give the result as a JSON list, one object per item, with the keys {fields}.",
    )

    def render(self, content: Content) -> str:
        """One object a row."""
        fields = content.frame.fields
        return f"[{', '.join([row_out(fields, row) for row in content.records])}]"

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """One row an object."""
        items = loads(text)
        if not isinstance(items, list):
            raise fail("not a list")
        return tuple([row_in(item, frame.fields) for item in items])


PART: type[Format] = JsonRecords
