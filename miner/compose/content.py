"""A finding as plain rows of text: what a format writes down, and what its parser must give back.

Offsets are left out (but for formats that mark the text itself), so that a row holds what a reader
of the answer can see, and "parse(render(a)) == a" says that nothing visible was lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from miner.types import (
    Answers,
    Attributes,
    Entities,
    Events,
    Labels,
    Phrases,
    Relations,
    Span,
    Writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from miner.types import Finding

Value: TypeAlias = "str | tuple[tuple[str, str], ...]"
Record: TypeAlias = tuple[Value, ...]
"""One row: a string a field; the arguments of an event are pairs of role and text."""

_LABEL_FIELD = {"Entities": 0, "Relations": 1, "Attributes": 1, "Events": 0}


class Frame(NamedTuple):
    """All but the rows: what a parser may know of the answer that it reads.

    `schema` are the labels that were looked for, `options` those of a choice; `text` is what a
    format that marks the text has to give back.
    """

    kind: str
    fields: tuple[str, ...]
    schema: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    text: str = ""
    absent: str = "[]"
    """What stands for a label without rows, where the format says so: as JSON, or "omit"."""

    @property
    def label_field(self) -> int | None:
        """Which field is the label, if one is."""
        return _LABEL_FIELD.get(self.kind) if len(self.fields) > 1 else None


class Content(NamedTuple):
    """The rows of a finding within their frame.

    `spans` (one a row) and `origin` (where the frame's text begins in their document) serve formats
    that mark the text; there are none where the rows are no single spans of it.
    """

    frame: Frame
    records: tuple[Record, ...]
    spans: tuple[Span, ...] = ()
    origin: int = 0

    def grouped(self) -> tuple[Record, ...]:
        """The rows by label, in the schema's order; within a label as they stand."""
        at = self.frame.label_field
        if at is None or len(self.records) < 2:
            return self.records
        order = {label: i for i, label in enumerate(self.frame.schema)}
        for record in self.records:
            order.setdefault(str(record[at]), len(order))
        return tuple(sorted(self.records, key=lambda record: order[str(record[at])]))


def content_of(finding: Finding) -> Content:
    """The rows of a finding."""
    return _MAKERS[type(finding)](finding)


def _entities(finding: Entities) -> Content:
    text, items = finding.text, finding.items
    spans = tuple([e.span for e in items])
    if not finding.schema and not any(e.label for e in items):
        rows: tuple[Record, ...] = tuple([(e.span.text,) for e in items])
        return Content(Frame("Entities", ("text",), text=text.text), rows, spans, text.start)
    rows = tuple([(e.label, e.span.text) for e in items])
    return Content(
        Frame("Entities", ("label", "text"), finding.schema, text=text.text),
        rows,
        spans,
        text.start,
    )


def _relations(finding: Relations) -> Content:
    fields = ("head", "relation", "tail")
    rows = tuple([(r.head.text, r.label, r.tail.text) for r in finding.items])
    return Content(Frame("Relations", fields, finding.schema, text=finding.text.text), rows)


def _attributes(finding: Attributes) -> Content:
    fields = ("entity", "attribute", "value")
    rows = tuple([(a.entity.text, a.label, a.value.text) for a in finding.items])
    return Content(Frame("Attributes", fields, finding.schema, text=finding.text.text), rows)


def _events(finding: Events) -> Content:
    fields = ("event", "trigger", "arguments")
    rows = tuple(
        [
            (e.label, e.trigger.text, tuple([(a.role, a.span.text) for a in e.arguments]))
            for e in finding.items
        ]
    )
    return Content(Frame("Events", fields, tuple(finding.schema), text=finding.text.text), rows)


def _phrases(finding: Phrases) -> Content:
    return Content(Frame("Phrases", ("text",), text=finding.text.text), _texts(finding.items))


def _answers(finding: Answers) -> Content:
    rows = ((finding.answer,),) if finding.answer else _texts(finding.spans)
    kind = "Choice" if finding.options else "Answers"
    frame = Frame(kind, ("answer",), options=finding.options, text=finding.text.text)
    return Content(frame, rows)


def _labels(finding: Labels) -> Content:
    rows = tuple((label,) for label in finding.labels)
    frame = Frame("Labels", ("label",), options=finding.options, text=finding.text.text)
    return Content(frame, rows)


def _writing(finding: Writing) -> Content:
    return Content(Frame("Writing", ("text",)), ((finding.output.text,),))


def _texts(spans: tuple[Span, ...]) -> tuple[Record, ...]:
    return tuple([(span.text,) for span in spans])


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
