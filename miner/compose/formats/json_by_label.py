"""One JSON object with a list for each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import cell, dumps, fail, loads, row_in, row_out, values_in
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
        table: dict[str, list[str]] = {label: [] for label in frame.schema}
        for record in content.records:
            rest = record[:at] + record[at + 1 :]
            item = row_out(names, rest) if len(names) > 1 else cell(rest[0])
            table.setdefault(str(record[at]), []).append(item)
        pairs = [
            f"{dumps(label)}: " + (f"[{', '.join(items)}]" if items else frame.absent)
            for label, items in table.items()
            if items or frame.absent != "omit"
        ]
        return f"{{{', '.join(pairs)}}}"

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
                values = row_in(item, names) if len(names) > 1 else values_in([item])
                rows.append((*values[:at], label, *values[at:]))
        return tuple(rows)


PART: type[Format] = JsonByLabel
