"""The local pool: results, errors, deaths and hangs."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from miner.engine import Crashed, beat
from miner.engine.local import Local
from miner.errors import MissingExtraError, SourceError


def double(number: int) -> int:
    return number * 2


def act(number: int) -> int:
    beat(number)
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 5:
        time.sleep(60)
    return number


def mute(number: int) -> int:
    os._exit(number)


def refuse(number: int) -> int:
    if number == 1:
        raise MissingExtraError("ray", "ray", "--engine ray")
    raise SourceError(f"no file {number}")


def sleep(seconds: int) -> None:
    time.sleep(seconds)


def bug(number: int) -> int:
    return number // 0


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_every_spec_has_its_result(processes):
    assert sorted(Local(processes).map(double, range(20))) == [(n, 2 * n) for n in range(20)]
    assert list(Local(processes).map(double, [])) == []


def gpu(number: int) -> str | None:
    if number == 2:
        os._exit(1)
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def test_each_device_has_a_process_of_its_own(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    seen = dict(Local(devices=("3", "cpu")).map(gpu, range(20)))
    assert isinstance(seen.pop(2), Crashed)
    assert set(seen.values()) <= {"3", ""}
    assert set(dict(Local(0, devices=("5",)).map(gpu, range(5, 9))).values()) == {"5"}
    assert set(dict(Local(1).map(gpu, range(5, 9))).values()) == {"7"}


def test_a_dead_and_a_hanging_worker_cost_their_own_work_alone():
    engine = Local(2, timeout_seconds=2)
    results = dict(engine.map(act, range(8)))
    assert [results[n] for n in (0, 1, 2, 4, 6, 7)] == [0, 1, 2, 4, 6, 7]
    assert results[3] == Crashed("its process ended with -9", 3)
    assert results[5] == Crashed("hung for 2 seconds", 5)


def test_who_said_nothing_has_no_place():
    assert list(Local(1).map(mute, [7])) == [(7, Crashed("its process ended with 7", None))]


def test_specs_are_taken_when_there_is_somebody_to_work_on_them():
    taken = []

    def specs():
        for number in range(10):
            taken.append(number)
            yield number

    results = Local(2).map(double, specs())
    next(results)
    assert len(taken) <= 3
    results.close()


def test_errors_come_back_as_they_were():
    with pytest.raises(SourceError, match="no file 0"):
        list(Local(1).map(refuse, [0]))
    with pytest.raises(Exception, match=r"pip install 'corpus-miner\[ray\]'"):
        list(Local(1).map(refuse, [1]))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(Local(1).map(bug, [1]))
