"""llama.cpp's server enforces schemas by a grammar: what it makes of noise is valid, and nonsense.

Given by LLAMA_SERVER_BIN; tests/servers/build_llama_server.sh builds it once.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tiny_model import save_gguf

from miner.checks.grounded import Grounded
from miner.drive import Flow, drive
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.prompts import document_block
from miner.types import Annotation, Answers, Document, Message, Rejected, Reply, Request, Span

BINARY = os.environ.get("LLAMA_SERVER_BIN", "")
pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not BINARY, reason="LLAMA_SERVER_BIN names no llama-server"),
]

DOCUMENT = Document("d", "Wolves hunt in packs. They follow the herd for days, and rest by night.")
SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["fact", "reason"]},
        "quote": {"type": "string"},
        "sure": {"type": "boolean"},
    },
    "required": ["kind", "quote", "sure"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def llm(started, tmp_path_factory):
    assert Path(BINARY).is_file(), BINARY
    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    save_gguf(model)
    options = ("--host", "127.0.0.1", "--port", "{port}", "--parallel", "2", "-t", "1")
    return OpenAI("tiny", started([BINARY, "-m", str(model), "-c", "8192", *options]))


def mining(number, said):
    text = f"{document_block(DOCUMENT.text)}\nQuote a sentence. Try {number}."
    (reply,) = yield [
        Request("t", "d", (Message("user", text),), max_tokens=1500, schema=SCHEMA, sample=number)
    ]
    said[number] = reply
    return []


def test_noise_through_a_grammar_is_valid_and_grounds_nowhere(llm, tmp_path):
    said = {}
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        minings = ((n, mining(n, said)) for n in range(6))
        dict(drive(minings, llm, ledger, Flow(in_flight=2), b"secret"))
        assert ledger.probe(llm.endpoint, "tiny") == "json_schema"
        books = ledger.books()
    assert books["pending"] == books["failed"] == 0
    replies = [reply for reply in said.values() if isinstance(reply, Reply)]
    others = {reply.reason for reply in said.values() if isinstance(reply, Rejected)}
    assert others <= {"truncated"}, "a grammar leaves no other way to be unusable"
    assert replies
    for reply in replies:
        assert reply.data["kind"] in {"fact", "reason"}
        assert isinstance(reply.data["sure"], bool)
        quote = reply.data["quote"]
        assert quote not in DOCUMENT.text or len(quote) < 3
        whole = DOCUMENT.span(0, len(DOCUMENT.text))
        claimed = Answers(whole, "What is said?", (Span("d", 0, max(1, len(quote)), quote or "?"),))
        annotation = Annotation("a", "t", "n", ("d",), claimed)
        refused = Grounded().check(annotation, {"d": DOCUMENT})
        assert refused is not None, "an invented quote is no evidence"
