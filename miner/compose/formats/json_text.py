"""JSON as answers have it: one shape for the arguments of events, no duplicate keys."""

from __future__ import annotations

import functools
import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.compose.content import Record, Value


def dumps(value: Any) -> str:
    """JSON text with its characters as they are."""
    return _ENCODE(value)


def loads(text: str) -> Any:
    """What a JSON text says.

    Raises:
        ValueError: It is no JSON, or an object has one key twice.
    """
    text = text.strip()
    value, end = _READER.raw_decode(text)
    if end != len(text):
        raise fail("text behind the JSON")
    return value


def fail(why: str) -> ValueError:
    """An answer that is not in its format."""
    return ValueError(why)


def cell(value: Value) -> str:
    """One value of a row as JSON; the arguments of an event are {role: [text, ...]}."""
    return encode_basestring(value) if isinstance(value, str) else _ENCODE(roles_out(value))


def row_out(fields: tuple[str, ...], row: Record) -> str:
    """A row as the text of a JSON object."""
    return _object(fields) % tuple(map(cell, row))


@functools.lru_cache(maxsize=64)
def _object(fields: tuple[str, ...]) -> str:
    """An object with these keys, and `%s` for each value."""
    pairs = [f"{_ENCODE(field)}: ".replace("%", "%%") + "%s" for field in fields]
    return f"{{{', '.join(pairs)}}}"


def row_in(item: Any, fields: tuple[str, ...]) -> Record:
    """One row from one object that has exactly the fields.

    Raises:
        ValueError: It has others, or something else than text in them.
    """
    if not isinstance(item, dict) or len(item) != len(fields):
        raise fail("other keys than the fields")
    try:
        return values_in([item[field] for field in fields])
    except KeyError:
        raise fail("other keys than the fields") from None


def string_in(quoted: str) -> str:
    """What a string that `STRING` has found says.

    Raises:
        ValueError: It has an escape that JSON does not know.
    """
    return str(loads(quoted)) if "\\" in quoted else quoted[1:-1]


def values_in(values: Sequence[Any]) -> Record:
    """Values as rows hold them: strings, and arguments as pairs.

    Raises:
        ValueError: One is neither.
    """
    return tuple([value if type(value) is str else roles_in(value) for value in values])


def roles_out(arguments: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Pairs of role and text as {role: [text, ...]}; roles in order of appearance."""
    roles: dict[str, list[str]] = {}
    for role, text in arguments:
        roles.setdefault(role, []).append(text)
    return roles


def roles_in(roles: Any) -> tuple[tuple[str, str], ...]:
    """The way back from `roles_out`."""
    if not isinstance(roles, dict):
        raise fail(f"expected text or arguments, got {roles!r}")
    return tuple((role, _text(text)) for role, texts in roles.items() for text in texts)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise fail(f"expected text, got {value!r}")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise fail("one key twice")
    return table


STRING = r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"'
"""What finds a JSON string within other text; `string_in` reads it."""

# Made once: json.dumps and json.loads with options make an encoder or decoder for every call.
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_READER = json.JSONDecoder(object_pairs_hook=_pairs)
