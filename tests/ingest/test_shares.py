"""One index by several processes, as the tasks of a Slurm array."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from miner import atomic
from miner.engine.local import Local
from miner.errors import BusyError, UsageError
from miner.ingest import ingest
from miner.shards.queue import Share
from miner.shares import finish, parse_share, work_on
from miner.store import Store

sys.path.insert(0, str(Path(__file__).parent))
from corpus import card, write
from test_ingest import content

HERE = Local(0)
ARRAY = {f"SLURM_ARRAY_TASK_{name}": str(n) for name, n in [("MIN", 1), ("STEP", 2), ("COUNT", 4)]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def store(folder, tmp_path_factory) -> Store:
    return ingest(card(folder), tmp_path_factory.mktemp("store") / "small", engine=HERE)


@pytest.mark.parametrize(("shares", "limit"), [(2, 0), (5, 70)])
def test_the_same_bytes(folder, tmp_path, shares, limit):
    settings, path = card(folder, limit=limit), tmp_path / "shared"
    whole = ingest(settings, tmp_path / "whole", engine=HERE)
    states = [work_on(settings, path, Share(n, shares), engine=HERE) for n in range(shares)]
    assert states[-1] == "embedded"
    assert limit or set(states[:-1]) <= {"cleaned"}  # with a limit the later ones have nothing
    for number in range(shares - 1):
        assert work_on(settings, path, Share(number, shares), engine=HERE) == "embedded"
    made = finish(settings, path)
    assert content(path) == content(whole.path)
    assert made.fingerprint == whole.fingerprint
    assert made.manifest["books"] == whole.manifest["books"]
    assert not (path / "work").exists()
    assert work_on(settings, path, Share(0, shares)) == "finished"


def test_many_files_are_shared_out_whole(tmp_path):
    folder = write(tmp_path / "corpus", files=9, rows=30)
    settings = card(folder, shard_rows=10)
    for number in range(2):
        work_on(settings, tmp_path / "s", Share(number, 2), engine=HERE)
        if number == 0:
            names = {path.stem[:5] for path in (tmp_path / "s" / "work" / "clean").glob("*.json")}
            assert names == {f"{n:05d}" for n in range(0, 9, 2)}
    work_on(settings, tmp_path / "s", Share(0, 2), engine=HERE)
    finish(settings, tmp_path / "s")
    ingest(settings, tmp_path / "whole", engine=HERE)
    assert content(tmp_path / "s") == content(tmp_path / "whole")


def test_finishing_says_what_is_left(folder, store, tmp_path):
    settings, path = card(folder), tmp_path / "s"
    work_on(settings, path, Share(0, 2), engine=HERE)
    with pytest.raises(UsageError, match="not all is cleaned, such as shard 00000-00001"):
        finish(settings, path)
    work_on(settings, path, Share(1, 2), engine=HERE)
    with pytest.raises(UsageError, match=r"\d shards are not embedded"):
        finish(settings, path)
    ingest(settings, path, engine=HERE)  # one process can always do the rest
    assert content(path) == content(store.path)


def test_who_may_work_beside_whom(folder, tmp_path):
    settings, path = card(folder), tmp_path / "s"
    with atomic.lock(path, shared=True):
        work_on(settings, path, Share(0, 2), engine=HERE)
        with pytest.raises(BusyError, match="of a share"):
            ingest(settings, path, engine=HERE)
        with pytest.raises(BusyError):
            finish(settings, path)
        with atomic.lock(path / "work" / "shares" / "1-of-2"), pytest.raises(BusyError):
            work_on(settings, path, Share(1, 2), engine=HERE)
    with atomic.lock(path), pytest.raises(BusyError, match=str(os.getpid())):
        work_on(settings, path, Share(1, 2), engine=HERE)


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("0/1", {}, Share(0, 1)),
        ("15/16", {}, Share(15, 16)),
        ("slurm", ARRAY | {"SLURM_ARRAY_TASK_ID": "1"}, Share(0, 4)),
        ("slurm", ARRAY | {"SLURM_ARRAY_TASK_ID": "7"}, Share(3, 4)),
    ],
)
def test_shares_by_name(text, environment, expected):
    assert parse_share(text, environment) == expected


@pytest.mark.parametrize("text", ["", "3", "4/4", "a/4", "-1/4", "1/", "slurm"])
def test_what_is_no_share(text):
    with pytest.raises(UsageError, match="I/N"):
        parse_share(text, {})
    with pytest.raises(UsageError, match="gaps"):
        parse_share("slurm", ARRAY | {"SLURM_ARRAY_TASK_ID": "9"})


def test_the_verb(miner, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("card.toml").write_text(
        'name = "x"\nshard_rows = 25\n[encoder]\nkind = "hashing"\n'
        f'[[sources]]\nkind = "jsonl"\nid = "id"\npath = "{folder}"\n'
    )
    code, out, _ = miner("index", "card.toml", "--shards-of", "0/2")
    assert (code, "the same command embeds" in out) == (0, True)
    assert miner("index", "card.toml", "--shards-of", "2/2")[0] == 2
    assert miner("index", "card.toml", "--finish")[0] == 2
    assert miner("index", "card.toml", "--finish", "--update")[0] == 2
    for name in ("1/2", "0/2"):
        assert "--finish" in miner("index", "card.toml", "--shards-of", name)[1]
    code, out, errors = miner("index", "card.toml", "--finish")
    assert code == 0, errors
    assert len(Store.open("store/x")) == len(Store.open("store/x").ids) > 100


@pytest.mark.kills
def test_real_processes_side_by_side_one_of_them_killed(folder, tmp_path):
    def share(number: int, seconds: str) -> subprocess.Popen:
        program = (
            "import sys; from pathlib import Path; from corpus import card; from deadly import Slow\n"
            "from miner.engine.local import Local; from miner.shares import *\n"
            "settings = card(Path(sys.argv[1]), clean=(Slow(float(sys.argv[4])),))\n"
            "share = parse_share(sys.argv[3])\n"
            "print(work_on(settings, Path(sys.argv[2]), share, engine=Local(1)))"
        )
        return subprocess.Popen(
            [sys.executable, "-c", program, folder, tmp_path / "s", f"{number}/3", seconds],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )

    from deadly import Slow

    settings = card(folder, clean=(Slow(0.02),))
    whole = ingest(settings, tmp_path / "whole", engine=HERE)
    first = [share(number, "0.02") for number in range(3)]
    while not list((tmp_path / "s" / "work" / "clean").glob("*.json")):
        time.sleep(0.02)
    first[1].send_signal(signal.SIGKILL)
    said = [process.communicate()[0].strip() for process in first]
    assert "cleaned" in said
    for _ in range(2):
        again = [share(number, "0.02") for number in range(3)]
        said = [process.communicate()[0].strip() for process in again]
    assert said == ["embedded"] * 3
    finish(settings, tmp_path / "s")
    assert content(tmp_path / "s") == content(whole.path)


@pytest.mark.kills
def test_a_share_drains_at_a_signal_and_exits_with_3(folder, tmp_path):
    path, clean = tmp_path / "card.toml", tmp_path / "s" / "work" / "clean"
    path.write_text(
        'name = "x"\nshard_rows = 5\nclean = [{ kind = "deadly:Slow", seconds = 0.2 }]\n'
        '[encoder]\nkind = "hashing"\n'
        f'[[sources]]\nkind = "jsonl"\nid = "id"\npath = "{folder}"\n'
    )
    arguments = ("index", path, "--store", tmp_path / "s", "--shards-of", "0/2")
    process = subprocess.Popen(
        [sys.executable, "-c", "from miner.cli import main; main()", *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(clean.glob("*.json")):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    assert "the same command goes on from here" in errors
    assert len(list(clean.glob("*.json"))) < 18  # of the share's shards
    assert not list(clean.glob("*.partial"))
