"""A finding as plain rows of text: what a format writes down, and what its parser must give back.

Offsets are left out (but for formats that mark the text itself), so that a row holds what a reader
of the answer can see, and "parse(render(a)) == a" says that nothing visible was lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from miner.types import (
    Answers,
    Attributes,
    Entities,
    Events,
    Labels,
    Phrases,
    Relations,
    Writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from miner.types import Finding, Span

Value: TypeAlias = "str | tuple[tuple[str, str], ...]"
Record: TypeAlias = tuple[Value, ...]
"""One row: a string a field; the arguments of an event are pairs of role and text."""

_LABEL_FIELD = {"Entities": 0, "Relations": 1, "Attributes": 1, "Events": 0}


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a finding, and what a parser may know besides them.

    `schema` are the labels that were looked for, `options` those of a choice. `text` and `places`
    (offsets into it, one a row) serve formats that mark the text; they are empty where spans lie in
    several passages.
    """

    kind: str
    fields: tuple[str, ...]
    records: tuple[Record, ...]
    schema: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    text: str = ""
    places: tuple[tuple[int, int], ...] = ()
    absent: str = "[]"
    """What stands for a label without rows, where the format says so: as JSON, or "omit"."""

    @property
    def label_field(self) -> int | None:
        """Which field is the label, if one is."""
        return _LABEL_FIELD.get(self.kind) if len(self.fields) > 1 else None

    @property
    def frame(self) -> Content:
        """What a parser is given: all but the rows."""
        return replace(self, records=(), places=())

    def grouped(self) -> tuple[Record, ...]:
        """The rows by label, in the schema's order; within a label as they stand."""
        at = self.label_field
        if at is None:
            return self.records
        order = {label: i for i, label in enumerate(self.schema)}
        for record in self.records:
            order.setdefault(str(record[at]), len(order))
        return tuple(sorted(self.records, key=lambda record: order[str(record[at])]))


def content_of(finding: Finding) -> Content:
    """The rows of a finding."""
    return _MAKERS[type(finding)](finding)


def _entities(finding: Entities) -> Content:
    text = finding.text
    places = tuple((e.span.start - text.start, e.span.end - text.start) for e in finding.items)
    if not finding.schema and not any(e.label for e in finding.items):
        rows = tuple((e.span.text,) for e in finding.items)
        return Content("Entities", ("text",), rows, text=text.text, places=places)
    labelled = tuple((e.label, e.span.text) for e in finding.items)
    return Content(
        "Entities", ("label", "text"), labelled, finding.schema, text=text.text, places=places
    )


def _relations(finding: Relations) -> Content:
    rows = tuple((r.head.text, r.label, r.tail.text) for r in finding.items)
    return Content(
        "Relations", ("head", "relation", "tail"), rows, finding.schema, text=finding.text.text
    )


def _attributes(finding: Attributes) -> Content:
    rows = tuple((a.entity.text, a.label, a.value.text) for a in finding.items)
    return Content(
        "Attributes", ("entity", "attribute", "value"), rows, finding.schema, text=finding.text.text
    )


def _events(finding: Events) -> Content:
    rows = tuple(
        (e.label, e.trigger.text, tuple((a.role, a.span.text) for a in e.arguments))
        for e in finding.items
    )
    fields = ("event", "trigger", "arguments")
    return Content("Events", fields, rows, tuple(finding.schema), text=finding.text.text)


def _phrases(finding: Phrases) -> Content:
    return Content("Phrases", ("text",), _texts(finding.items), text=finding.text.text)


def _answers(finding: Answers) -> Content:
    rows = ((finding.answer,),) if finding.answer else _texts(finding.spans)
    kind = "Choice" if finding.options else "Answers"
    return Content(kind, ("answer",), rows, options=finding.options, text=finding.text.text)


def _labels(finding: Labels) -> Content:
    rows = tuple((label,) for label in finding.labels)
    return Content("Labels", ("label",), rows, options=finding.options, text=finding.text.text)


def _writing(finding: Writing) -> Content:
    return Content("Writing", ("text",), ((finding.output.text,),))


def _texts(spans: tuple[Span, ...]) -> tuple[Record, ...]:
    return tuple((span.text,) for span in spans)


_MAKERS: Mapping[type, Callable[[Any], Content]] = {
    Entities: _entities,
    Relations: _relations,
    Attributes: _attributes,
    Events: _events,
    Phrases: _phrases,
    Answers: _answers,
    Labels: _labels,
    Writing: _writing,
}
