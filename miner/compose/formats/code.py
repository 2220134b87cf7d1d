"""Python objects: one constructor call for each thing found, its class named after the label."""

# ruff: noqa: E501 - a sentence is easier to judge on one line

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import dumps, events_in, fail, roles_out
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Record
    from miner.compose.formats import Format

_CALL = re.compile(r"    (\w+)\((.*)\),")
_ARGUMENT = re.compile(r"(?:, )?(\w+)=")


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
        at, classes = content.label_field, _classes(content)
        if at is None or classes is None:
            return Rejected("cannot_hold", "code: labels that make no class names")
        names = {label: name for name, label in classes.items()}
        lines = []
        for row in content.records:
            rest = [
                f"{field}={dumps(roles_out(value) if isinstance(value, tuple) else value)}"
                for i, (field, value) in enumerate(zip(content.fields, row, strict=True))
                if i != at
            ]
            lines.append(f"    {names[str(row[at])]}({', '.join(rest)}),")
        return "\n".join(["result = [", *lines, "]"]) if lines else "result = []"

    def parse(self, text: str, frame: Content) -> tuple[Record, ...]:
        """A row a call; nothing is ever evaluated."""
        at, classes = frame.label_field, _classes(frame)
        if at is None or classes is None:
            raise fail("labels that make no class names")
        if text == "result = []":
            return ()
        head, *lines, tail = text.split("\n")
        if (head, tail) != ("result = [", "]"):
            raise fail("not a list called result")
        return tuple(_row(line, frame, at, classes) for line in lines)


def _row(line: str, frame: Content, at: int, classes: dict[str, str]) -> Record:
    match = _CALL.fullmatch(line)
    if match is None or match[1] not in classes:
        raise fail("a line that is no known call")
    names = [field for i, field in enumerate(frame.fields) if i != at]
    body, position, values = match[2], 0, []
    reader = json.JSONDecoder()
    for name in names:
        argument = _ARGUMENT.match(body, position)
        if argument is None or argument[1] != name:
            raise fail("another argument")
        value, position = reader.raw_decode(body, argument.end())
        values.append(value)
    if position != len(body):
        raise fail("more arguments than fields")
    rest = events_in(values)
    return (*rest[:at], classes[match[1]], *rest[at:])


def class_name(label: str) -> str:
    """A label as the name of a class: "creative-work" is CreativeWork."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", label))


def _classes(content: Content) -> dict[str, str] | None:
    """Class name to label; None if two labels share one or one makes none."""
    labels = dict.fromkeys(content.schema)
    if not labels:
        return None
    classes = {class_name(label): label for label in labels}
    fit = all(name.isidentifier() for name in classes)
    return classes if fit and len(classes) == len(labels) else None


PART: type[Format] = Code
