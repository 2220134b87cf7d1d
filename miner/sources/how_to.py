"""How-to records as WikiHow has them: a title, methods and numbered steps, as JSON lines.

The text is the introduction, then each method's name as a heading, then its steps, numbered; their
places stand in the meta as `headings` and `steps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miner.sources.files import find_files, open_file
from miner.sources.jsonl import records
from miner.sources.record import EXTRACTED, Columns, Record, storable
from miner.types import File, Rejected, Row, Source

NAMES = ("name", "title", "headline", "heading", "method")
"""Where a method keeps its name; the first that is there."""
HEADLINES = ("headline", "title", "summary", "name", "step")
TEXTS = ("text", "description", "body", "content", "details")


@dataclass(frozen=True, kw_only=True)
class HowTo(Columns):
    """Records of steps. A step is a string, or a table with a headline and a text.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
        steps: Column, or key of a method, with the list of steps.
        methods: Column with a list of tables, each with a name and steps, for several ways.
        intro: Column with the introduction.
    """

    path: str
    steps: str = "steps"
    methods: str = "methods"
    intro: str = "intro"

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, (".jsonl", ".json", ".ndjson"))

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The records of a file from line `start` on."""
        with open_file(self.path, file) as stream:
            found = ((n, self._composed(r)) for n, r in records(stream, start, file))
            yield from self.rows(file.name, found, file.name)

    def _composed(self, record: Record | Rejected) -> Record | Rejected:
        if isinstance(record, Rejected):
            return record
        methods = record.get(self.methods)
        if not isinstance(methods, list) or not methods:
            methods = [{self.steps: record.get(self.steps)}]
        writer = _Writer()
        writer.paragraph(_words(record.get(self.intro)))
        for method in methods:
            if isinstance(method, Mapping):
                writer.method(_first(method, NAMES), _steps(method.get(self.steps)))
        if not writer.steps:
            return Rejected("no_steps", f"neither '{self.methods}' nor '{self.steps}' holds any")
        meta = {"headings": writer.headings, "steps": writer.steps}
        return {**record, self.text: "".join(writer.pieces), EXTRACTED: meta}


class _Writer:
    """Composes a text and notes what stands where."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.headings: list[dict[str, Any]] = []
        self.steps: list[dict[str, int]] = []
        self._length = 0

    def paragraph(self, text: str, before: str = "\n\n") -> tuple[int, int]:
        """Add a text of its own lines; where it begins and ends."""
        if not text:
            return self._length, self._length
        if self.pieces:
            self._put(before)
        start = self._length
        self._put(text)
        return start, self._length

    def method(self, name: str, steps: Sequence[str]) -> None:
        """Add a heading and its numbered steps."""
        if name and steps:
            start, end = self.paragraph(name)
            self.headings.append({"level": 2, "title": name, "start": start, "end": end})
        for number, step in enumerate(steps, 1):
            start, end = self.paragraph(f"{number}. {step}", "\n\n" if number == 1 else "\n")
            self.steps.append({"start": start, "end": end})

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self._length += len(text)


def _steps(value: Any) -> list[str]:
    if isinstance(value, str):
        value = value.splitlines()
    if not isinstance(value, list):
        return []
    return [words for step in value if (words := _step(step))]


def _step(step: Any) -> str:
    if isinstance(step, Mapping):
        headline, text = _first(step, HEADLINES), _first(step, TEXTS)
        end = "" if not headline or headline.endswith((".", "!", "?")) else "."
        return f"{headline}{end} {text}".strip() if text else headline
    return _words(step)


def _first(table: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((words for name in names if (words := _words(table.get(name)))), "")


def _words(value: Any) -> str:
    return " ".join(storable(value).split()) if isinstance(value, str) else ""


PART: type[Source] = HowTo
