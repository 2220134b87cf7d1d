"""A changed recipe on an existing run: what comes after the replies is free, the rest is listed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar, Literal

import pytest
from server import Server
from small_job import small_job, write_prompt

from miner.errors import ChangedError, UnconfirmedError
from miner.job import mine, select
from miner.ledger import Ledger
from miner.run import Run
from miner.types import Example, Rejected


@dataclass(frozen=True)
class Not:
    """Turns the examples of one task away."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"
    task: str

    def check(self, item: Example, documents) -> Rejected | None:
        return Rejected("unwanted") if item.task == self.task else None


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture
def begun(server, sample_store, tmp_path):
    """A finished run, and a way to run it again with other keys: how many requests were sent."""
    run = Run(tmp_path / "run")

    def again(*, yes=False, **keys):
        before = server.total
        mine(small_job(tmp_path, server.url, **keys), sample_store, run, yes=yes)
        return server.total - before

    assert again() == 4
    return run, again


def test_what_comes_after_the_replies_costs_nothing(begun):
    run, again = begun
    made = len(list(run.examples()))
    assert again(compose__variants=2) == 0
    assert len(list(run.examples())) > made
    assert again(checks=[{"kind": f"{__name__}:Not", "task": "write_document"}]) == 0
    assert {example.task for example in run.examples()} == {"reverse_instruction"}
    assert again(exports=[{"kind": "messages"}]) == 0
    assert {path.name for path in (run.path / "dataset").iterdir() if path.is_dir()} == {"messages"}


def test_a_model_that_moved_is_the_same_model(begun, sample_store, tmp_path):
    run, _ = begun
    with Server() as elsewhere:
        mine(small_job(tmp_path, elsewhere.url), sample_store, run)
        assert elsewhere.total == 0


def test_an_edited_prompt_is_listed_with_its_price_and_needs_a_yes(begun, tmp_path):
    run, again = begun
    before = {path: path.read_bytes() for path in run.path.rglob("*.parquet")}
    write_prompt(tmp_path, "Be brief.")
    prices = {"llm__prompt_price": 1.0, "llm__completion_price": 2.0}
    with pytest.raises(UnconfirmedError) as error:
        again(**prices)
    message = str(error.value)
    assert "tasks.0.prompt" in message
    assert "to ask: 4 reverse_instruction (about $0.0" in message
    assert "at most $" in message
    assert "--yes" in message
    assert "--replay" in message
    assert error.value.exit_code == 3
    assert before == {path: path.read_bytes() for path in run.path.rglob("*.parquet")}
    assert run.finished
    assert again(yes=True, **prices) == 4
    assert again(**prices) == 0
    write_prompt(tmp_path)
    assert again(**prices) == 0, "what was asked once is there, whatever came between"


def test_only_the_requests_that_a_change_touches_are_paid(begun):
    run, again = begun
    assert again(tasks__0__max_words=40, yes=True) <= 4
    with Ledger.open(run.ledger, read_only=True) as ledger:
        asked = ledger.books()["asked"]
    assert again(tasks__0__max_words=40, compose__variants=3) == 0
    with Ledger.open(run.ledger, read_only=True) as ledger:
        assert ledger.books()["asked"] == asked


def test_another_selection_is_said_before_it_is_made(begun):
    run, again = begun
    with pytest.raises(UnconfirmedError, match="per_node = 2, now it is 3; documents are selected"):
        again(select__per_node=3)
    assert [node.quota for node in run.selection().nodes] == [2, 2]
    assert 1 <= again(select__per_node=3, yes=True) <= 2
    assert [node.quota for node in run.selection().nodes] == [3, 3]


def test_replaying_asks_nobody_and_what_is_missing_is_asked_later(begun, tmp_path):
    run, again = begun
    write_prompt(tmp_path, "Be brief.")
    assert again(flow__replay=True) == 0
    missing = [row for row in run.rejected("not_in_ledger") if row["task"] == "reverse_instruction"]
    assert len(missing) >= 4
    assert again() >= 4
    assert not list(run.rejected("not_in_ledger"))


def test_a_stricter_check_that_needs_spares_asks_first(begun):
    """The replies that are there were free; the next candidates would not be."""
    _, again = begun
    strict = {"checks": [{"kind": "length", "max_output": 1}]}
    with pytest.raises(UnconfirmedError, match=r"to ask: \d+ reverse_instruction"):
        again(**strict)


def test_a_selection_that_nothing_was_made_of_may_change(sample_store, tmp_path):
    run = Run(tmp_path / "run")
    select(small_job(tmp_path), sample_store, run)
    _, selection = select(small_job(tmp_path, select__per_node=1), sample_store, run)
    assert [node.quota for node in selection.nodes] == [1, 1]
    mine(small_job(tmp_path, select__per_node=1), sample_store, run)
    with pytest.raises(ChangedError, match="miner run"):
        select(small_job(tmp_path), sample_store, run)


def test_replies_in_any_order_give_the_same_files(sample_store, tmp_path):
    latencies = random.Random(5)
    made = []
    with Server() as server:
        for latency in (0.0, lambda _: latencies.uniform(0, 0.1), lambda _: latencies.random() / 9):
            server.latency = latency
            run = Run(tmp_path / str(len(made)))
            mine(small_job(tmp_path, server.url, select__per_node=6), sample_store, run)
            files = [
                path
                for folder in ("annotations", "examples", "rejected", "dataset")
                for path in sorted((run.path / folder).rglob("*.parquet"))
            ]
            made.append({path.relative_to(run.path): path.read_bytes() for path in files})
    assert made[0] == made[1] == made[2]
    assert len(made[0]) > 3


def test_work_under_way_in_figures(server, sample_store, tmp_path):
    told = []

    def progress(phase, done, total, figures=None):
        if figures:
            told.append((done, total, figures()))

    prices = {"llm__prompt_price": 1.0, "llm__completion_price": 2.0}
    run = Run(tmp_path / "run")
    mine(small_job(tmp_path, server.url, **prices), sample_store, run, progress)
    done, total, last = told[-1]
    assert (done, total, last.requests, last.share) == (4, 4, 4, 1.0)
    assert last.accepted == len(list(run.examples()))
    assert sum(last.rejected.values()) == len(list(run.rejected()))
    with Ledger.open(run.ledger, read_only=True) as ledger:
        assert last.dollars == pytest.approx(ledger.spent().dollars)
        assert last.dollars > 0
