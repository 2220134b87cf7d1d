"""Processes are killed, stopped, and refused a full disk: nothing that arrived is paid twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import mine_all
import pytest
from server import Server

from miner.ledger import Ledger

SCRIPT = Path(__file__).parent / "mine_all.py"


def start(tmp_path, server, many, flow=None, before=(), **environment):
    command = [*before, sys.executable, str(SCRIPT), str(tmp_path / "ledger.sqlite")]
    command += [str(tmp_path / "output.json"), server.url, str(many)]
    command += [json.dumps(flow)] if flow else []
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | environment
    )


def finish(process) -> str:
    error = process.communicate(timeout=100)[1]
    assert process.returncode == 0, error
    return error


def wait_until(condition, process, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def undisturbed(tmp_path):
    folder = tmp_path / "undisturbed"
    folder.mkdir()

    def run(many):
        with Server(keep_bodies=False) as server:
            arguments = [folder / "ledger.sqlite", folder / "output.json", server.url, many]
            assert mine_all.main(list(map(str, arguments))) == 0
        return (folder / "output.json").read_bytes()

    return run


class Forks:
    """Starts the job in milliseconds, by a process that has imported all there is and then forks.

    What is forked is a process like any other, and dies as hard.
    """

    def __init__(self):
        self.server = subprocess.Popen(
            [sys.executable, str(SCRIPT), "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stdin.close()
        self.server.stdout.close()
        self.server.wait(10)

    def start(self, *arguments):
        """The new process's id."""
        self.server.stdin.write(json.dumps(list(map(str, arguments))) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def end(self):
        """Its exit code, when it has one."""
        return int(self.server.stdout.readline())


def kill_again_and_again(tmp_path, kills, many, latency):
    """Kill at random moments while requests are in flight; finish, and check what was paid.

    Returns what was written at last, and how many requests were in flight at most.
    """
    rng = random.Random(7)
    killed_in_flight: Counter = Counter()
    files = (tmp_path / "ledger.sqlite", tmp_path / "output.json")
    counts: Counter = Counter()

    def count(body, _before):
        counts[question(body["messages"][-1]["content"])] += 1

    with Server(count, latency, keep_bodies=False) as server, Forks() as forks:
        for _ in range(kills):
            seen = server.total
            process = forks.start(*files, server.url, many)
            patience = time.monotonic() + 60
            while server.total == seen:
                assert time.monotonic() < patience, "it sends nothing"
                time.sleep(0.002)
            time.sleep(rng.uniform(0.0, 0.4))
            os.kill(process, signal.SIGKILL)
            assert forks.end() == -signal.SIGKILL, "it was still at work"
            with Ledger.open(files[0], read_only=True) as ledger:
                pending = map(ledger.request, ledger.requests(state="pending"))
                killed_in_flight.update(question(r.messages[-1].content) for r in pending)
            wait_until_quiet(server)
        forks.start(*files, server.url, many)
        assert forks.end() == 0
    assert all(asked <= 1 + killed_in_flight[text] for text, asked in counts.items())
    return (tmp_path / "output.json").read_bytes(), server.peak


def question(content):
    """The line of a message that tells it from all others."""
    return content.splitlines()[0]


def wait_until_quiet(server):
    while server.in_flight:
        time.sleep(0.01)


def test_two_kills(tmp_path, undisturbed):
    assert kill_again_and_again(tmp_path, 2, 60, 0.2)[0] == undisturbed(60)


@pytest.mark.kills
@pytest.mark.timeout(600)
def test_thirty_kills_with_64_in_flight(tmp_path, undisturbed):
    written, peak = kill_again_and_again(tmp_path, 30, 1500, 0.3)
    assert written == undisturbed(1500)
    assert peak >= 64


def test_a_suspended_task_goes_on_in_another_process(tmp_path, undisturbed):
    """After each yield the process is gone, and so is its hash seed."""
    with Server() as server:
        for seed, allowed in enumerate((10, 25, 40)):
            flow = {"budget_requests": allowed, "in_flight": 4}
            process = start(tmp_path, server, 20, flow, PYTHONHASHSEED=str(seed))
            assert "budget" in process.communicate(timeout=60)[1]
            assert process.returncode == 3
            assert server.total == allowed
        finish(start(tmp_path, server, 20, PYTHONHASHSEED="99"))
        assert server.total == 60
    assert (tmp_path / "output.json").read_bytes() == undisturbed(20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_commits(tmp_path, number):
    with Server(latency=0.3) as server:
        process = start(tmp_path, server, 400)
        wait_until(lambda: server.in_flight >= 16, process)
        process.send_signal(number)
        error = process.communicate(timeout=30)[1]
        assert process.returncode == 3, error
        assert "goes on from here" in error
        total = server.total
    with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
        books = ledger.books()
    assert books["replied"] == total
    assert books["pending"] == 0


def test_a_full_disk_stops_and_keeps_what_was_paid(tmp_path, undisturbed):
    """No file may grow beyond 2.5 MB: the ledger's log meets that in the middle of the run."""
    limit = ("bash", "-c", 'ulimit -f 2500; trap "" XFSZ; exec "$@"', "-")
    with Server(latency=0.02) as server:
        server.answer = lambda body: json.dumps({"word": os.urandom(15_000).hex()})
        process = start(tmp_path, server, 200, {"in_flight": 32}, before=limit)
        error = process.communicate(timeout=60)[1]
        assert process.returncode == 3, error
        assert "cannot write" in error
        paid = server.total
        assert 10 < paid < 500
        with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
            books = ledger.books()
            assert books["replied"] == paid, "what came when the disk was full is there"
        finish(start(tmp_path, server, 200))
        assert server.total == 600


def test_replies_in_any_order_give_the_same_bytes(tmp_path, undisturbed):
    latencies = random.Random(3)
    with Server(latency=lambda total: latencies.uniform(0, 0.1)) as server:
        finish(start(tmp_path, server, 60))
    assert (tmp_path / "output.json").read_bytes() == undisturbed(60)
