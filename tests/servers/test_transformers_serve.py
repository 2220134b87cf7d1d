"""`transformers serve` takes a schema and ignores it without a word: the probe must find out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tiny_model import save_for_transformers

from miner.drive import Flow, drive
from miner.entries import PROBE
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.types import Message, Rejected, Request

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]

SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["question", "answer"],
    "additionalProperties": False,
}
UNUSABLE = {"malformed_json", "wrong_schema", "truncated", "empty"}


@pytest.fixture(scope="module")
def llm(started, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_for_transformers(folder)
    program = str(Path(sys.executable).with_name("transformers"))
    options = ("--host", "127.0.0.1", "--port", "{port}", "--device", "cpu")
    url = started([program, "serve", str(folder), *options])
    return OpenAI(str(folder), url)


def mining(number, said, schema):
    text = Message("user", f"Wolves hunt in packs. Ask question {number}.")
    (reply,) = yield [Request("t", f"d{number}", (text,), max_tokens=200, schema=schema)]
    said[number] = reply
    return []


def ask(path, llm, schema, many=5):
    said = {}
    with Ledger.open(path) as ledger:
        minings = ((n, mining(n, said, schema)) for n in range(many))
        states = {n: o.state for n, o in drive(minings, llm, ledger, Flow(in_flight=4))}
        books = ledger.books()
        assert books["asked"] == books["replied"] + books["failed"]
        mode = ledger.probe(llm.endpoint, llm.model)
        probes = list(ledger.requests(task=PROBE))
        entries = [ledger.request(id) for id in ledger.requests(task="t")]
    return said, states, mode, probes, entries


def test_the_schema_is_ignored_and_the_probe_finds_out(llm, tmp_path):
    said, states, mode, probes, entries = ask(tmp_path / "ledger.sqlite", llm, SCHEMA)
    assert mode == "prompt"
    assert len(probes) == 3, "each mode was tried, once"
    assert all(isinstance(reply, Rejected) for reply in said.values()), "noise fits no schema"
    assert {reply.reason for reply in said.values()} <= UNUSABLE
    assert all("rejected" in state or "done" in state for state in states.values())
    attempts = [attempt for entry in entries for attempt in entry.attempts]
    assert {attempt.mode for attempt in attempts} == {"prompt"}
    assert all(attempt.body and attempt.prompt_tokens for attempt in attempts), "it is all kept"
    again = ask(tmp_path / "ledger.sqlite", OpenAI(llm.model, "http://127.0.0.1:1/v1"), SCHEMA)
    assert again[0] == said, "the second run needs no server"


def test_prose_comes_as_it_is(llm, tmp_path):
    said, _, mode, probes, _ = ask(tmp_path / "ledger.sqlite", llm, None)
    assert (mode, probes) == ("", []), "prose needs no probe"
    usable = [reply for reply in said.values() if not isinstance(reply, Rejected)]
    assert usable, "some of it ends by itself"
    assert all(reply.text and reply.completion_tokens for reply in usable)
    assert {r.reason for r in said.values() if isinstance(r, Rejected)} <= UNUSABLE
