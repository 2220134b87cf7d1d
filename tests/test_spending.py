"""What a user types to foresee, limit and follow what a run costs, against a server on loopback."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest
import tomli_w
from server import Server, completion, content_of
from small_job import small_job

from miner import live, recipe
from miner.ledger import Ledger

PRICES = {"llm__prompt_price": 1.0, "llm__completion_price": 4.0}


@pytest.fixture
def typed(miner, sample_store, tmp_path):
    """Type `miner run` on a small job; returns exit code, output and error output."""

    def type_(name, url, *flags, **keys):
        file = tmp_path / f"{name}.toml"
        job = small_job(tmp_path, url, **{"select__per_node": 4, **keys})
        file.write_text(tomli_w.dumps(recipe.dump(job)))
        return miner("run", file, "--store", sample_store.path, "--run", tmp_path / name, *flags)

    return type_


def spent(folder):
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        return ledger.spent(), ledger.books()


def test_a_dry_run_says_what_then_happens(typed, tmp_path):
    with Server() as server:
        code, out, err = typed("run", server.url, "--dry-run", **PRICES)
        assert (code, server.total) == (0, 0), err
        assert "first requests to ask: 8" in out
        assert "time: not known before the first replies" in out
        low, high = map(
            float, re.findall(r"^cost: \$(\S+) for prompts, .* \$(\S+)$", out, re.MULTILINE)[0]
        )
        assert typed("run", server.url, **PRICES)[0] == 0
        assert server.total == 8
        assert low <= spent(tmp_path / "run")[0].dollars <= high
        code, out, _ = typed("run", server.url, "--dry-run", **PRICES)
        assert "in the ledger: 8 requests" in out
        assert "first requests to ask: 0" in out
        more = {"select__per_node": 6} | PRICES
        code, out, _ = typed("run", server.url, "--dry-run", **more)
        about, high = map(
            float, re.findall(r"^cost: about \$(\S+), at most \$(\S+)$", out, re.MULTILINE)[0]
        )
        before = spent(tmp_path / "run")[0].dollars
        assert typed("run", server.url, "--yes", **more)[0] == 0
        assert spent(tmp_path / "run")[0].dollars - before == pytest.approx(about, rel=0.5)
        assert server.total == 12


def test_a_budget_of_money(typed, tmp_path, miner):
    with Server() as server:
        code, _, err = typed("run", server.url, "--budget", "0.011", **PRICES)
        assert code == 3
        assert "the budget is used up" in err
        assert "raise it" in err
        paid, books = spent(tmp_path / "run")
        assert 0 < paid.dollars <= 0.011
        assert 0 < server.total == books["replied"] < 8
        assert typed("run", server.url, "--budget", "1", **PRICES)[0] == 0
        assert server.total == 8
        assert set(server.counts.values()) == {1}
    code, out, _ = miner("ledger", tmp_path / "run", "--json")
    table = json.loads(out)
    assert table["dollars"] == pytest.approx(sum(row["dollars"] for row in table["by_task"]))
    assert table["dearest"][0]["dollars"] >= table["dearest"][-1]["dollars"] > 0


@pytest.mark.parametrize("flag", [["--budget", "-1"], ["--deadline", "0"], ["--deadline", "-5"]])
def test_limits_that_are_none(typed, flag):
    code, _, err = typed("run", "http://127.0.0.1:1/v1", *flag, **PRICES)
    assert code == 2
    assert "must" in err


def test_a_deadline(typed, tmp_path):
    with Server(latency=0.4) as server:
        code, _, err = typed("run", server.url, "--deadline", "0.001")
        assert code == 3, err
        assert server.total == 0, "selecting took longer than that"
        flow = {"flow__in_flight": 2}
        code, _, err = typed("run", server.url, "--deadline", "0.6", **flow)
        assert code == 3, err
        assert "the deadline of 0.6 s has come; the same command goes on from here" in err
        assert server.total < 8
        assert spent(tmp_path / "run")[1]["pending"] == 0, "what was on its way has come"
        server.latency = 0.0
        assert typed("run", server.url, **flow)[0] == 0
        assert server.total == 8


def test_the_replies_of_another_run(typed, tmp_path, miner):
    with Server() as server:
        assert typed("old", server.url, **PRICES)[0] == 0
        reuse = f'flow.reuse=["{tmp_path / "old"}"]'
        code, out, err = typed("new", server.url, "--set", reuse, "--dry-run", **PRICES)
        assert "in the ledger: 8 requests" in out, err
        assert typed("new", server.url, "--set", reuse, **PRICES)[0] == 0
        assert server.total == 8
        assert spent(tmp_path / "new")[0].dollars == 0
        assert miner("diff", tmp_path / "old", tmp_path / "new")[1].endswith(
            "are the same in both\n"
        )
        code, _, err = typed("third", server.url, "--set", 'flow.reuse=["nowhere"]', **PRICES)
        assert code == 1
        assert "nowhere" in err


def test_servers_by_the_hour(typed, tmp_path, miner):
    hired = {"llm__price_per_hour": 360.0}
    with Server() as one, Server() as two:
        both = {"llm__base_url": [one.url, two.url]} | hired
        code, _, err = typed("run", one.url, "--budget", "1.5", **both)
        assert (code, one.total + two.total) == (3, 0), (
            "two servers for ten seconds are two dollars"
        )
        assert "the budget is used up" in err
        assert typed("run", one.url, "--budget", "2.5", **both)[0] == 0
        assert one.total + two.total == 8
    assert spent(tmp_path / "run")[0].dollars == pytest.approx(2.0)
    out = miner("ledger", tmp_path / "run")[1]
    assert "servers by the hour: 10 s, $2.0000" in out


def test_lines_of_json_and_plain_ones(typed, monkeypatch):
    with Server(latency=0.05) as server:
        code, _, err = typed("json", server.url, "--log", "json", **PRICES)
        assert code == 0
        lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
        assert [line["phase"] for line in lines][:2] == ["select", "grade"]
        assert lines[-1]["phase"] == "mine"
        assert lines[-1]["requests"] == 8
        assert lines[-1]["dollars"] > 0
        assert lines[-1]["dollars_projected"] == pytest.approx(lines[-1]["dollars"])
        monkeypatch.setattr(live, "EVERY_SECONDS", 0.05)
        server.latency = 0.4
        code, _, err = typed("plain", server.url, **PRICES)
        said = [line for line in err.splitlines() if line.startswith("mine: ")]
        assert len(said) > 4, "also while nothing comes"
        assert re.search(r"mine: 0 of .* 0 requests, 0.0/s, [1-8] in flight; ", err)
        assert re.search(
            r"mine: 8 of 8 documents; 8 requests, .* accepted, .*\$0\.\d+ spent", said[-1]
        )


def test_a_batch_by_file_says_the_next_command(typed, tmp_path, miner):
    llm = {"kind": "batch_file", "model": "m"}
    code, _, err = typed("run", "x", llm=llm)
    for _ in range(5):
        if code != 3:
            break
        answers = tmp_path / "answers.jsonl"
        file = tmp_path / "run" / "requests-00000.jsonl"
        assert str(file) in err
        with answers.open("w") as out:
            for line in map(json.loads, file.read_text().splitlines()):
                body = completion(line["body"], content_of(line["body"]))
                row = {
                    "custom_id": line["custom_id"],
                    "response": {"status_code": 200, "body": body},
                }
                out.write(json.dumps(row) + "\n")
        next_ = err.splitlines()[-1]
        assert next_.startswith("next: miner run ")
        command = shlex.split(next_.removeprefix("next: miner "))
        assert command.count("--replies") == 1
        code, _, err = miner(*[str(answers) if word == "ANSWERS" else word for word in command])
    assert code == 0, err


def test_another_process_on_the_run_is_refused(typed, sample_store, tmp_path):
    """The second is turned away while the first waits for its replies."""
    with Server(latency=3.0) as server:
        assert typed("run", server.url, "--dry-run")[0] == 0
        command = ["run", tmp_path / "run.toml", "--store", sample_store.path]
        command += ["--run", tmp_path / "run"]
        code = "from miner.cli import main; main()"
        first = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, command)], stderr=subprocess.PIPE, text=True
        )
        while not server.in_flight:
            assert first.poll() is None, first.communicate()[1]
        code, _, err = typed("run", server.url)
        assert code == 1
        assert f"process {first.pid} is at work here" in err
        first.terminate()
        said = first.communicate(timeout=30)[1]
        assert first.returncode == 3, said
        assert server.total == spent(tmp_path / "run")[1]["replied"]
