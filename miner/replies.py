"""From the raw text of a reply to data that fits its schema, or to the reason why it does not.

Forgiven, and counted in `Reply.forgiven`: reasoning before the answer, code fences, text around the
JSON object, control characters inside its strings. Nothing is ever repaired or guessed: a span that
was invented to close a bracket would look like any other.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from miner.errors import PromptError, choices
from miner.types import Rejected, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
KEYWORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"}
    | {"description", "title"}
)
"""The portable subset: what OpenAI, vLLM, SGLang, llama.cpp and Ollama all honour."""
DEPTH = 5
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
    if request.schema is None:
        return replace(reply, text=text.strip(), forgiven=forgiven)
    found = read_object(text, request.schema)
    if isinstance(found, Rejected):
        return found
    data, also = found
    return replace(reply, data=data, forgiven=forgiven + also)


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


# ----------------------------------------------------------------------------------- schemas


def misfit(data: Any, schema: Mapping[str, Any], where: str = "$") -> str:
    """Why data does not fit a schema of the portable subset; empty if it does."""
    if "anyOf" in schema:
        tried = [misfit(data, option, where) for option in schema["anyOf"]]
        return "" if "" in tried else "; or ".join(tried[:3])
    allowed = schema["enum"] if "enum" in schema else [schema[k] for k in ("const",) if k in schema]
    if allowed and not any(type(data) is type(v) and data == v for v in allowed):
        return f"{where}: {_short(data)} is none of {_short(allowed)}"
    kind = schema.get("type")
    if kind and not _is(data, kind):
        return f"{where}: {_short(data)} is no {kind}"
    if isinstance(data, dict):
        return _misfit_object(data, schema, where)
    if isinstance(data, list) and "items" in schema:
        problems = (misfit(v, schema["items"], f"{where}[{i}]") for i, v in enumerate(data))
        return next(filter(None, problems), "")
    return ""


def _misfit_object(data: dict[str, Any], schema: Mapping[str, Any], where: str) -> str:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in data:
            return f"{where}: '{name}' is missing"
    for name in data:
        if name not in properties and schema.get("additionalProperties") is False:
            return f"{where}: no '{name[:50]}' is wanted"
    problems = (misfit(data[n], s, f"{where}.{n}") for n, s in properties.items() if n in data)
    return next(filter(None, problems), "")


def _is(data: Any, kind: str) -> bool:
    if isinstance(data, bool):
        return kind == "boolean"
    if isinstance(data, float) and data.is_integer() and kind == "integer":
        return True
    return isinstance(data, TYPES[kind])


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:120]


def require_portable(schema: Mapping[str, Any] | None) -> None:
    """Refuse a schema that some server would not enforce or would quietly misread.

    Raises:
        PromptError: The root is no object, a property is optional or open, a keyword is not in the
            portable subset, or it is nested too deep.
    """
    if schema is not None:
        _require_portable(json.dumps(schema, sort_keys=True))


@functools.lru_cache(maxsize=512)
def _require_portable(text: str) -> None:
    schema = json.loads(text)
    if schema.get("type") != "object":
        raise PromptError("schema: the root must be of type 'object'")
    _walk(schema, "$", 1)


def _walk(schema: Mapping[str, Any], where: str, depth: int) -> None:
    for word in schema.keys() - KEYWORDS:
        raise PromptError(
            f"schema: {where}: '{word}' is not portable; {choices(str(word), KEYWORDS)}"
        )
    if depth > DEPTH:
        raise PromptError(f"schema: {where}: nested deeper than {DEPTH} levels")
    if not {"type", "enum", "const", "anyOf"} & schema.keys():
        raise PromptError(f"schema: {where}: needs a 'type', an 'enum' or an 'anyOf'")
    if "type" in schema and schema["type"] not in TYPES:
        raise PromptError(
            f"schema: {where}: type {schema['type']!r}; {choices(str(schema['type']), TYPES)}"
        )
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            raise PromptError(f"schema: {where}: needs 'additionalProperties': false")
        if set(schema.get("required", ())) != set(properties):
            raise PromptError(f"schema: {where}: every property must be required; use anyOf null")
        for name, child in properties.items():
            _walk(child, f"{where}.{name}", depth + 1)
    if "items" in schema:
        _walk(schema["items"], f"{where}[]", depth + 1)
    for option in schema.get("anyOf", ()):
        _walk(option, where, depth)
