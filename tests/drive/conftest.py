from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from miner.drive import Flow, drive
from miner.ledger import Ledger
from miner.types import Annotation, Message, Rejected, Request, Span, Writing

SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}


def annotation(i, text):
    span = Span(f"d{i}", 0, 1, "x")
    return Annotation(
        f"a{i}", "t", "n", (f"d{i}",), Writing(str(text), span, "formal"), request_ids=()
    )


def mining(i, *, schema=None, rounds=1, fan=1):
    """A task that asks `rounds` times `fan` questions and hands on what is refused."""
    said = []
    for number in range(rounds):
        replies = yield [
            Request(
                "t",
                f"d{i}",
                (Message("user", f"Question {number}-{place} on {i} {said[-1:]}"),),
                schema=schema,
            )
            for place in range(fan)
        ]
        for reply in replies:
            if isinstance(reply, Rejected):
                return [reply]
            said.append(reply.text)
    return [annotation(i, said)]


@pytest.fixture
def ask(tmp_path):
    """Run some minings against a model; returns outcomes by key, and leaves the ledger behind."""

    def run(llm, many=1, *, flow=None, secret=b"s", session=None, **how):
        with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
            pairs = ((i, mining(i, **how)) for i in range(many))
            return dict(drive(pairs, llm, ledger, flow or Flow(), secret, session=session))

    return run


@pytest.fixture
def books(tmp_path):
    def read():
        with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
            books = ledger.books()
            assert books["asked"] == books["replied"] + books["failed"] + books["pending"]
            return books

    return read
