"""JSON Schemas of the portable subset: what may stand in one, and what data fits it.

Data is validated by pydantic, strictly, with a type that is built once for each schema: schemas are
data here (they travel in prompts, keys and response formats), and most come from recipes.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from miner.errors import PromptError, choices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import TypeAdapter

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
KEYWORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"}
    | {"description", "title"}
)
"""The portable subset: what OpenAI, vLLM, SGLang, llama.cpp and Ollama all honour."""
DEPTH = 5


def misfit(data: Any, schema: Mapping[str, Any]) -> str:
    """Why data does not fit a schema of the portable subset; empty if it does."""
    from pydantic import ValidationError

    try:
        _adapter(json.dumps(schema)).validate_python(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        return "; ".join(_told(one) for one in found[:3])
    return ""


def _told(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors: place, what is wrong, and with what."""
    place: list[str | int] = ["$", *error["loc"]]
    *path, last = place
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")
    if error["type"] == "missing":
        return f"{where}: '{last}' is missing"
    if error["type"] == "extra_forbidden":
        return f"{where}: no '{str(last)[:50]}' is wanted"
    here = f"{where}[{last}]" if isinstance(last, int) else f"{where}.{last}".removeprefix(".")
    given = json.dumps(error["input"], ensure_ascii=False)[:120]
    return f"{here}: {given}: {error['msg'].removeprefix('Value error, ')}"


@functools.lru_cache(maxsize=512)
def _adapter(text: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(_type(json.loads(text)))


def _type(schema: Mapping[str, Any]) -> Any:
    """The Python type whose values are those that fit the schema."""
    from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict, create_model

    if "anyOf" in schema:
        return Union[tuple(_type(option) for option in schema["anyOf"])]  # noqa: UP007
    if "enum" in schema or "const" in schema:
        allowed = schema["enum"] if "enum" in schema else [schema["const"]]
        return Annotated[Any, AfterValidator(functools.partial(_among, allowed))]
    kind = schema["type"]
    if kind == "object":
        required = schema.get("required", ())
        fields: dict[str, Any] = {}
        for number, (name, child) in enumerate(schema.get("properties", {}).items()):
            default = ... if name in required else None
            fields[f"field_{number}"] = (_type(child), Field(default, alias=name))
        extra: Literal["forbid", "ignore"] = (
            "forbid" if schema.get("additionalProperties") is False else "ignore"
        )
        return create_model("Object", __config__=ConfigDict(strict=True, extra=extra), **fields)
    if kind == "array":
        inner: Any = _type(schema["items"]) if "items" in schema else Any
        return Annotated[list[inner], Strict()]
    if kind == "integer":
        return Annotated[int, Strict(), BeforeValidator(_whole)]
    plain = {"string": str, "number": float, "boolean": bool, "null": None}
    return Annotated[plain[kind], Strict()] if plain[kind] else None


def _whole(value: Any) -> Any:
    """3.0 is an integer in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _among(allowed: list[Any], value: Any) -> Any:
    if not any(type(value) is type(one) and value == one for one in allowed):
        raise ValueError(f"none of {json.dumps(allowed, ensure_ascii=False)[:120]}")
    return value


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
