"""What a preference rule is, and how one function reaches all spans of a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from miner.types import (
    Answers,
    Attribute,
    Attributes,
    Entities,
    Entity,
    Events,
    Finding,
    Phrases,
    Relation,
    Relations,
    Span,
)

SpanRule: TypeAlias = Callable[[Span, Span], Span]
"""A span and the text it stands in, to the span that is preferred."""

Listing: TypeAlias = Entities | Phrases | Relations | Attributes | Events

SPANS = frozenset({"Entities", "Phrases", "Relations", "Attributes", "Events", "Answers"})
LISTS = frozenset({"Entities", "Phrases"})
ROWS = frozenset({"Entities", "Relations", "Attributes", "Events"})


@dataclass(frozen=True)
class Preference:
    """A rule: its function must be idempotent, and keep every span true of its document."""

    id: str
    group: str
    kinds: frozenset[str]
    sentences: tuple[str, ...]
    apply: Callable[[Finding], Finding]
    language: str = ""
    """The language whose words the function knows; empty if it needs none."""
    needs_schema: bool = False
    formats: tuple[str, ...] = ()
    """The only formats that can show it; empty for all."""
    of_names: bool = False
    """Whether it is asked of names and phrases alone, and would be odd of dates and amounts."""
    absent: str = ""
    """What stands for a label that was not found, in formats that say so."""


def on_spans(rule: SpanRule) -> Callable[[Finding], Finding]:
    """Apply a rule to every span that an answer shows."""

    def apply(finding: Finding) -> Finding:
        if isinstance(finding, Answers) and (finding.answer or finding.options):
            return finding
        whole = getattr(finding, "text", None)
        if not isinstance(whole, Span):
            return finding

        def one(span: Span) -> Span:
            inside = span.document == whole.document and whole.start <= span.start
            return rule(span, whole) if inside and span.end <= whole.end else span

        return _mapped(finding, one)

    return apply


def _mapped(finding: Finding, one: Callable[[Span], Span]) -> Finding:
    if isinstance(finding, Entities):
        found = tuple([_moved(entity, one(entity.span)) for entity in finding.items])
        return finding if found == finding.items else with_items(finding, found)
    if isinstance(finding, Phrases):
        return Phrases(finding.text, tuple([one(span) for span in finding.items]))
    if isinstance(finding, Answers):
        return replace(finding, spans=tuple([one(span) for span in finding.spans]))
    if isinstance(finding, Relations):
        items = [Relation(one(r.head), r.label, one(r.tail), r.wording) for r in finding.items]
        return with_items(finding, tuple(items))
    if isinstance(finding, Attributes):
        rows = [Attribute(one(a.entity), a.label, one(a.value)) for a in finding.items]
        return with_items(finding, tuple(rows))
    if isinstance(finding, Events):
        events = [
            replace(e, arguments=tuple([replace(a, span=one(a.span)) for a in e.arguments]))
            for e in finding.items
        ]
        return with_items(finding, tuple(events))
    return finding


def with_items(finding: Listing, items: tuple[Any, ...], schema: Any = None) -> Finding:
    """The finding with other items, and with another schema if one is given."""
    if isinstance(finding, Phrases):
        return Phrases(finding.text, items)
    kind: Any = type(finding)
    changed: Finding = kind(finding.text, items, finding.schema if schema is None else schema)
    return changed


def _moved(entity: Entity, span: Span) -> Entity:
    return entity if span is entity.span else Entity(span, entity.label)


def cut(span: Span, start: int, end: int) -> Span:
    """The part [start, end) of a span's own text; the span itself if nothing would be left."""
    text = span.text[start:end]
    if not text.strip():
        return span
    return Span(span.document, span.start + start, span.start + end, text)


def widen(span: Span, whole: Span, left: int, right: int) -> Span:
    """The span with so many characters more on each side, within its text."""
    start = max(whole.start, span.start - left)
    end = min(whole.end, span.end + right)
    text = whole.text[start - whole.start : end - whole.start]
    return Span(span.document, start, end, text)
