"""Reading findings: every span in one, and the finding behind an example."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from miner.run import finding_from
from miner.types import Example, Finding, Span


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


def finding_of(example: Example) -> Finding | None:
    """The finding that an example was composed from; None if it carries none."""
    return _load(example.annotation) if example.annotation else None


@functools.lru_cache(maxsize=64)
def _load(annotation: str) -> Finding:
    # Variants of one annotation follow one another, so a small cache reads each once.
    return finding_from(json.loads(annotation))
