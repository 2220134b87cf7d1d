"""Whole or absent, and one process at a time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from miner import atomic
from miner.errors import BusyError


def test_an_exception_leaves_nothing(tmp_path):
    path = tmp_path / "deep" / "a.bin"

    def break_off():
        with atomic.writing(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert list(path.parent.iterdir()) == []


def test_overwrites_whole(tmp_path):
    path = tmp_path / "a.json"
    atomic.write_json(path, {"b": 1, "a": "ü"})
    first = path.read_bytes()
    atomic.write_json(path, {"a": "ü", "b": 1})
    assert path.read_bytes() == first == b'{\n  "a": "\xc3\xbc",\n  "b": 1\n}\n'


@pytest.mark.parametrize("point", ["before_rename", "after_rename"])
def test_a_death_in_either_gap(tmp_path, point):
    path = tmp_path / "a.txt"
    path.write_text("old")
    code = f"from pathlib import Path; from miner import atomic; atomic.write_bytes(Path({str(path)!r}), b'new')"
    died = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"MINER_CRASH_AT": point}, check=False
    )
    assert died.returncode == 137
    assert path.read_text() == ("old" if point == "before_rename" else "new")
    atomic.sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_second_process_is_refused(tmp_path):
    code = f"""
import sys
from pathlib import Path
from miner import atomic
with atomic.lock(Path({str(tmp_path)!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(BusyError, match=f"process {holder.pid} is at work"),
            atomic.lock(tmp_path),
        ):
            pass
        holder.kill()
        holder.wait()
        with atomic.lock(tmp_path):
            pass
