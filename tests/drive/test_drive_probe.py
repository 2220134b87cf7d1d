"""A server that ignores schemas without a word is found out, once."""

from __future__ import annotations

import json

import pytest
from conftest import SCHEMA
from server import Server, content_of

from miner.ledger import Ledger
from miner.llms.openai import OpenAI


def enforcing(*modes):
    """A server that enforces only these modes, and else talks; what it refuses is by status 400."""

    def mode_of(body):
        form = body.get("response_format") or {}
        if form.get("type") == "json_object":
            return "json_object_schema" if "schema" in form else "json_object"
        return form.get("type", "prompt")

    def answer(body):
        mode = mode_of(body)
        if "JSON Schema" in body["messages"][-1]["content"]:
            return '{"word": "told"}'
        if mode == "json_object" and mode in modes:
            return json.dumps({"sentence": "blue"})
        return content_of(body) if mode in modes else "The sea is blue."

    return answer


@pytest.mark.parametrize(
    ("modes", "learned", "questions"),
    [
        (("json_schema",), "json_schema", 1),
        (("json_object_schema", "json_object"), "json_object_schema", 2),
        (("json_object",), "json_object", 3),
        ((), "prompt", 3),
    ],
)
def test_the_mode_is_learned_once(tmp_path, ask, books, modes, learned, questions):
    with Server(answer=enforcing(*modes)) as server:
        llm = OpenAI("m", base_url=server.url)
        outcomes = ask(llm, 10, schema=SCHEMA)
        assert {o.state for o in outcomes.values()} == {"done"}
        assert server.total == 10 + questions
        ask(llm, 12, schema=SCHEMA)
        assert server.total == 12 + questions
    assert books()["asked"] == 12 + questions
    with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.probe(llm.endpoint, "m") == learned
        (id,) = list(ledger.requests(task="t"))[:1]
        assert ledger.request(id).attempts[-1].mode == learned


@pytest.mark.parametrize("status", ["400", "500"])
def test_a_mode_that_the_server_refuses(ask, status, monkeypatch):
    monkeypatch.setattr("miner.asker.LONGEST_WAIT_SECONDS", 0.01)

    def script(body, count):
        refused = (body.get("response_format") or {}).get("type") == "json_schema"
        return status if refused else None

    with Server(script=script) as server:
        (outcome,) = ask(OpenAI("m", base_url=server.url), schema=SCHEMA).values()
    assert outcome.state == "done"
    assert server.bodies[-1]["response_format"]["type"] == "json_object"


def test_prose_needs_no_probe(ask):
    with Server() as server:
        ask(OpenAI("m", base_url=server.url), 3)
    assert server.total == 3
