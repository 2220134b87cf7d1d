"""A run by files: requests out, answers in any order, some missing, some twice, some wrong."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from server import completion, content_of

from miner.drive import Flow, drive
from miner.errors import RecipeError, Stopped
from miner.ledger import Ledger
from miner.llms.batch_file import BatchFile, take_replies
from miner.llms.openai import OpenAI
from miner.types import Message, Request

LLM_BY_FILE = BatchFile("m", prompt_price=1.0, completion_price=1.0)


def mining(number, said):
    for round_ in range(2):
        (reply,) = yield [
            Request("t", f"d{number}", (Message("user", f"{round_} of {number} {said[-1:]}"),))
        ]
        said.append(getattr(reply, "text", reply))
    return []


def run(folder, llm, many=8, flow=None):
    said = {number: [] for number in range(many)}
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        for _ in drive(((n, mining(n, said[n])) for n in said), llm, ledger, flow):
            pass
        return said, ledger.books(), ledger.spent()


def requests_of(folder):
    files = sorted(folder.glob("requests-*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def answer(line, **changes):
    body = completion(line["body"], content_of(line["body"]))
    response = {"status_code": 200, "request_id": "r", "body": body}
    return {
        "id": "b",
        "custom_id": line["custom_id"],
        "response": response,
        "error": None,
    } | changes


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def take(folder, *lines_of_files):
    files = [write(folder / f"answers-{i}.jsonl", lines) for i, lines in enumerate(lines_of_files)]
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        return take_replies(ledger, files, LLM_BY_FILE)


def test_rounds_until_done_equal_an_online_run(tmp_path):
    from server import Server

    with Server() as server:
        online, *_ = run(tmp_path / "online", OpenAI("m", server.url))
    folder = tmp_path / "files"
    for _ in range(2):
        with pytest.raises(Stopped, match=r"8 requests are in .*requests-00000\.jsonl.*--replies"):
            run(folder, LLM_BY_FILE)
        lines = requests_of(folder)
        assert len(lines) == 8
        random.Random(1).shuffle(lines)
        assert take(folder, map(answer, lines)) == {"taken": 8}
    said, books, spent = run(folder, LLM_BY_FILE)
    assert said == online
    assert books == {"asked": 16, "replied": 16, "failed": 0, "pending": 0}
    assert spent.nano == 1000 * spent.tokens > 0


def test_missing_twice_wrong_and_failed(tmp_path):
    with pytest.raises(Stopped):
        run(tmp_path, LLM_BY_FILE)
    lines = requests_of(tmp_path)
    bad = {"status_code": 400, "body": {"error": {"message": "no"}}}
    counts = take(
        tmp_path,
        [answer(lines[0]), answer(lines[0]), answer(lines[1], custom_id="stranger")],
        [
            answer(lines[2], response=bad),
            answer(lines[3], response=None, error={"code": "batch_expired"}),
            answer(lines[4], response={"status_code": 200, "body": {"choices": []}}),
            {"custom_id": 5},
            answer(lines[5]),
        ],
        [answer(lines[5])],
    )
    assert counts == Counter(taken=2, twice=2, unknown=1, failed=3, malformed=1)
    with pytest.raises(Stopped, match="8 requests"):
        run(tmp_path, LLM_BY_FILE)
    again = {line["custom_id"] for line in requests_of(tmp_path)}
    missing = {lines[i]["custom_id"] for i in (1, 3, 4, 6, 7)}
    assert missing < again
    assert len(again - missing) == 3, "the second round of what was answered or given up"
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.books() == {"asked": 11, "replied": 2, "failed": 1, "pending": 8}


def test_asking_again_without_answers_changes_nothing(tmp_path):
    texts = []
    for _ in range(2):
        with pytest.raises(Stopped):
            run(tmp_path, LLM_BY_FILE)
        texts.append((tmp_path / "requests-00000.jsonl").read_bytes())
    assert texts[0] == texts[1]
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.spent().attempts == 8


def test_files_keep_below_the_limits(tmp_path, monkeypatch):
    monkeypatch.setattr("miner.llms.batch_file.MOST_REQUESTS", 3)
    with pytest.raises(Stopped, match="00002"):
        run(tmp_path, LLM_BY_FILE)
    assert len(list(tmp_path.glob("requests-*.jsonl"))) == 3
    assert len(requests_of(tmp_path)) == 8


def test_a_budget_holds_for_what_is_written(tmp_path):
    one = 1100 * 1000 / 1e9  # 1024 tokens of the answer, and some of the prompt
    flow = Flow(budget=4 * one)
    with pytest.raises(Stopped, match=r"3 requests are in .*5 more wait until the budget has room"):
        run(tmp_path, LLM_BY_FILE, flow=flow)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        held = ledger.spent()
    assert 3 * one < held.dollars <= 4 * one, "the bound is held back before anything is answered"
    with pytest.raises(Stopped, match="3 requests are in"):
        run(tmp_path, LLM_BY_FILE, flow=flow)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.spent() == held, "writing them again holds nothing more back"
    assert take(tmp_path, map(answer, requests_of(tmp_path))) == {"taken": 3}
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        settled = ledger.spent()
        assert settled.nano == 1000 * settled.tokens < held.nano / 5
    with pytest.raises(Stopped, match="requests are in"):
        run(tmp_path, LLM_BY_FILE, flow=flow)
    with pytest.raises(Stopped, match="budget is used up"):
        run(tmp_path / "less", LLM_BY_FILE, flow=Flow(budget=one / 2))


def test_an_answer_without_usage_costs_its_bound(tmp_path):
    with pytest.raises(Stopped):
        run(tmp_path, LLM_BY_FILE, 1)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        held = ledger.spent().nano
    (line,) = requests_of(tmp_path)
    body = completion(line["body"], "x", usage=None)
    take(tmp_path, [answer(line, response={"status_code": 200, "body": body})])
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.spent().nano == held > 0
        assert ledger.spent().estimated == 1


def test_the_key_is_nowhere(tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-SENTINEL-1234567890")
    with pytest.raises(Stopped):
        run(tmp_path, LLM_BY_FILE)
    take(tmp_path, map(answer, requests_of(tmp_path)))
    with pytest.raises(Stopped):
        run(tmp_path, LLM_BY_FILE)
    for path in tmp_path.rglob("*"):
        assert b"SENTINEL" not in path.read_bytes(), path
    out = capfd.readouterr()
    assert "SENTINEL" not in caplog.text + out.out + out.err


def test_missing_file(tmp_path):
    with (
        Ledger.open(tmp_path / "ledger.sqlite") as ledger,
        pytest.raises(RecipeError, match=r"none\.jsonl"),
    ):
        take_replies(ledger, [tmp_path / "none.jsonl"])


def two_steps(task, passages, said):
    """A task on a long document: a question a passage, then one on each answer."""
    before = [""] * passages
    for step in range(2):
        replies = yield [
            Request(task, "long", (Message("user", f"{task} {step} {i} {before[i]}"),))
            for i in range(passages)
        ]
        before = [reply.text for reply in replies]
    said[task] = before
    return []


def test_forty_passages_and_three_tasks_of_two_steps_take_two_rounds(tmp_path):
    rounds, said = [], {}
    while len(said) < 3:
        try:
            with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
                minings = ((task, two_steps(task, 40, said)) for task in "abc")
                list(drive(minings, LLM_BY_FILE, ledger))
        except Stopped:
            lines = requests_of(tmp_path)
            rounds.append(len(lines))
            take(tmp_path, map(answer, lines))
    assert rounds == [120, 120]
    assert all(len(answers) == 40 for answers in said.values())
