"""From the raw text of a reply to data that fits its schema, or to the reason why it does not.

Forgiven, and counted in `Reply.forgiven`: reasoning before the answer, code fences, text around the
JSON object, control characters inside its strings. Nothing is ever repaired or guessed: a span that
was invented to close a bracket would look like any other.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from miner import injection
from miner.prompts import MARK
from miner.schemas import misfit
from miner.types import Rejected, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ATTEMPTED_OBJECTS = 20
"""How many opening braces of a reply are tried as the start of its JSON."""

_REASONING = re.compile(
    r"\A\s*(?:<(think|thinking|reasoning)>.*?</\1>\s*|.*</think>\s*)", re.DOTALL | re.IGNORECASE
)
_OPEN_REASONING = re.compile(r"\A\s*<(think|thinking|reasoning)>", re.IGNORECASE)
_FENCE = re.compile(r"\A```[\w-]*\s*\n(.*)\n?```\s*\Z", re.DOTALL)


def interpret(request: Request, reply: Reply, forbidden: Sequence[str] = ()) -> Reply | Rejected:
    """What a reply says, or why it cannot be used.

    Args:
        request: What was asked.
        reply: As the server gave it.
        forbidden: The mark and the canary of the request: who repeats them echoes the prompt.
    """
    if reply.finish_reason in {"content_filter", "refusal"}:
        return Rejected(reply.finish_reason, reply.text[:500])
    if reply.finish_reason == "length":
        return Rejected("truncated", f"stopped at {request.max_tokens} tokens")
    text, forgiven = without_reasoning(reply.text)
    if not text.strip():
        only = forgiven or reply.finish_reason == "only_reasoning"
        return Rejected("only_reasoning" if only else "empty")
    if any(word and word in text for word in forbidden):
        return Rejected("prompt_echo", "the reply repeats the prompt's secret words")
    if unsafe := _unsafe(request, text):
        return unsafe
    if request.schema is None:
        return replace(reply, text=text.strip(), forgiven=forgiven)
    found = read_object(text, request.schema)
    if isinstance(found, Rejected):
        return found
    data, also = found
    return replace(reply, data=data, forgiven=forgiven + also)


def _unsafe(request: Request, text: str) -> Rejected | None:
    """Why a reply about a document looks as if the document, and not we, had asked for it."""
    contents = [message.content for message in request.messages]
    if not any(MARK in content for content in contents):
        return None
    system = "\n".join(m.content for m in request.messages if m.role == "system")
    if repeated := injection.echo(text, system):
        return Rejected("prompt_echo", f"the reply repeats its instructions: {repeated[:200]}")
    if url := injection.foreign_url(text, contents):
        return Rejected("foreign_url", f"neither document nor prompt names {url[:200]}")
    return None


def without_reasoning(text: str) -> tuple[str, tuple[str, ...]]:
    """A reply without the thoughts before it, and whether there were any."""
    rest = _REASONING.sub("", text, count=1) if "</" in text else text
    if rest != text:
        return rest, ("reasoning",)
    return ("", ("reasoning",)) if _OPEN_REASONING.match(text) else (text, ())


def read_object(
    text: str, schema: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]] | Rejected:
    """The first JSON object of a text that fits the schema, and what had to be forgiven."""
    forgiven: list[str] = []
    text = text.strip().removeprefix("\ufeff")
    if fenced := _FENCE.match(text):
        text, forgiven = fenced.group(1).strip(), ["fence"]
    problem = Rejected("malformed_json", f"no JSON object in {text[:200]!r}")
    for start in _braces(text):
        try:
            data, end, odd = _decode(text, start)
        except (ValueError, RecursionError) as error:
            if problem.reason == "malformed_json" and start == text.find("{"):
                problem = Rejected("malformed_json", str(error)[:200])
            continue
        if error_text := misfit(data, schema):
            if problem.reason == "malformed_json":
                problem = Rejected("wrong_schema", error_text)
            continue
        forgiven += ["control_characters"] if odd else []
        forgiven += ["leading_text"] if text[:start].strip() else []
        forgiven += ["trailing_text"] if text[end:].strip() else []
        return data, tuple(forgiven)
    return problem


def _braces(text: str) -> list[int]:
    starts: list[int] = []
    position = text.find("{")
    while position >= 0 and len(starts) < ATTEMPTED_OBJECTS:
        starts.append(position)
        position = text.find("{", position + 1)
    return starts


def _decode(text: str, start: int) -> tuple[dict[str, Any], int, bool]:
    """The object at `start`, where it ends, and whether control characters were forgiven."""
    try:
        data, end = _STRICT.raw_decode(text, start)
    except json.JSONDecodeError as error:
        if "control character" not in error.msg:
            raise
        data, end = _LENIENT.raw_decode(text, start)
        return data, end, True
    return data, end, False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return table


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, strict=False)
