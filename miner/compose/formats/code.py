"""Python objects: one constructor call for each thing found, its class named after the label."""

# ruff: noqa: E501 - a sentence is easier to judge on one line

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, ClassVar, TypeVar

from miner.compose.formats.json_text import STRING, cell, fail, loads, roles_in, string_in
from miner.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format

T = TypeVar("T")


class Code:
    """result = [Person(text="Ada")], as GoLLIE has its answers; strings are escaped as in JSON."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities", "Relations", "Attributes", "Events"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer as Python code: a list called result with one object per item, each of the class that its type names.",
        "Write the result as a Python list of constructor calls; the classes are named after the types.",
    )  # fmt: skip

    def render(self, content: Content) -> str | Rejected:
        """A call a row."""
        frame = content.frame
        at = frame.label_field
        if at is None or _classes(frame.schema) is None:
            return Rejected("cannot_hold", "code: labels that make no class names")
        call = ", ".join([f"{field}=%s" for field in _others(frame.fields, at)])
        line = f"    %s({call}),"
        lines = [
            line % (class_name(str(row[at])), *map(cell, _others(row, at)))
            for row in content.records
        ]
        return "\n".join(["result = [", *lines, "]"]) if lines else "result = []"

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """A row a call; nothing is ever evaluated."""
        at, classes = frame.label_field, _classes(frame.schema)
        if at is None or classes is None:
            raise fail("labels that make no class names")
        if text == "result = []":
            return ()
        head, *lines, tail = text.split("\n")
        if (head, tail) != ("result = [", "]"):
            raise fail("not a list called result")
        call = _call(_others(frame.fields, at))
        return tuple([_row(call.fullmatch(line), at, classes) for line in lines])


def _others(row: tuple[T, ...], at: int) -> tuple[T, ...]:
    """All values of a row but the label."""
    return row[:at] + row[at + 1 :]


@functools.cache
def _call(names: tuple[str, ...]) -> re.Pattern[str]:
    """What reads a call with these arguments: a string each, or the object of an event's."""
    arguments = ", ".join([rf"{name}=({STRING}|\{{.*\}})" for name in names])
    return re.compile(rf"    (\w+)\({arguments}\),")


def _row(match: re.Match[str] | None, at: int, classes: Mapping[str, str]) -> Record:
    if match is None or match[1] not in classes:
        raise fail("a line that is no known call")
    name, *values = match.groups()
    rest = [string_in(v) if v[0] == '"' else roles_in(loads(v)) for v in values]
    return (*rest[:at], classes[name], *rest[at:])


@functools.lru_cache(maxsize=1024)
def class_name(label: str) -> str:
    """A label as the name of a class: "creative-work" is CreativeWork; a mask keeps its name."""
    if label.isidentifier() and label.isupper():
        return label
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", label))


@functools.lru_cache(maxsize=1024)
def _classes(schema: tuple[str, ...]) -> Mapping[str, str] | None:
    """Class name to label; None if two labels share one or one makes none."""
    classes = {class_name(label): label for label in schema}
    fit = classes and all(map(str.isidentifier, classes))
    return classes if fit and len(classes) == len(schema) else None


PART: type[Format] = Code
