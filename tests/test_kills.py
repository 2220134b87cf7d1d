"""kill -9 at any moment, then the same command: the same bytes as without the kill."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.kills, pytest.mark.timeout(400)]

MINER = [sys.executable, "-c", "from miner.cli import main; main()"]
STORE_OUTPUT = ("documents", "vectors", "rejected")
RUN_OUTPUT = ("selection.parquet", "annotations", "examples", "rejected", "dataset")
SMALL = ["--set", 'encoder={kind="hashing"}', "--set", "shard_rows=100"]


def digests(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    files = [
        f for n in names for f in [folder / n, *sorted((folder / n).rglob("*"))] if f.is_file()
    ]
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def until_done(command: list[str], rng: random.Random, longest: float, kills: int) -> int:
    """Run a command, killing it that many times at random moments; how often it was hit."""
    hit = 0
    for _ in range(kills):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(rng.uniform(0.2, 0.5) * longest)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            hit += 1
            process.wait()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return hit


def timed(command: list[str]) -> float:
    began = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def test_index_and_run_survive_kills(tmp_path):
    rng = random.Random(20260)
    index = [*MINER, "index", "quickstart", *SMALL, "--store"]
    run = [*MINER, "run", "quickstart", "--store", str(tmp_path / "undisturbed"), "--run"]

    seconds = timed([*index, str(tmp_path / "undisturbed")])
    hit = until_done([*index, str(tmp_path / "killed")], rng, seconds, kills=6)
    assert hit >= 2
    expected = digests(tmp_path / "undisturbed", STORE_OUTPUT)
    assert expected
    assert digests(tmp_path / "killed", STORE_OUTPUT) == expected

    seconds = timed([*run, str(tmp_path / "run")])
    hit = until_done([*run, str(tmp_path / "run-killed")], rng, seconds, kills=6)
    assert hit >= 2
    expected = digests(tmp_path / "run", RUN_OUTPUT)
    assert any(name.startswith("examples/") for name in expected)
    assert digests(tmp_path / "run-killed", RUN_OUTPUT) == expected
