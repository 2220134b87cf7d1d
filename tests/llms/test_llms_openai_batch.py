"""Runs by the batch API: found again after every kind of death, and never paid twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from aiohttp import web

sys.path.insert(0, str(Path(__file__).parent.parent))

from batch_server import BatchServer

from miner import recipe
from miner.drive import Flow, drive
from miner.errors import LLMError, RecipeError, Stopped
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.llms.openai_batch import OpenAIBatch
from miner.llms.several import Several
from miner.types import Message, Rejected, Request

SCRIPT = Path(__file__).with_name("by_batch.py")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("miner.batches.LONGEST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr("miner.batches.APPEARS_SECONDS", 0.1)


def model(server, **more):
    return OpenAIBatch("m", server.url, poll_seconds=0.01, **more)


def mining(number, said):
    for round_ in range(2):
        (reply,) = yield [
            Request("t", f"d{number}", (Message("user", f"{round_} of {number} {said[-1:]}"),))
        ]
        said.append(reply.reason if isinstance(reply, Rejected) else reply.text)
    return []


def run(folder, llm, many=8, flow=None):
    said = {number: [] for number in range(many)}
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        try:
            for _ in drive(((n, mining(n, said[n])) for n in said), llm, ledger, flow or Flow()):
                pass
        finally:
            books = ledger.books()
            assert books["asked"] == books["replied"] + books["failed"] + books["pending"]
        return said, books, ledger.spent()


def left_behind(folder):
    return sorted(path.name for path in (folder / "batches").iterdir())


def test_two_rounds_equal_an_online_run(tmp_path):
    with BatchServer(looks=2) as server:
        online, *_ = run(tmp_path / "online", OpenAI("m", server.url))
        said, books, spent = run(
            tmp_path / "batch", model(server, prompt_price=1.0, completion_price=1.0)
        )
        assert said == online
        assert len(server.batches) == 2
        assert set(server.done.values()) == {1}
        assert run(tmp_path / "batch", model(server))[0] == online
        assert len(server.batches) == 2, "the second run asks nobody"
    assert books == {"asked": 16, "replied": 16, "failed": 0, "pending": 0}
    assert spent.nano == 1000 * spent.tokens > 0
    assert left_behind(tmp_path / "batch") == []


def test_batches_keep_below_the_limits(tmp_path, monkeypatch):
    with BatchServer() as server:
        run(tmp_path / "a", model(server, requests_per_batch=3))
        assert len(server.batches) >= 6
        assert max(len(f.splitlines()) for f in server.files.values()) <= 3
    monkeypatch.setattr("miner.batches.MOST_BYTES", 700)
    with BatchServer() as server:
        run(tmp_path / "b", model(server), 4)
        assert max(len(server.files[b["input_file_id"]]) for b in server.batches.values()) <= 700
        assert len(server.batches) >= 4
    with pytest.raises(RecipeError, match="50000"):
        recipe.build(OpenAIBatch, {"model": "m", "requests_per_batch": 50_001}, "[llm]")


@pytest.mark.parametrize(
    ("fault", "state", "tried"),
    [
        ("expired", "replied", 2),
        ("missing", "replied", 2),
        ("500", "replied", 2),
        ("broken", "replied", 2),
        ("400", "failed", 1),
    ],
)
def test_what_was_not_done_is_asked_again(tmp_path, fault, state, tried):
    with BatchServer(
        status="expired" if fault in {"expired", "missing"} else "completed"
    ) as server:
        server.line = lambda body, count: (
            fault if count == 0 and " 3 " in body["messages"][0]["content"] else None
        )
        said, books, _ = run(tmp_path, model(server))
    assert said[3][0] == "bad_request" if state == "failed" else len(said[3]) == 2
    assert books["failed"] == (2 if state == "failed" else 0)
    assert books["pending"] == 0
    assert max(server.tried.values()) == tried
    assert max(server.done.values()) == (2 if fault == "broken" else 1)


def test_what_is_never_done_is_given_up(tmp_path):
    with BatchServer(status="expired") as server:
        server.line = lambda body, count: (
            "expired" if body["messages"][0]["content"].startswith("0 of 3 ") else None
        )
        said, books, _ = run(tmp_path, model(server), flow=Flow(attempts=3))
    assert said[3][0] == "unavailable"
    assert books == {"asked": 16, "replied": 15, "failed": 1, "pending": 0}
    assert max(server.tried.values()) == 3


def test_money_is_held_back_before_a_batch_is_made(tmp_path):
    llm = {"prompt_price": 1.0, "completion_price": 1.0}
    with BatchServer() as server:
        one = 1200 * 1000 / 1e9  # 1024 tokens of the answer, and some of the prompt
        _, books, spent = run(tmp_path, model(server, **llm), flow=Flow(budget=3 * one))
        assert books["replied"] == 16
        assert spent.dollars <= 3 * one
        sizes = [
            len(server.files[b["input_file_id"]].splitlines()) for b in server.batches.values()
        ]
        assert max(sizes) <= 3
        with pytest.raises(Stopped, match="budget is used up"):
            run(tmp_path / "less", model(server, **llm), flow=Flow(budget=0.5 * one))
        nobody = OpenAIBatch("nobody-knows", "http://10.1.1.1/v1")
        with pytest.raises(RecipeError, match="prompt_price"):
            run(tmp_path / "none", nobody, flow=Flow(budget=1.0))


def test_half_the_list_price():
    assert OpenAIBatch("gpt-4o-mini").price.prompt == 75.0
    assert OpenAIBatch("gpt-4o-mini", discount=1.0).price.completion == 600.0


@pytest.mark.parametrize("moment", ["uploaded", "created", "looked", "fetched"])
@pytest.mark.parametrize("answer", ["500", "half", "html", "reset", "429"])
def test_answers_that_are_lost(tmp_path, moment, answer):
    """The thing is done at the provider, and the answer that says so does not arrive."""
    said = []

    def hook(now):
        if now != moment or said:
            return None
        said.append(now)
        if answer == "html":
            return web.Response(text="<html>hm</html>", content_type="text/html")
        if answer == "half":
            return web.Response(text='{"id', content_type="application/json")
        if answer == "reset":
            return answer
        status = int(answer)
        return web.json_response({"error": {"message": "no"}}, status=status)

    if (moment, answer) == ("created", "429"):
        pytest.skip("who says 429 has made nothing")
    if moment == "fetched" and answer in {"half", "html"}:
        pytest.skip("no error to be seen; what such a file lacks is asked again")
    with BatchServer(hook=hook) as server:
        _, books, _ = run(tmp_path, model(server), 3)
        assert books["replied"] == 6
        assert set(server.done.values()) == {1}
        assert len(server.batches) == 2


def test_the_provider_refuses(tmp_path):
    with BatchServer(status="failed") as server:
        server.errors = [{"code": "model_not_found", "message": "no model m", "line": None}]
        with pytest.raises(LLMError, match="no model m"):
            run(tmp_path, model(server))
        server.errors = [{"code": "invalid", "message": "bad line", "line": 2}]
        server.hook = lambda moment: (
            setattr(server, "status", "completed") if moment == "looked" else None
        )
        _, books, _ = run(tmp_path, model(server))
    assert books["failed"] == 1
    assert books["pending"] == 0


def test_too_much_at_once_is_halved(tmp_path):
    with BatchServer(most_lines=2) as server:
        _, books, _ = run(tmp_path, model(server))
        assert books == {"asked": 16, "replied": 16, "failed": 0, "pending": 0}
        assert set(server.done.values()) == {1}


def test_no_quota_and_cancelled_stop(tmp_path):
    with BatchServer() as server:
        server.line = lambda body, count: "quota" if " 3 " in str(body) and count == 0 else None
        with pytest.raises(Stopped, match="quota"):
            run(tmp_path, model(server))
        server.line, server.status = (lambda body, count: None), "cancelled"
        with pytest.raises(Stopped, match="was cancelled"):
            run(tmp_path, model(server))
        server.status = "completed"
        _, books, _ = run(tmp_path, model(server))
        assert books["replied"] == 16
        assert set(server.done.values()) == {1}


@pytest.mark.parametrize("line", [None, "500", "400"])
@pytest.mark.parametrize("moment", ["", "uploaded", "created", "looked", "fetched"])
def test_the_key_is_nowhere(tmp_path, monkeypatch, caplog, capfd, line, moment):
    """Not even of a server that repeats it in what it says."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-SENTINEL-1234567890")
    monkeypatch.setenv("OPENAI_LOG", "debug")

    def hook(now):
        if now == moment:
            error = {"error": {"message": "no access with key sk-SENTINEL-1234567890"}}
            return web.json_response(error, status=401)
        return None

    with BatchServer(line=lambda body, count: line, hook=hook) as server:
        llm = model(server)
        try:
            run(tmp_path, llm, flow=Flow(attempts=2))
        except LLMError:
            text = traceback.format_exc()
            assert moment
            assert "SENTINEL" not in text
        assert any("SENTINEL" in str(h) for h in server.headers), "it was sent"
    assert "SENTINEL" not in repr(llm) + str(recipe.dump(llm))
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"SENTINEL" not in path.read_bytes(), path
    out = capfd.readouterr()
    assert "SENTINEL" not in caplog.text + out.out + out.err


