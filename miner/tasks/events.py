"""A model finds events with their triggers and arguments, of a guideline's types or of any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from miner.compose.guidelines import Guideline, load
from miner.tasks.asking import TEXT, Asking, list_schema, one_of
from miner.tasks.extraction import Extraction, Quote
from miner.tasks.finding import digest
from miner.types import Annotation, Argument, Event, Events, Labels, Rejected, Span, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from miner.types import Case, Finding, Mining


def _schema(guideline: Guideline | None, labels: Sequence[str]) -> Mapping[str, Any]:
    """One row an argument: deeper nesting is not honoured by all servers."""
    label, role = TEXT, TEXT
    if guideline:
        label = one_of(labels)
        role = one_of(["", *dict.fromkeys(r for name in labels for r in guideline[name].roles)])
    return list_schema(event={"type": "integer"}, label=label, trigger=TEXT, role=role, text=TEXT)


def _read(item: Mapping[str, Any], quote: Quote) -> tuple[int, Event]:
    role, text = item["role"].strip(), item["text"].strip()
    arguments = (Argument(role, quote(text, "")),) if role and text else ()
    return item["event"], Event(item["label"].strip(), quote(item["trigger"], ""), arguments)


def _finding(
    text: Span, items: tuple[Any, ...], guideline: Guideline | None, labels: Sequence[str]
) -> Events:
    """Rows of one number, type and trigger are one event."""
    joined: dict[tuple[int, str, Span], list[Argument]] = {}
    for number, event in items:
        joined.setdefault((number, event.label, event.trigger), []).extend(event.arguments)
    schema = {name: tuple(guideline[name].roles) for name in labels} if guideline else {}
    events = (
        _fitting(Event(label, trigger, tuple(dict.fromkeys(arguments))), schema)
        for (_, label, trigger), arguments in joined.items()
    )
    return Events(text, tuple(sorted(events, key=lambda event: event.trigger.start)), schema)


def _fitting(event: Event, schema: Mapping[str, Sequence[str]]) -> Event:
    """The event without arguments whose role its type does not have, roles in their order."""
    roles = schema.get(event.label)
    if roles is None:
        return event
    known = [argument for argument in event.arguments if argument.role in roles]
    return Event(
        event.label, event.trigger, tuple(sorted(known, key=lambda a: roles.index(a.role)))
    )


_EXTRACTION = Extraction("events", "events", _schema, _read, _finding, batch=4)

Part = Literal["events", "types", "arguments"]


@dataclass(frozen=True)
class EventExtraction:
    """Triggers and arguments must stand in the passage; a type has only its own roles."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    guideline: str = "happenings"
    """A guideline of kind events; empty for open extraction."""
    passages: int = 2
    max_words: int = 180
    asking: Asking = field(default_factory=Asking)
    parts: tuple[Part, ...] = ("events", "types", "arguments")
    """What one reply is used for: whole events, the types alone, the arguments of each event."""

    def __post_init__(self) -> None:
        if not self.parts or (not self.guideline and "events" not in self.parts):
            raise ValueError("'parts' needs 'events' without a guideline, and one in any case")
        if self.guideline and load(self.guideline).kind != "events":
            raise ValueError(f"guideline '{self.guideline}' is not of kind events")

    def mine(self, case: Case) -> Mining:
        """One annotation a passage and part; of arguments, one an event."""
        found = yield from _EXTRACTION.mine(
            case, self.guideline, self.asking, self.passages, self.max_words
        )
        return [part for item in found for part in self._parts(item)]

    def _parts(self, item: Annotation | Rejected) -> Iterator[Annotation | Rejected]:
        if isinstance(item, Rejected) or not isinstance(item.finding, Events):
            yield item
            return
        finding = item.finding
        if "events" in self.parts:
            yield item
        if "types" in self.parts and len(finding.schema) > 1:
            there = {event.label for event in finding.items}
            types = tuple(label for label in finding.schema if label in there)
            labels = Labels(finding.text, types, tuple(finding.schema), "event", multiple=True)
            yield _derived(item, "event_types", labels)
        if "arguments" in self.parts:
            for place, event in enumerate(finding.items):
                trigger = event.trigger.text
                # The instruction names the event by its trigger, which must be plain.
                known = event.label in finding.schema and finding.text.text.count(trigger) == 1
                if known and event.arguments:
                    schema = {event.label: finding.schema[event.label]}
                    alone = Events(finding.text, (event,), schema)
                    yield _derived(item, "event_arguments", alone, str(place), trigger=trigger)


def _derived(
    item: Annotation, task: str, finding: Finding, key: str = "", **meta: str
) -> Annotation:
    """What an annotation says besides, under a name of its own."""
    return replace(
        item, id=digest(item.id, task, key), task=task, finding=finding, meta={**item.meta, **meta}
    )


PART: type[Task] = EventExtraction
