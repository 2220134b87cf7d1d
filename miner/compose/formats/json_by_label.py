"""One JSON object with a list for each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from miner.compose.formats.json_text import dumps, events_in, events_out, fail, loads
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Record
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
        at = content.label_field
        if at is None:
            return Rejected("cannot_hold", "json_by_label: rows without labels")
        table: dict[str, Any] = {label: [] for label in content.schema}
        for record in content.records:
            rest = [value for i, value in enumerate(record) if i != at]
            names = [name for i, name in enumerate(content.fields) if i != at]
            item: Any = rest[0] if len(rest) == 1 else dict(zip(names, rest, strict=True))
            table.setdefault(str(record[at]), []).append(events_out(item))
        for label in [label for label, items in table.items() if not items]:
            if content.absent == "omit":
                del table[label]
            else:
                table[label] = loads(content.absent)
        return dumps(table)

    def parse(self, text: str, frame: Content) -> tuple[Record, ...]:
        """Rows by label. An absent label may be an empty list, null, or left out."""
        table = loads(text)
        at = frame.label_field
        if not isinstance(table, dict) or at is None:
            raise fail("not an object")
        names = [name for i, name in enumerate(frame.fields) if i != at]
        rows = []
        for label, items in table.items():
            for item in [] if not isinstance(items, list) and items in ABSENT else items:
                values = events_in([item] if len(names) == 1 else [item[name] for name in names])
                rows.append((*values[:at], label, *values[at:]))
        return tuple(rows)


PART: type[Format] = JsonByLabel
