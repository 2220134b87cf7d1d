"""Importing is free, and the public surface is what it says."""

from __future__ import annotations

import subprocess
import sys

import miner

HEAVY = ("torch", "faiss", "spacy", "datasets", "openai", "pyarrow", "transformers", "pandas")


def test_import_loads_nothing_heavy():
    code = f"import sys, miner; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_loads_nothing_heavy():
    code = f"import sys, miner.cli; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_is_what_is_there():
    for name in miner.__all__:
        assert getattr(miner, name).__name__ == name
    assert dir(miner) == sorted(miner.__all__)


def test_importing_what_runs_the_command_line_does_not_run_it():
    code = "import miner.__main__"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
