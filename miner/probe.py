"""Which structured output does a server really enforce? Asked once for each server and model.

The question does not show the schema that the request demands, so only a server that enforces it
can give a fitting answer; one that ignores `response_format` without a word is found out.
"""

from __future__ import annotations

import json

from miner.entries import PROBE
from miner.replies import read_object
from miner.types import Message, Reply, Request

MODES = ("json_schema", "json_object_schema", "json_object")
"""From the strictest; what enforces none of them is told in words (`prompt`)."""

_SCHEMA = {
    "type": "object",
    "properties": {
        "zone": {"type": "string", "enum": ["north", "south"]},
        "open": {"type": "boolean"},
    },
    "required": ["zone", "open"],
    "additionalProperties": False,
}
_ANY = {"type": "object", "properties": {}, "required": []}


def question(mode: str) -> Request:
    """A request whose answer tells whether the mode is enforced."""
    text = "Write one short sentence about the sea, as a JSON object."
    schema = _ANY if mode == "json_object" else _SCHEMA
    return Request(
        PROBE, "", (Message("user", text),), 1000, schema=schema, sample=MODES.index(mode)
    )


def enforced(mode: str, reply: Reply) -> bool:
    """Whether the answer to `question` could only come from a server that enforces the mode."""
    if reply.finish_reason != "stop":
        return False
    if mode == "json_object":
        try:
            return isinstance(json.loads(reply.text), dict)
        except (ValueError, RecursionError):
            return False
    return isinstance(read_object(reply.text, _SCHEMA), tuple)
