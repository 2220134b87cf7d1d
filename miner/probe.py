"""Which structured output does a server really enforce? Asked once for each server and model.

The question does not show the schema that the request demands, so only a server that enforces it
can give a fitting answer; one that ignores `response_format` without a word is found out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from miner.entries import PROBE, key
from miner.flow import in_mode, model_of
from miner.replies import read_object
from miner.types import Message, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from miner.entries import Stored
    from miner.lanes import Lane
    from miner.ledger import Ledger
    from miner.types import LLM

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


async def learn_mode(
    lane: Lane, ledger: Ledger, ask: Callable[[str, Request], Awaitable[Stored]]
) -> list[LLM]:
    """Settle the lane's model on the strictest mode that its server enforces.

    Args:
        lane: Whose model leaves the mode open.
        ledger: Remembers what was found for each server and model.
        ask: Asks the lane's model, given a key and a request.

    Returns:
        The models that were used on the way and are no longer.
    """
    auto, used = lane.llm, [lane.llm]
    endpoint, sure = str(getattr(auto, "endpoint", "")), False
    found = ledger.probe(endpoint, model_of(auto))
    for mode in () if found else MODES:
        lane.llm = in_mode(auto, mode)
        used.append(lane.llm)
        request = question(mode)
        id = key(request, model_of(auto), getattr(auto, "extra_body", None))
        try:
            result = await ask(id, request)
        finally:
            lane.llm = auto
        sure = sure or result.reply is not None
        if result.reply is not None and enforced(mode, result.reply):
            found = mode
            break
    if sure:
        ledger.remember_probe(endpoint, model_of(auto), found or "prompt")
    lane.llm = in_mode(auto, found or "prompt")
    return used
