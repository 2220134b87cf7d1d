"""Defects of existing tools as tests; docs/defects.md numbers them and says where the others are."""

from __future__ import annotations

import json
import random
import sqlite3
import time

import pytest
from conftest import SCHEMA
from server import Server

from miner.alignment import align
from miner.checks.quality import SCHEMA as SCORES
from miner.checks.supported import Supported
from miner.drive import Flow, drive
from miner.errors import PromptError, Stopped, StoreError
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.prompts import Prompt
from miner.replies import interpret, read_object
from miner.taxonomy.grow import Grow, grow_children
from miner.taxonomy.plans import Draw, one_session, two_sessions
from miner.types import (
    Annotation,
    Document,
    Message,
    Node,
    Rejected,
    Reply,
    Request,
    Writing,
)

QUICK = Flow(timeout_seconds=2, attempts=2, patience_seconds=3)


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch):
    monkeypatch.setattr("miner.asker.LONGEST_WAIT_SECONDS", 0.05)


def model(server):
    return OpenAI("m", base_url=server.url, structured="json_schema")


def test_defect_2_a_fault_leaves_every_other_row_with_its_id(ask):
    def script(body, count):
        return "400" if "on 3" in body["messages"][-1]["content"] else None

    with Server(script=script, latency=lambda n: random.Random(n).random() / 50) as server:
        outcomes = ask(model(server), 8, flow=QUICK)
    assert [outcomes[i].state for i in range(8)] == ["done"] * 3 + ["failed"] + ["done"] * 4
    for i in {*range(8)} - {3}:
        assert outcomes[i].items[0].documents == (f"d{i}",)


def test_defect_3_questions_on_two_sessions_have_concepts_of_both():
    assert (one_session(5), two_sessions(5, 5)) == (31, 575)
    for plan in list(Draw(((5, 5),)).plans(600)):
        if len(plan.sessions) > 1:
            assert all(concepts for concepts in plan.concepts)


def test_defect_5_bad_json_is_asked_for_a_bounded_number_of_times():
    how = Grow(queries=1, attempts=2)
    growth = grow_children(Node("a", "Art"), ("Art",), "subject", how)
    asked, replies = [], None
    try:
        while True:
            requests = growth.send(replies)
            asked += requests
            replies = [
                Rejected("malformed_json") if r.schema else Reply("r", "no list at all")
                for r in requests
            ]
    except StopIteration as stop:
        proposals = stop.value
    lists = [r for r in asked if r.schema is None]
    assert len(lists) == 3
    assert len({sum(len(m.content) for m in r.messages) for r in lists}) <= len(lists)
    assert max(sum(len(m.content) for m in r.messages) for r in asked) < 4000, "no growing prompt"
    assert all(p.status == "failed" for p in proposals)


def test_defect_7_a_prompt_is_filled_and_nothing_is_passed_in_vain():
    prompt = Prompt("v", "", "Tell of {{topic}}.")
    assert prompt.render(topic="{{braces}}")[0].content == "Tell of {{braces}}."
    with pytest.raises(PromptError, match="no value"):
        prompt.render()
    with pytest.raises(PromptError, match="no placeholder 'chunk'"):
        prompt.render(topic="x", chunk="y")


@pytest.mark.parametrize("score", [10502, 1986, 0, 6, "5", 4.5, None, True])
def test_defect_10_a_score_is_one_of_five_numbers(score):
    found = read_object(json.dumps({"score": score, "why": "it is"}), SCORES)
    assert isinstance(found, Rejected)
    assert found.reason == "wrong_schema"


def test_defect_13_no_json_is_made_up():
    request = Request("t", "d", (Message("user", "?"),), schema=SCHEMA)
    cut = interpret(request, Reply("r", '{"word": "War', finish_reason="length"))
    assert cut.reason == "truncated"
    assert interpret(request, Reply("r", '{"word": "War')).reason == "malformed_json"
    first = interpret(request, Reply("r", '{"word": "one"}{"word": "two"}'))
    assert (first.data, first.forgiven) == ({"word": "one"}, ("trailing_text",))


