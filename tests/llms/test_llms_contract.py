"""Every model of the package: an equal request gets an equal reply, and a schema is honoured."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from server import Server

from miner import recipe
from miner.errors import LLMError, RecipeError
from miner.llms import from_argument
from miner.llms.fake import Fake
from miner.llms.openai import OpenAI, read_completion
from miner.replies import interpret
from miner.types import LLM, Message, Reply, Request

SCHEMA = {
    "type": "object",
    "properties": {"questions": {"type": "array", "items": {"type": "string"}}},
    "required": ["questions"],
    "additionalProperties": False,
}


def request(schema=None):
    text = (
        "----- document 12 begins -----\nWolves hunt in packs.\n----- document 12 ends -----\nAsk."
    )
    return Request("t", "d", (Message("system", "s"), Message("user", text)), schema=schema)


@pytest.fixture(params=["fake", "openai"])
def llm(request):
    if request.param == "fake":
        yield Fake()
    else:
        with Server() as server:
            yield OpenAI("m", base_url=server.url)


@pytest.mark.parametrize("schema", [None, SCHEMA])
def test_contract(llm, schema):
    async def twice():
        replies = [await llm.complete(request(schema)) for _ in range(2)]
        if hasattr(llm, "aclose"):
            await llm.aclose()
        return replies

    one, two = asyncio.run(twice())
    assert one == two
    assert one.prompt_tokens > 0
    assert one.completion_tokens > 0
    assert one.body
    reply = interpret(request(schema), one)
    assert isinstance(reply, Reply)
    if schema:
        assert set(reply.data["questions"]) <= {"Wolves hunt in packs"}
    else:
        assert reply.text.endswith("Wolves and hunt and packs.")


def test_every_kind_is_listed():
    assert {"fake", "openai"} <= set(recipe.kinds("llms"))
    for kind, line in recipe.kinds("llms").items():
        assert line.endswith((".", ":")) or len(line) > 20, kind
        assert callable(recipe.find(LLM, kind).complete)


def test_from_argument():
    assert from_argument("none") is None
    assert from_argument("fake") == Fake()
    assert from_argument("http://127.0.0.1:1/v1", "m").endpoint == "http://127.0.0.1:1/v1"
    with pytest.raises(RecipeError, match="--model"):
        from_argument("http://127.0.0.1:1/v1")
    with pytest.raises(RecipeError, match="did you mean 'openai'"):
        from_argument("opnai", "m")


def test_recipe_round_trip():
    table = {"kind": "openai", "model": "m", "base_url": ["http://a/v1", "http://b/v1"]}
    llm = recipe.build(OpenAI, {k: v for k, v in table.items() if k != "kind"}, "[llm]")
    assert len(llm.replicas()) == 2
    again = recipe.dump(llm)
    assert recipe.build(OpenAI, again, "[llm]") == llm
    with pytest.raises(RecipeError, match="begin with http"):
        recipe.build(OpenAI, {"model": "m", "base_url": "localhost:1"}, "[llm]")


def test_key_comes_from_environment_or_file(monkeypatch, tmp_path):
    monkeypatch.setenv("MY_KEY", "sk-1")
    assert OpenAI("m", api_key_env="MY_KEY").key() == "sk-1"
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(LLMError, match="MY_KEY"):
        OpenAI("m", api_key_env="MY_KEY").key()
    assert OpenAI("m", "http://10.0.0.1:1/v1", api_key_env="MY_KEY").key() == "none"
    (tmp_path / "key").write_text("sk-2\n")
    assert OpenAI("m", api_key_file=tmp_path / "key").key() == "sk-2"
    with pytest.raises(LLMError, match="cannot read"):
        OpenAI("m", api_key_file=tmp_path / "none").key()


@pytest.mark.parametrize("content", ["plain", [{"type": "text", "text": "pl"}, {"text": "ain"}]])
def test_shapes_of_content(content):
    body = {"choices": [{"message": {"content": content}, "finish_reason": None}]}
    reply = read_completion(json.dumps(body))
    assert (reply.text, reply.finish_reason, reply.prompt_tokens) == ("plain", "stop", 0)


def test_the_fields_that_are_sent():
    with Server() as server:
        llm = OpenAI(
            "m",
            server.url,
            extra_body={"chat_template_kwargs": {"enable_thinking": False}},
            max_tokens_field="max_completion_tokens",
        )

        async def once():
            await llm.complete(request(SCHEMA))
            await llm.aclose()

        asyncio.run(once())
    (body,) = server.bodies
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["max_completion_tokens"] == 1024
    assert "max_tokens" not in body
    assert body["response_format"]["json_schema"]["strict"] is True
    assert "tools" not in body
