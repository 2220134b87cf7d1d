"""A Markdown table, one row for each thing found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record, Value
    from miner.compose.formats import Format

_LINE = re.compile(r"\S(?:.*\S)?")
_CELL = re.compile(r"(?:[^|\\]|\\.)*")


class MarkdownTable:
    """A header of the fields, a rule, and the rows; bars and backslashes in cells are escaped."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer with a Markdown table with the columns {fields}.",
        "Put the result in a Markdown table; its columns are {fields}.",
        "Make a table in Markdown with the columns {fields}, one row per item.",
    )

    def render(self, content: Content) -> str | Rejected:
        """A line a row."""
        fields = content.frame.fields
        rows = [fields, ("---",) * len(fields)]
        for row in content.records:
            cells = tuple(map(_escaped, row))
            if not all(map(_LINE.fullmatch, cells)):
                return Rejected("cannot_hold", "markdown_table: a cell of several lines")
            rows.append(cells)
        return "\n".join([f"| {' | '.join(row)} |" for row in rows])

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The rows below the rule."""
        head, rule, *rows = [_cells(line) for line in text.split("\n")]
        width = len(frame.fields)
        if (head, rule) != (frame.fields, ("---",) * width) or [r for r in rows if len(r) != width]:
            raise fail("not the table that was asked for")
        return tuple(rows)


def _escaped(value: Value) -> str:
    return str(value).replace("\\", "\\\\").replace("|", "\\|")


def _cells(line: str) -> tuple[str, ...]:
    if not (line.startswith("| ") and line.endswith(" |")):
        raise fail("a line that is no row")
    if "\\" not in line:  # then every bar ends a cell
        return tuple([cell.strip() for cell in line[1:-1].split("|")])
    found: list[str] = []
    at = 1
    while at < len(line):
        match = _CELL.match(line, at)
        end = match.end() if match else at
        if line[end : end + 1] != "|":
            raise fail("a cell without an end")
        found.append(re.sub(r"\\(.)", r"\1", line[at:end].strip()))
        at = end + 1
    return tuple(found)


PART: type[Format] = MarkdownTable