def test_a_refused_key(tmp_path):
    no = {"error": {"message": "no"}}
    with (
        BatchServer(hook=lambda moment: web.json_response(no, status=401)) as server,
        pytest.raises(LLMError, match="key was refused"),
    ):
        run(tmp_path, model(server))


def test_nobody_at_the_address(tmp_path):
    with BatchServer() as server:
        gone = model(server)
    with pytest.raises(Stopped, match="has not answered"):
        run(tmp_path, gone, flow=Flow(patience_seconds=0.1))


def test_a_deadline_leaves_the_batch_and_finds_it_again(tmp_path):
    with BatchServer(looks=10**9) as server:
        with pytest.raises(Stopped, match=r"deadline.*1 batches go on"):
            run(tmp_path, model(server), flow=Flow(deadline_seconds=0.2))
        with pytest.raises(RecipeError, match="still to be answered"):
            run(tmp_path, OpenAI("m", server.url))
        with pytest.raises(LLMError, match="does not name"):
            run(tmp_path, model(server).__class__("m", "http://127.0.0.1:1/v1"))
        server.looks = 1
        _, books, _ = run(tmp_path, model(server))
        assert books["replied"] == 16
        assert len(server.batches) == 2
        assert set(server.done.values()) == {1}


def test_two_models_by_batch_and_none_beside_others(tmp_path):
    with BatchServer() as server:
        llms = {name: OpenAIBatch(name, server.url, poll_seconds=0.01) for name in "ab"}
        _, books, _ = run(tmp_path, Several(llms, shares={"a": 1.0, "b": 1.0}), 20)
        assert books["replied"] == 40
        assert len(server.batches) == 4
        with pytest.raises(RecipeError, match="by batch"):
            run(tmp_path / "x", Several({"a": llms["a"], "b": OpenAI("m", server.url)}))


