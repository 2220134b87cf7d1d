"""The same shards on a real Ray cluster of two worker processes, one of which is killed."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import miner
from miner.engine import Crashed
from miner.engine.local import Local
from miner.errors import MissingExtraError, SourceError

INGEST = Path(__file__).parent.parent / "ingest"
sys.path.insert(0, str(INGEST))


def test_without_ray_the_install_line_is_printed(monkeypatch):
    from miner.engine.ray import Ray

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'corpus-miner\[ray\]'"):
        list(Ray().map(time.sleep, [0]))


pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    from miner.engine.ray import Ray

    here = os.pathsep.join([str(INGEST), str(Path(__file__).parent)])
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": here}},
    )
    yield Ray()
    ray.shutdown()


def content(path: Path) -> dict[str, str]:
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
        for name in ("documents", "vectors", "rejected")
        for file in sorted((path / name).iterdir())
    }


@pytest.mark.kills
@pytest.mark.enable_socket
def test_the_same_bytes_though_a_worker_is_killed(cluster, tmp_path):
    from corpus import card, write
    from deadly import Slow

    from miner.ingest import ingest

    folder = write(tmp_path / "corpus")
    settings = card(folder, clean=(Slow(0.02),))
    ingest(settings, tmp_path / "local", engine=Local(0))
    killed = []

    def kill_one() -> None:
        end = time.monotonic() + 20
        while not killed and time.monotonic() < end:
            time.sleep(0.3)
            for process in Path("/proc").glob("[0-9]*"):
                if b"ray::answer" in _command(process) and _is_ours(process):
                    killed.append(int(process.name))
                    os.kill(killed[0], signal.SIGKILL)
                    return

    thread = threading.Thread(target=kill_one)
    thread.start()
    ingest(settings, tmp_path / "ray", engine=cluster)
    thread.join()
    assert killed
    assert content(tmp_path / "ray") == content(tmp_path / "local")


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kills", [30])
def test_kills_of_the_job_itself_change_nothing(tmp_path, kills):
    from corpus import card, write

    from miner.ingest import ingest

    folder = write(tmp_path / "corpus")
    ingest(card(folder), tmp_path / "local", engine=Local(0))
    paths = os.pathsep.join([str(INGEST), str(Path(miner.__file__).parent.parent)])

    def start(store: Path) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, INGEST / "corpus.py", folder, store, "ray"],
            env=os.environ | {"PYTHONPATH": paths},
        )

    began = time.monotonic()
    assert start(tmp_path / "whole").wait() == 0
    seconds, chance, hits = time.monotonic() - began, random.Random(0), 0
    for number in range(kills):
        process = start(tmp_path / f"s{number}")
        try:
            process.wait(chance.uniform(0.1, 0.95) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            hits += 1
        assert start(tmp_path / f"s{number}").wait() == 0
        assert content(tmp_path / f"s{number}") == content(tmp_path / "local")
    assert hits > kills / 2


def _is_ours(process: Path) -> bool:
    """Whether it is of the cluster that this process started: another test may have one as well."""
    while process.name not in {"0", "1", str(os.getpid())}:
        try:
            status = (process / "status").read_text()
        except OSError:
            return False
        process = Path("/proc") / status.partition("PPid:")[2].split()[0]
    return process.name == str(os.getpid())


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.kills
@pytest.mark.enable_socket
def test_a_deadly_document_is_found_there_too(cluster, tmp_path):
    from corpus import card, write
    from deadly import Deadly

    from miner.ingest import ingest

    folder = write(tmp_path / "corpus", files=1, rows=30)
    made = ingest(card(folder, clean=(Deadly("number 12."),)), tmp_path / "s", engine=cluster)
    assert [row["id"] for row in made.rejected("quarantined")] == ["d12"]


@pytest.mark.kills
@pytest.mark.enable_socket
def test_errors_and_hangs(cluster):
    import dataclasses

    from test_local import refuse, sleep

    with pytest.raises(SourceError, match="no file 0"):
        list(cluster.map(refuse, [0]))
    quick = dataclasses.replace(cluster, timeout_seconds=2)
    ((spec, result),) = quick.map(sleep, [60])
    assert spec == 60
    assert isinstance(result, Crashed)
