from __future__ import annotations

import threading

import pytest
from conftest import SCHEMA, mining
from server import Server

from miner.drive import Flow, drive
from miner.errors import PromptError, Stopped
from miner.ledger import Ledger
from miner.llms.fake import Fake
from miner.llms.openai import OpenAI
from miner.types import Message, Rejected, Request


def test_without_yield_runs_inline(tmp_path):
    def silent():
        return []
        yield

    threads = threading.active_count()
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        (pair,) = drive([("k", silent())], Fake(), ledger)
        assert ledger.books()["asked"] == 0
    assert pair[0] == "k"
    assert pair[1].state == "done"
    assert threading.active_count() == threads


def test_without_model(ask):
    (outcome,) = ask(None).values()
    assert (outcome.state, outcome.reason) == ("rejected", "no_model")
    assert outcome.items == (), "what the task only hands on is counted once"


def test_replies_keep_the_order_of_the_questions(ask):
    def echo(body):
        return body["messages"][-1]["content"]

    with Server(latency=lambda n: 0.2 / n, answer=echo) as server:
        (outcome,) = ask(OpenAI("m", base_url=server.url), fan=6, rounds=2).values()
    said = eval(outcome.items[0].finding.instruction)
    assert [f"0-{i}" in text for i, text in enumerate(said[:6])] == [True] * 6
    assert server.peak > 1


def test_second_run_asks_nothing(ask):
    with Server() as server:
        llm = OpenAI("m", base_url=server.url)
        first = ask(llm, 20, rounds=3)
        total = server.total
        assert ask(llm, 20, rounds=3) == first
    assert server.total == total == 60
    assert ask(llm, 20, rounds=3) == first, "the server is gone, and is not missed"


def test_equal_questions_are_asked_once(tmp_path):
    def same(i):
        replies = yield [Request("t", "d", (Message("user", "The same."),))] * 3
        return [] if all(r.text for r in replies) else replies

    with Server(latency=0.1) as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        pairs = ((i, same(i)) for i in range(10))
        outcomes = dict(drive(pairs, OpenAI("m", base_url=server.url), ledger))
    assert server.total == 1
    assert {o.state for o in outcomes.values()} == {"done"}


def test_minings_are_pulled_as_there_is_room(tmp_path):
    pulled = []

    def pairs():
        for i in range(500):
            pulled.append(i)
            yield i, mining(i)

    flow = Flow(in_flight=4)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        for done, _ in enumerate(drive(pairs(), Fake(), ledger, flow), 1):
            assert len(pulled) - done <= 3 * flow.in_flight


def test_broken_task_costs_itself(tmp_path):
    def broken():
        yield [Request("t", "d", (Message("user", "?"),))]
        raise KeyError("x")

    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        outcomes = dict(drive([(0, broken()), (1, mining(1))], Fake(), ledger))
    assert (outcomes[0].state, outcomes[0].reason) == ("failed", "task_error")
    assert "KeyError" in outcomes[0].detail
    assert outcomes[1].state == "done"


def test_unportable_schema_is_refused(ask):
    with pytest.raises(PromptError, match="'pattern' is not portable"):
        ask(Fake(), schema={"type": "object", "pattern": "x"})


def test_caller_may_leave_early(tmp_path):
    with Server(latency=0.05) as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        results = drive(((i, mining(i)) for i in range(50)), OpenAI("m", server.url), ledger)
        next(results)
        results.close()
        books = ledger.books()
    assert books["pending"] == 0, "what was in flight came in"
    assert not [t for t in threading.enumerate() if t.name == "asker"]


def test_deadline_stops_and_the_rest_can_be_done(ask, books):
    with Server(latency=0.1) as server:
        llm = OpenAI("m", base_url=server.url)
        with pytest.raises(Stopped, match="deadline"):
            ask(llm, 200, flow=Flow(deadline_seconds=0.3, in_flight=4))
        assert books()["pending"] == 0
        done = server.total
        assert len(ask(llm, 200)) == 200
        assert server.total == 200 > done


def test_documents_are_fenced_by_marks_that_the_ledger_does_not_key(tmp_path):
    from miner.prompts import MARK, document_block

    def read():
        block = document_block("Some text.")
        replies = yield [Request("t", "d", (Message("user", f"Read.\n{block}"),), schema=SCHEMA)]
        return replies if isinstance(replies[0], Rejected) else []

    with Server() as server:
        for secret in (b"one", b"two"):
            with Ledger.open(tmp_path / "l.sqlite") as ledger:
                llm = OpenAI("m", server.url, structured="json_schema")
                dict(drive([(0, read())], llm, ledger, secret=secret))
    (body,) = server.bodies
    assert MARK not in body["messages"][0]["content"]
    with Ledger.open(tmp_path / "l.sqlite", read_only=True) as ledger:
        (id,) = ledger.requests()
        entry = ledger.request(id[:6])
    assert entry.sent[0].content == body["messages"][0]["content"]
    assert MARK in entry.messages[0].content


def test_who_repeats_the_mark_is_rejected(ask):
    def parrot(body):
        return body["messages"][-1]["content"]

    from miner.prompts import CANARY

    with Server(answer=parrot) as server:
        (outcome,) = ask(OpenAI("m", server.url)).values()
        assert outcome.state == "done"
    assert CANARY not in server.bodies[0]["messages"][0]["content"]
