"""A model finds events with their triggers and arguments, of a guideline's types or of any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from miner.compose.guidelines import Guideline, load
from miner.tasks.asking import TEXT, Asking, list_schema, object_schema, one_of
from miner.tasks.extraction import Extraction, Quote
from miner.types import Argument, Event, Events, Span, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining


def _schema(guideline: Guideline | None, labels: Sequence[str]) -> Mapping[str, Any]:
    roles = (
        one_of(list(dict.fromkeys(role for name in labels for role in guideline[name].roles)))
        if guideline
        else TEXT
    )
    arguments = {"type": "array", "items": object_schema(role=roles, text=TEXT)}
    label = one_of(labels) if guideline else TEXT
    return list_schema(label=label, trigger=TEXT, arguments=arguments)


def _read(item: Mapping[str, Any], quote: Quote) -> Event:
    arguments = tuple(
        Argument(argument["role"].strip(), quote(argument["text"], ""))
        for argument in item["arguments"]
    )
    return Event(item["label"].strip(), quote(item["trigger"], ""), arguments)


def _finding(
    text: Span, items: tuple[Any, ...], guideline: Guideline | None, labels: Sequence[str]
) -> Events:
    schema = {name: tuple(guideline[name].roles) for name in labels} if guideline else {}
    kept = [_fitting(item, schema) for item in items]
    return Events(text, tuple(sorted(kept, key=lambda item: item.trigger.start)), schema)


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


@dataclass(frozen=True)
class EventExtraction:
    """Triggers and arguments must stand in the passage; a type has only its own roles."""

    needs_model: ClassVar[bool] = True
    guideline: str = "happenings"
    """A guideline of kind events; empty for open extraction."""
    passages: int = 2
    max_words: int = 180
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        if self.guideline and load(self.guideline).kind != "events":
            raise ValueError(f"guideline '{self.guideline}' is not of kind events")

    def mine(self, case: Case) -> Mining:
        """One annotation a passage."""
        return _EXTRACTION.mine(case, self.guideline, self.asking, self.passages, self.max_words)


PART: type[Task] = EventExtraction
