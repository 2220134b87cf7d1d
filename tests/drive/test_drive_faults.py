"""Every fault of a server costs itself and a counted, readable reason; never the job."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from conftest import SCHEMA
from server import Server

from miner.drive import Flow
from miner.errors import LLMError, Stopped
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.session import Session

QUICK = Flow(timeout_seconds=0.8, attempts=2, start_in_flight=4, patience_seconds=3)
"""Two attempts, a quarter of a second of backoff between them at most."""


def model(server, **more):
    return OpenAI("m", base_url=server.url, structured="json_schema", **more)


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch):
    monkeypatch.setattr("miner.asker.LONGEST_WAIT_SECONDS", 0.05)


def once(fault):
    return lambda body, count: fault if count == 0 else None


@pytest.mark.parametrize(
    "fault",
    [
        *("drip", "hang", "reset", "half_body", "500", "502_html", "429", "429_after_1"),
        *("str_body", "error_200", "empty_choices", "429_after_0.01"),
    ],
)
def test_passing_fault_is_retried(ask, books, fault):
    with Server(script=once(fault)) as server:
        (outcome,) = ask(model(server), flow=QUICK, schema=SCHEMA).values()
    assert outcome.state == "done"
    assert list(server.counts.values()) == [2]
    assert books() == {"asked": 1, "replied": 1, "failed": 0, "pending": 0}


@pytest.mark.parametrize(
    ("fault", "state", "reason", "sent"),
    [
        ("hang", "failed", "timeout", 2),
        ("reset", "failed", "unavailable", 2),
        ("500", "failed", "unavailable", 2),
        ("str_body", "failed", "malformed_response", 2),
        ("huge", "failed", "too_large", 1),
        ("400", "failed", "bad_request", 1),
        ("null_content", "rejected", "empty", 2),
        ("reasoning_only", "rejected", "only_reasoning", 1),
        ("malformed", "rejected", "malformed_json", 2),
        ("wrong_schema", "rejected", "wrong_schema", 2),
        ("length", "rejected", "truncated", 2),
        ("truncated_json", "rejected", "truncated", 2),
        ("refusal", "rejected", "refusal", 1),
        ("content_filter", "rejected", "content_filter", 1),
    ],
)
def test_lasting_fault_costs_only_itself(ask, books, fault, state, reason, sent):
    def script(body, count):
        return fault if "on 1" in body["messages"][-1]["content"] else None

    with Server(script=script) as server:
        outcomes = ask(model(server), 3, flow=QUICK, schema=SCHEMA)
    assert [outcomes[i].state for i in range(3)] == ["done", state, "done"]
    assert outcomes[1].reason == reason
    assert server.total == 2 + sent
    assert books()["pending"] == 0


@pytest.mark.parametrize(
    ("fault", "forgiven"),
    [
        ("fenced", ("fence",)),
        ("think", ("reasoning", "trailing_text")),
        ("bad_controls", ("control_characters",)),
        ("no_usage", ()),
        ("slow", ()),
    ],
)
def test_forgiven(tmp_path, ask, books, fault, forgiven):
    session = Session(Flow())
    with Server(script=lambda body, count: fault) as server, session:
        (outcome,) = ask(model(server), session=session, schema=SCHEMA).values()
    assert outcome.state == "done"
    assert server.total == 1
    assert session.forgiven == Counter(forgiven)
    with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.spent().estimated == (fault == "no_usage")


def test_reask_says_what_was_wrong(ask):
    with Server(script=once("wrong_schema")) as server:
        server.script = lambda body, count: (
            None if "did not fit" in body["messages"][-1]["content"] else "wrong_schema"
        )
        (outcome,) = ask(model(server), schema=SCHEMA).values()
    assert outcome.state == "done"
    assert "'word' is missing" in server.bodies[1]["messages"][-1]["content"]
    assert len(server.bodies[1]["messages"]) == len(server.bodies[0]["messages"])


def test_truncated_gets_more_room_once(ask):
    def script(body, count):
        return "length" if body["max_tokens"] <= 1024 else None

    with Server(script=script) as server:
        (outcome,) = ask(model(server)).values()
    assert outcome.state == "done"
    assert [body["max_tokens"] for body in server.bodies] == [1024, 2048]


def test_refused_key_stops_at_once(ask, books):
    with Server(script=lambda body, count: "401") as server, pytest.raises(LLMError, match="key"):
        ask(model(server), 50, flow=Flow(start_in_flight=1))
    assert server.total == 1
    assert books()["pending"] == 1


def test_unknown_model_stops_at_once(ask):
    with (
        Server(script=lambda body, count: "404") as server,
        pytest.raises(LLMError, match="no model 'm'"),
    ):
        ask(model(server), flow=QUICK)


def test_no_quota_stops_and_can_be_resumed(ask, books):
    with Server(script=lambda body, count: "quota") as server:
        with pytest.raises(Stopped, match="quota"):
            ask(model(server), 50, flow=Flow(start_in_flight=1))
        assert server.total == 1
        server.script = lambda body, count: None
        assert len(ask(model(server), 50)) == 50
    assert books() == {"asked": 50, "replied": 50, "failed": 0, "pending": 0}


def test_nobody_at_the_address(ask):
    with Server() as server:
        gone = model(server)
    started = time.monotonic()
    with pytest.raises(LLMError, match="does not answer"):
        ask(gone, 20, flow=Flow(patience_seconds=0.5))
    assert time.monotonic() - started < 5


def test_outage_costs_nothing_but_time(ask, books):
    with Server() as server:
        server.script = lambda body, count: "500" if 20 < server.total < 60 else None
        outcomes = ask(model(server), 100, flow=Flow(attempts=3))
    assert {outcome.state for outcome in outcomes.values()} == {"done"}
    assert books()["failed"] == 0


def test_long_outage_stops(ask, books):
    with Server() as server:
        server.script = lambda body, count: "500" if server.total > 20 else None
        with pytest.raises(Stopped, match="has not answered"):
            ask(model(server), 100, flow=Flow(max_outage_seconds=0.3))
        server.script = lambda body, count: None
        assert len(ask(model(server), 100)) == 100
    assert books()["failed"] == 0


def test_redirect_is_not_followed(ask):
    from aiohttp import web

    with Server() as server:

        async def away(request, body, fault):
            return web.Response(status=307, headers={"Location": server.url + "/elsewhere"})

        server.respond = away
        with pytest.raises(LLMError, match="not followed"):
            ask(model(server), flow=QUICK)


@pytest.mark.parametrize("seconds", [90, 300])
def test_retry_after_does_not_hold_up_others(ask, seconds):
    def script(body, count):
        return f"429_after_{seconds}" if "on 0 " in body["messages"][-1]["content"] else None

    with Server(script=script) as server:
        with pytest.raises(Stopped, match="deadline"):
            ask(model(server), 30, flow=Flow(deadline_seconds=1.5))
        assert sum(server.statuses.values()) == 30
        assert server.statuses[200] == 29
