"""YAML, a list for each label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import cell, dumps, fail, loads, values_in
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format

_KEY = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*"|[A-Za-z][\w-]*):')
_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z][\w-]*", re.IGNORECASE)


class Yaml:
    """Values are always in double quotes, so that none is read as a number, a date or a yes."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes", "Events"})
    by_label: ClassVar[bool] = True
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer in YAML: a mapping with the keys {labels}, each with a list.",
        "Return YAML with one key per type ({labels}) and a list under each.",
        "Give the result as YAML, keyed by {labels}.",
    )

    def render(self, content: Content) -> str | Rejected:
        """Every label of the schema is a key; one without rows has an empty list."""
        frame = content.frame
        at = frame.label_field
        if at is None or not frame.schema:
            return Rejected("cannot_hold", "yaml: rows without labels")
        groups: dict[str, list[Record]] = {label: [] for label in frame.schema}
        for row in content.records:
            groups.setdefault(str(row[at]), []).append(row)
        names = frame.fields[:at] + frame.fields[at + 1 :]
        lines = []
        for label, rows in groups.items():
            if not rows and frame.absent == "omit":
                continue
            lines.append(f"{_key(label)}:" if rows else f"{_key(label)}: []")
            for row in rows:
                lines += _item(names, row[:at] + row[at + 1 :])
        return "\n".join(lines) or "{}"

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The rows by label; only the shape that `render` writes is read."""
        at = frame.label_field
        if at is None:
            raise fail("rows without labels")
        if text == "{}":
            return ()
        rows: list[Record] = []
        label = ""
        item: list[object] = []
        width = len(frame.fields) - 1
        for line in text.split("\n"):
            if not line.startswith(" "):
                match = _KEY.match(line)
                if match is None or line[match.end() :] not in ("", " []") or item:
                    raise fail("a line that is no key")
                label = loads(match[1]) if match[1][0] == '"' else match[1]
                continue
            item.append(_value(line, first=not item, single=width == 1))
            if len(item) == width:
                values = values_in(item)
                rows.append((*values[:at], label, *values[at:]))
                item = []
        if item:
            raise fail("an item without its end")
        return tuple(rows)


def _key(label: str) -> str:
    return label if _PLAIN.fullmatch(label) else dumps(label)


def _item(names: tuple[str, ...], values: Record) -> list[str]:
    if len(values) == 1:
        return [f"  - {cell(values[0])}"]
    return [
        f"  {'  ' if i else '- '}{name}: {cell(value)}"
        for i, (name, value) in enumerate(zip(names, values, strict=True))
    ]


def _value(line: str, *, first: bool, single: bool) -> object:
    body = line.removeprefix("  - " if first else "    ")
    if body == line:
        raise fail("a line that is no item")
    if not single:
        match = _KEY.match(body)
        if match is None:
            raise fail("an item without its field")
        body = body[match.end() :].lstrip(" ")
    value: object = loads(body)
    return value


PART: type[Format] = Yaml
