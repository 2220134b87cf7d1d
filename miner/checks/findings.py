"""Reading findings: every span in one, its pieces, and the finding behind an example."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from miner.run import finding_from
from miner.types import (
    Answers,
    Attributes,
    Entities,
    Events,
    Example,
    Finding,
    Labels,
    Phrases,
    Relations,
    Span,
)

Item: TypeAlias = tuple[str, tuple[tuple[int, int], ...], str]
"""Label, places in the document, and the words; places and label decide what is equal."""


def spans(value: Any) -> Iterator[Span]:
    """Every span in a finding, however deep, in the order of its fields."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from spans(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from spans(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for name in _fields(type(value)):
            yield from spans(getattr(value, name))


@functools.cache
def _fields(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def items(finding: Finding) -> Iterator[Item]:
    """What a finding claims, piece by piece; none of a piece of writing."""
    match finding:
        case Entities():
            for entity in finding.items:
                yield _item(entity.label, entity.span)
        case Relations():
            for relation in finding.items:
                yield _item(relation.label, relation.head, relation.tail)
        case Attributes():
            for attribute in finding.items:
                yield _item(attribute.label, attribute.entity, attribute.value)
        case Events():
            for event in finding.items:
                yield _item(event.label, event.trigger)
                for argument in event.arguments:
                    yield _item(f"{event.label}.{argument.role}", event.trigger, argument.span)
        case Labels():
            for label in finding.labels:
                yield (label, (), finding.text.text[:120])
        case Phrases():
            for span in finding.items:
                yield _item("phrase", span)
        case Answers():
            for span in finding.spans:
                yield _item("answer", span)


def _item(label: str, *spans: Span) -> Item:
    return (label, tuple((s.start, s.end) for s in spans), " | ".join(s.text for s in spans))


def finding_of(example: Example) -> Finding | None:
    """The finding that an example was composed from; None if it carries none."""
    return _load(example.annotation) if example.annotation else None


@functools.lru_cache(maxsize=64)
def _load(annotation: str) -> Finding:
    # Variants of one annotation follow one another, so a small cache reads each once.
    return finding_from(json.loads(annotation))
