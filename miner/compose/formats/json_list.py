"""A JSON list of strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import dumps, fail, loads, values_in

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class JsonList:
    """For rows of one field."""

    holds: ClassVar[frozenset[str]] = frozenset({"Phrases", "Answers"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer with a JSON list of strings.",
        "Return the result as a JSON array of strings.",
        "Give your answer as a JSON list.",
    )

    def render(self, content: Content) -> str:
        """One string a row."""
        return dumps([row[0] for row in content.records])

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """One row a string."""
        del frame
        items = loads(text)
        if not isinstance(items, list):
            raise fail("not a list")
        return tuple([(value,) for value in values_in(items)])


PART: type[Format] = JsonList
