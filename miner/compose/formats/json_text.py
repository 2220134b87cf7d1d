"""JSON as answers have it: one shape for the arguments of events, no duplicate keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.compose.content import Value


def dumps(value: Any) -> str:
    """JSON text with its characters as they are."""
    return _ENCODE(value)


def loads(text: str) -> Any:
    """What a JSON text says.

    Raises:
        ValueError: It is no JSON, or an object has one key twice.
    """
    return _DECODE(text)


def fail(why: str) -> ValueError:
    """An answer that is not in its format."""
    return ValueError(why)


def events_out(item: Any) -> Any:
    """The item with the arguments of an event as {role: [text, ...]}."""
    if isinstance(item, dict) and isinstance(item.get("arguments"), tuple):
        return {**item, "arguments": roles_out(item["arguments"])}
    return item


def roles_out(arguments: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Pairs of role and text as {role: [text, ...]}; roles in order of appearance."""
    roles: dict[str, list[str]] = {}
    for role, text in arguments:
        roles.setdefault(role, []).append(text)
    return roles


def roles_in(roles: Any) -> tuple[tuple[str, str], ...]:
    """The way back from `roles_out`."""
    if not isinstance(roles, dict):
        raise fail("arguments are no object")
    return tuple((role, _text(text)) for role, texts in roles.items() for text in texts)


def events_in(values: list[Any]) -> list[Value]:
    """Values as rows hold them: strings, and arguments as pairs."""
    return [roles_in(value) if isinstance(value, dict) else _text(value) for value in values]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise fail(f"expected text, got {value!r}")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise fail("one key twice")
    return table


# Made once: json.dumps and json.loads with options make an encoder or decoder for every call.
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_DECODE = json.JSONDecoder(object_pairs_hook=_pairs).decode
