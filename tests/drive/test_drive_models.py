"""Several models, replicas, earlier ledgers, and replays."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections import Counter

import pytest
from aiohttp import web
from conftest import SCHEMA, annotation, mining
from server import Server

from miner import recipe
from miner.cascading import cascade
from miner.drive import Flow, drive
from miner.errors import LLMError, RecipeError, StoreError
from miner.ledger import Ledger
from miner.llms.fake import Fake
from miner.llms.openai import OpenAI
from miner.llms.replay import Replay
from miner.llms.several import Several
from miner.types import Message, Rejected, Request


def run(path, llm, many=10, *, flow=None, **how):
    with Ledger.open(path) as ledger:
        pairs = ((i, mining(i, **how)) for i in range(many))
        outcomes = dict(drive(pairs, llm, ledger, flow or Flow(), b"s"))
        return outcomes, ledger.books(), ledger.spent(), ledger.breakdown()


def test_a_replay_gives_the_same_and_asks_nobody(tmp_path):
    with Server() as server:
        llm = OpenAI("m", server.url, structured="json_schema")
        first, *_ = run(tmp_path / "old" / "ledger.sqlite", llm, schema=SCHEMA, rounds=2)
    replayed, books, spent, _ = run(
        tmp_path / "new.sqlite", Replay(tmp_path / "old", "m"), schema=SCHEMA, rounds=2
    )
    assert replayed == first
    assert books == {"asked": 20, "replied": 20, "failed": 0, "pending": 0}
    assert (spent.attempts, spent.nano, spent.tokens) == (0, 0, 0)


def test_a_replay_rejects_what_was_never_asked(tmp_path):
    run(tmp_path / "old.sqlite", Fake(), 3)
    outcomes, *_ = run(tmp_path / "new.sqlite", Replay(tmp_path / "old.sqlite", "fake"), 4)
    assert [outcomes[i].reason for i in range(4)] == ["", "", "", "not_in_ledger"]
    with pytest.raises(StoreError, match="no ledger here"):
        run(tmp_path / "x.sqlite", Replay(tmp_path / "none.sqlite", "fake"), 1)


def test_flow_replay_sends_nothing(tmp_path):
    with Server() as server:
        llm = OpenAI("m", server.url)
        run(tmp_path / "l.sqlite", llm, 3)
        outcomes, *_ = run(tmp_path / "l.sqlite", llm, 5, flow=Flow(replay=True))
    assert server.total == 3
    assert Counter(o.reason for o in outcomes.values()) == {"": 3, "not_in_ledger": 2}


def test_an_earlier_ledger_serves(tmp_path):
    with Server() as server:
        llm = OpenAI("m", server.url)
        run(tmp_path / "old" / "ledger.sqlite", llm, 6)
        flow = Flow(reuse=(str(tmp_path / "old"),))
        outcomes, books, spent, _ = run(tmp_path / "new.sqlite", llm, 10, flow=flow)
        assert server.total == 10
        assert spent.attempts == 4
        assert books["replied"] == 10
        again, *_ = run(
            tmp_path / "third.sqlite",
            Fake("m"),
            10,
            flow=Flow(reuse=(str(tmp_path / "new.sqlite"),)),
        )
    assert again == outcomes


def test_failures_are_asked_again_on_demand(tmp_path):
    with Server(script=lambda body, count: "400") as server:
        llm = OpenAI("m", server.url)
        outcomes, books, *_ = run(tmp_path / "l.sqlite", llm, 4)
        assert books["failed"] == 4
        run(tmp_path / "l.sqlite", llm, 4)
        assert server.total == 4
        server.script = lambda body, count: None
        outcomes, books, *_ = run(tmp_path / "l.sqlite", llm, 4, flow=Flow(retry_failed=True))
    assert {o.state for o in outcomes.values()} == {"done"}
    assert books == {"asked": 4, "replied": 4, "failed": 0, "pending": 0}


def test_models_by_share_task_and_name():
    llm = Several(
        {"a": Fake("a"), "b": Fake("b"), "c": Fake("c")}, {"relations": "c"}, {"a": 3, "b": 1}
    )

    def route(document, task="t", model=""):
        return llm.route(Request(task, document, (Message("user", "?"),), model=model))

    counts = Counter(route(str(i)) for i in range(4000))
    assert 0.72 < counts["a"] / 4000 < 0.78
    assert counts["c"] == 0
    assert route("1") == route("1")
    assert route("1", "relations") == "c"
    assert route("1", "relations", "b") == "b"
    assert Several({"x": Fake(), "y": Fake()}).route(Request("t", "d", ())) == "x"


def test_several_models_in_one_run(tmp_path):
    llm = Several({"a": Fake("small"), "b": Fake("large")}, shares={"a": 1.0, "b": 1.0})
    _, books, _, breakdown = run(tmp_path / "l.sqlite", llm, 60)
    assert books["replied"] == 60
    assert {row["model"] for row in breakdown} == {"small", "large"}


def test_a_strong_model_gets_what_was_rejected(tmp_path):
    def script(body, count):
        return "wrong_schema" if body["model"] == "weak" and "on 1" in str(body) else None

    with Server(script=script) as server:
        weak, strong = (
            OpenAI(name, server.url, structured="json_schema") for name in ("weak", "strong")
        )
        llm = Several({"weak": weak, "strong": strong}, following={"weak": "strong"})
        outcomes, *_ = run(tmp_path / "l.sqlite", llm, 3, schema=SCHEMA)
    assert {o.state for o in outcomes.values()} == {"done"}
    assert Counter(body["model"] for body in server.bodies) == {"weak": 4, "strong": 1}


class Quotes:
    """A check that takes a text of many words for no quote."""

    subject = "annotation"

    def check(self, item, documents):
        return Rejected("unquoted") if "made up" in item.id else None


@pytest.mark.parametrize("by_check", [True, False])
def test_a_strong_model_gets_whose_findings_were_rejected(tmp_path, by_check):
    """A reply can be read and be wrong all the same: a quote that stands nowhere."""

    def quoting(i):
        (reply,) = yield [Request("t", f"d{i}", (Message("user", f"Quote {i}"),))]
        if reply.text == "true" or by_check:
            made = annotation(i, reply.text)
            return [dataclasses.replace(made, id=f"{reply.text} {i}")]
        return [Rejected("not_verbatim", reply.text)]

    def answer(body):
        return "made up" if body["model"] == "weak" and "1" in str(body["messages"]) else "true"

    with Server(answer=answer) as server:
        models = {name: OpenAI(name, server.url) for name in ("weak", "strong")}
        llm = Several(models, following={"weak": "strong"})
        for times in (1, 2):
            with Ledger.open(tmp_path / "l.sqlite") as ledger:
                pairs = (
                    (i, cascade(functools.partial(quoting, i), llm, (Quotes(),), {}))
                    for i in range(3)
                )
                outcomes = dict(drive(pairs, llm, ledger))
            assert [[getattr(x, "id", x) for x in outcomes[i].items] for i in (0, 2)] == [
                ["true 0"],
                ["true 2"],
            ]
            lost, found = outcomes[1].items
            assert lost.reason.endswith("Quotes:unquoted" if by_check else "not_verbatim")
            assert found.id == "true 1"
            assert Counter(b["model"] for b in server.bodies) == {"weak": 3, "strong": 1}, times


def test_who_is_rejected_by_all_is_asked_by_each_once(tmp_path):
    def hopeless():
        yield [Request("t", "d", (Message("user", "Quote"),))]
        return [Rejected("not_verbatim")]

    with Server() as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        models = {name: OpenAI(name, server.url) for name in "abc"}
        llm = Several(models, following={"a": "b", "b": "c"})
        (outcome,) = dict(drive([(0, cascade(hopeless, llm, (), {}))], llm, ledger)).values()
    assert [item.reason for item in outcome.items] == ["not_verbatim"] * 3
    assert [body["model"] for body in server.bodies] == ["a", "b", "c"]


def test_several_by_recipe():
    table = {
        "models": {"a": "fake", "b": {"kind": "fake", "model": "big"}},
        "tasks": {"relations": "b"},
    }
    llm = recipe.build(Several, table, "[llm]")
    assert llm.models["b"] == Fake("big")
    assert recipe.build(Several, recipe.dump(llm), "[llm]") == llm
    for wrong in (
        {"tasks": {"t": "z"}},
        {"following": {"a": "b", "b": "a"}},
        {"shares": {"a": -1}},
    ):
        with pytest.raises(RecipeError):
            recipe.build(Several, table | wrong, "[llm]")


def test_replicas_share_the_work_and_a_document_stays(tmp_path):
    with Server(latency=0.02) as one, Server(latency=0.02) as two:
        llm = OpenAI("m", (one.url, two.url))
        outcomes, *_ = run(tmp_path / "l.sqlite", llm, 60, rounds=3, flow=Flow(in_flight=8))
        assert len(outcomes) == 60
        assert min(one.total, two.total) > 45
        documents = [
            {b["messages"][0]["content"].split(" on ")[1].split(" ")[0] for b in s.bodies}
            for s in (one, two)
        ]
    assert len(documents[0] & documents[1]) == 0


def test_the_replica_with_the_least_in_flight_comes_first(tmp_path):
    with Server(latency=0.3) as slow, Server(latency=0.01) as quick:
        flow = Flow(in_flight=4, start_in_flight=4)
        run(tmp_path / "l.sqlite", OpenAI("m", (slow.url, quick.url)), 60, flow=flow)
        assert slow.total + quick.total == 60
        assert quick.total > 2 * slow.total > 0


def test_a_replica_that_dies_loses_nothing(tmp_path):
    with Server(latency=0.02) as one, Server(latency=0.02) as two:
        two.script = lambda body, count: "reset" if two.total > 5 else None
        llm = OpenAI("m", (one.url, two.url))
        outcomes, books, *_ = run(tmp_path / "l.sqlite", llm, 100, flow=Flow(in_flight=8))
    assert {o.state for o in outcomes.values()} == {"done"}
    assert books == {
        "asked": books["asked"],
        "replied": books["replied"],
        "failed": 0,
        "pending": books["pending"],
    }
    assert books["pending"] <= 1, "but for a question whether the dead one is up again"


def test_the_key_is_nowhere(tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-SENTINEL-1234567890")
    monkeypatch.setenv("OPENAI_LOG", "debug")
    with Server(
        script=lambda body, count: ["401", "400", "500", "reset", None][count % 5]
    ) as server:
        plain = server.plain

        def repeating(body, good, fault):
            if fault == "500":
                return plain(body, good, fault)
            error = {"error": {"message": "what key is sk-SENTINEL-1234567890?"}}
            return web.json_response(error, status=int(fault))

        server.plain = repeating
        llm = OpenAI("m", server.url)
        for _ in range(3):
            with contextlib.suppress(LLMError):
                run(tmp_path / "l.sqlite", llm, 3, flow=Flow(attempts=1, retry_failed=True))
    assert any("SENTINEL" in str(h) for h in server.headers), "it was sent"
    assert "SENTINEL" not in repr(llm) + str(recipe.dump(llm))
    for path in tmp_path.rglob("*"):
        assert b"SENTINEL" not in path.read_bytes()
    out = capfd.readouterr()
    assert "SENTINEL" not in caplog.text + out.out + out.err
    assert os.environ["OPENAI_API_KEY"].endswith("0")
