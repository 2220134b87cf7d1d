"""The rules on determiners and titles by a trained spaCy pipeline, in any language that it knows.

Where a recipe names one, its parts of speech, heads and names of persons decide in place of lists
of English words. What a pipeline lacks (a parser, a recogniser) is not asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from miner.compose.preferences.rule import Preference, SpanRule, cut, on_spans, widen
from miner.compose.preferences.spans import with_title, without_title
from miner.text import nlp

if TYPE_CHECKING:
    from miner.types import Span

_PERSONS = frozenset({"PERSON", "PER"})
_TITLE = frozenset({"NOUN", "PROPN"})


@functools.lru_cache(maxsize=256)
def _parsed(text: str, pipeline: str) -> Any:
    return nlp("", pipeline)(text)


def _tokens(span: Span, whole: Span, pipeline: str) -> Any:
    """The span's tokens; None where it cuts one."""
    start = span.start - whole.start
    return _parsed(whole.text, pipeline).char_span(start, start + len(span.text))


def _determines(token: Any) -> bool:
    return token.pos_ == "DET" or (token.pos_ == "PRON" and "Yes" in token.morph.get("Poss"))


def _without_determiner(pipeline: str, span: Span, whole: Span) -> Span:
    tokens = _tokens(span, whole, pipeline)
    kept = [token for token in tokens or () if not _determines(token)]
    return cut(span, kept[0].idx - tokens[0].idx, len(span.text)) if kept else span


def _with_determiner(pipeline: str, span: Span, whole: Span) -> Span:
    tokens = _tokens(span, whole, pipeline)
    first = tokens[0] if tokens else None
    while first is not None and first.i and _belongs(first.nbor(-1), tokens):
        first = first.nbor(-1)
    return widen(span, whole, tokens[0].idx - first.idx, 0) if first is not None else span


def _belongs(token: Any, tokens: Any) -> bool:
    """Whether it is a determiner of these tokens: its head is among them, if heads are known."""
    if not _determines(token):
        return False
    return not token.doc.has_annotation("DEP") or tokens.start <= token.head.i < tokens.end


def _without_title(pipeline: str, span: Span, whole: Span) -> Span:
    tokens = _tokens(span, whole, pipeline)
    for name in tokens.ents if tokens is not None else ():
        if name.label_ in _PERSONS and name.end == tokens.end and name.start > tokens.start:
            before = tokens.doc[tokens.start : name.start]
            if all(map(_may_be_title, before)):
                return cut(span, name.start_char - tokens.start_char, len(span.text))
    return without_title(span, whole)


def _with_title(pipeline: str, span: Span, whole: Span) -> Span:
    tokens = _tokens(span, whole, pipeline)
    if tokens is None or not any(
        e.label_ in _PERSONS and e.start == tokens.start for e in tokens.ents
    ):
        return with_title(span, whole)
    first = tokens[0]
    while first.i and _may_be_title(first.nbor(-1)) and not first.is_sent_start:
        first = first.nbor(-1)
    return widen(span, whole, tokens[0].idx - first.idx, 0)


def _may_be_title(token: Any) -> bool:
    return token.is_title and token.pos_ in _TITLE and token.ent_type_ not in _PERSONS


RULES: Mapping[str, Any] = {
    "no_determiner": _without_determiner,
    "with_determiner": _with_determiner,
    "no_title": _without_title,
    "with_title": _with_title,
}


def parsing(rule: Preference, pipeline: str) -> Preference:
    """The rule as a pipeline decides it, in any language; as it is if no pipeline helps."""
    if not pipeline or rule.id not in RULES:
        return rule
    by: SpanRule = functools.partial(RULES[rule.id], pipeline)
    return replace(rule, apply=on_spans(by), language="")
