"""One JSON object with a list for each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from miner.compose.formats.json_text import dumps, events_in, events_out, fail, loads
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format

ABSENT = (None, "NAN", "none", "None", "null", "")
"""What may stand for "not there" instead of an empty list."""


class JsonByLabel:
    """{"person": ["Ada"], "place": []}; relations and attributes as objects without their label."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes", "Events"})
    by_label: ClassVar[bool] = True
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer with one JSON object whose keys are {labels} and whose values are lists.",
        "Reply in JSON: an object with the keys {labels}, each holding a list.",
        "Return a JSON object that maps each of {labels} to a list of what you found.",
        "Format the result as a JSON object with the keys {labels}; every value is a list.",
    )

    def render(self, content: Content) -> str | Rejected:
        """Every label of the schema has its key; one that was not found has an empty list."""
        frame = content.frame
        at = frame.label_field
        if at is None:
            return Rejected("cannot_hold", "json_by_label: rows without labels")
        names = frame.fields[:at] + frame.fields[at + 1 :]
        table: dict[str, Any] = {label: [] for label in frame.schema}
        for record in content.records:
            rest = record[:at] + record[at + 1 :]
            item = events_out(dict(zip(names, rest, strict=True))) if len(names) > 1 else rest[0]
            table.setdefault(str(record[at]), []).append(item)
        if frame.absent == "omit":
            table = {label: items for label, items in table.items() if items}
        elif frame.absent != "[]":
            table = {label: items or loads(frame.absent) for label, items in table.items()}
        return dumps(table)

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """Rows by label. An absent label may be an empty list, null, or left out."""
        table = loads(text)
        at = frame.label_field
        if not isinstance(table, dict) or at is None:
            raise fail("not an object")
        names = frame.fields[:at] + frame.fields[at + 1 :]
        rows: list[Record] = []
        for label, items in table.items():
            for item in [] if not isinstance(items, list) and items in ABSENT else items:
                if len(names) > 1 and not isinstance(item, dict):
                    raise fail("an item that is no object")
                values = events_in([item[name] for name in names] if len(names) > 1 else [item])
                rows.append((*values[:at], label, *values[at:]))
        return tuple(rows)


PART: type[Format] = JsonByLabel