def test_defect_14_a_judge_sees_the_source():
    document = Document("d", "Etna is a volcano in Sicily. It erupted in 2001.", language="en")
    whole = document.span(0, len(document.text))
    item = Annotation("a", "t", "n", ("d",), Writing("Write about Etna.", whole))
    (request,) = next(Supported().ask(item, {"d": document}))
    assert document.text in "\n".join(m.content for m in request.messages)


@pytest.mark.parametrize(
    "text",
    [
        "The cat sat. The cat ran. The dog sat on the cat.",
        "แมวนั่งบนเสื่อ แมววิ่งเร็ว หมานั่งบนแมว",
        "猫坐在垫子上。猫跑得很快。狗坐在猫上。",
    ],
)
def test_defect_19_a_quote_is_found_whatever_was_looked_for_before(text):
    document = Document("d", text)
    quotes = [text[i : i + 4] for i in range(0, len(text) - 4, 3) if text[i : i + 4].strip()]
    alone = {q: align(document, q) for q in quotes}
    for seed in range(5):
        random.Random(seed).shuffle(quotes)
        assert {q: align(document, q) for q in quotes} == alone
    assert all(
        text[s.start : s.end] == s.text for s in alone.values() if not isinstance(s, Rejected)
    )


def test_defect_20_a_damaged_ledger_stops_and_is_left_as_it_is(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path):
        pass
    damaged = b"not a ledger" + path.read_bytes()[12:]
    path.write_bytes(damaged)
    with pytest.raises(StoreError), Ledger.open(path):
        pass
    assert path.read_bytes() == damaged


def test_defect_21_one_changed_prompt_is_one_new_request(tmp_path):
    def mining(text):
        yield [Request("t", "d", (Message("user", text),))]
        return []

    with Server() as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        for texts in (["a", "b", "c"], ["a", "B", "c"]):
            list(drive(((i, mining(t)) for i, t in enumerate(texts)), model(server), ledger, QUICK))
    assert server.total == 4


def test_defect_22_what_was_paid_for_is_kept_before_it_is_read(tmp_path, ask):
    with Server(script=lambda body, count: "malformed") as server:
        (outcome,) = ask(model(server), schema=SCHEMA, flow=QUICK).values()
    assert outcome.reason == "malformed_json"
    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger:
        tables = {row[0] for row in ledger.execute("select name from sqlite_master")}
    assert tables, "raw bodies stand in the ledger"
    paid = server.total
    with Server() as silent:
        assert ask(model(silent), schema=SCHEMA, flow=QUICK)[0] == outcome
    assert (server.total, silent.total) == (paid, 0)


def test_defect_23_a_used_up_quota_is_not_retried_and_retry_after_blocks_nobody(ask):
    with Server(script=lambda body, count: "quota") as server:
        with pytest.raises(Stopped, match="quota"):
            ask(model(server), flow=QUICK)
        assert server.total == 1

    def script(body, count):
        return "429_after_1" if "on 0" in body["messages"][-1]["content"] and not count else None

    with Server(script=script) as server:
        began = time.monotonic()
        outcomes = ask(model(server), 6, flow=Flow(timeout_seconds=5), rounds=2)
    assert all(o.state == "done" for o in outcomes.values())
    assert time.monotonic() - began < 30


def test_defect_24_every_call_is_charged_and_the_document_goes_once_a_request(tmp_path, ask):
    with Server(script=lambda body, count: "wrong_schema") as server:
        (outcome,) = ask(model(server), schema=SCHEMA, flow=QUICK).values()
    assert outcome.reason == "wrong_schema"
    assert server.total == 2, "one re-ask and no more"
    assert [len(body["messages"]) for body in server.bodies] == [1, 1]
    with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
        spent = ledger.spent()
    assert spent.attempts == 2
    assert spent.tokens > 0
    assert spent.estimated == 0