# ------------------------------------------------------------------------- killed for real


def rare(moment):
    return pytest.param(moment, marks=pytest.mark.kills)


def start(folder, server):
    command = [sys.executable, str(SCRIPT), str(folder), server.url]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    "moment", ["created", *(rare(m) for m in ("uploaded", "looked", "fetched"))]
)
def test_killed_at_every_moment(tmp_path, moment):
    """The provider has done the thing; the process dies before it hears of it."""
    process, killed = None, []

    def hook(now):
        if now == moment and not killed:
            killed.append(now)
            process.kill()
            time.sleep(0.05)

    with BatchServer(hook=hook) as server:
        process = start(tmp_path, server)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        process = start(tmp_path, server)
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 0
        assert set(server.done.values()) == {1}
        assert len(server.batches) == 2
        undisturbed, *_ = run(tmp_path / "online", OpenAI("m", server.url))
    said = json.loads((tmp_path / "output.json").read_text())
    assert {int(n): texts for n, texts in said.items()} == undisturbed
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("moment", ["looked", rare("uploaded"), rare("created")])
def test_a_signal_at_every_moment(tmp_path, moment):
    process, sent = None, []

    def hook(now):
        if now == moment and not sent:
            sent.append(now)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.05)

    with BatchServer(hook=hook) as server:
        process = start(tmp_path, server)
        error = process.communicate(timeout=60)[1]
        assert process.returncode == 3, error
        assert "SIGTERM" in error
        with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
            assert ledger.books()["pending"] == (0 if moment == "looked" else 8)
        process = start(tmp_path, server)
        assert process.communicate(timeout=60)[1] == ""
        assert set(server.done.values()) == {1}
    assert (tmp_path / "output.json").exists()
