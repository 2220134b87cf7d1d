"""Comma-separated values with a header."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class Csv:
    """A line a row; a cell with a comma, a quotation mark or a line break stands in quotes."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer as CSV with a header and the columns {fields}.",
        "Return CSV: the first line is the header {fields}, then one line per item.",
        "Give the result as comma-separated values with the columns {fields}.",
    )

    def render(self, content: Content) -> str | Rejected:
        """The header and the rows."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([content.frame.fields, *content.records])
        text = out.getvalue().removesuffix("\n")
        return Rejected("cannot_hold", "csv: a null character") if "\0" in text else text

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The rows below the header."""
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            raise fail(str(error)) from error
        width = len(frame.fields)
        if rows[:1] != [list(frame.fields)] or [row for row in rows if len(row) != width]:
            raise fail("other columns than the fields")
        return tuple(map(tuple, rows[1:]))


PART: type[Format] = Csv
