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


def killed(command: list[str], after: float) -> bool:
    """Run a command, killing it after so many seconds; whether it was still at work."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def survives(command: list[str], folder: Path, names: tuple[str, ...]) -> None:
    """A command that ends in a folder to write: killed twice on the way, it leaves the same bytes."""
    rng = random.Random(str(names))
    seconds = timed([*command, str(folder / "undisturbed")])
    expected = digests(folder / "undisturbed", names)
    assert expected
    hits = 0
    for trial in range(4):
        target = str(folder / f"killed-{trial}")
        hits += killed([*command, target], rng.uniform(0.1, 0.9) * seconds)
        hits += killed([*command, target], rng.uniform(0.1, 0.5) * seconds)
        timed([*command, target])
        assert digests(Path(target), names) == expected
    assert hits >= 2


def timed(command: list[str]) -> float:
    began = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def test_indexing_survives_kills(tmp_path):
    survives([*MINER, "index", "quickstart", *SMALL, "--store"], tmp_path, STORE_OUTPUT)


@pytest.mark.parametrize("llm", ["none", "fake"])
def test_mining_survives_kills(tmp_path, sample_store, llm):
    command = [*MINER, "run", "quickstart", "--store", str(sample_store.path), "--llm", llm]
    survives([*command, "--set", "select.floor=0.05", "--run"], tmp_path, RUN_OUTPUT)
