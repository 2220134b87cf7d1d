"""What all tests share: the real corpora, golden files, and quiet libraries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A machine that does other work is slow, and slow is no fault of the code under test.
settings.register_profile("miner", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("miner")

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared" / "data"


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real corpora and gold sets, which lie beside the checkout and never in it."""
    if not SHARED.is_dir():
        pytest.skip(f"real corpora are not at {SHARED}")
    return SHARED


@pytest.fixture
def golden(request):
    """Compare a text with a file of tests/data/golden; --update-golden writes it instead."""

    def compare(name: str, text: str) -> None:
        path = HERE / "data" / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is missing: run pytest --update-golden and read it"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory):
    """The shipped sample, indexed with the encoder that needs no model."""
    from miner.ingest import Card, ingest

    card = Card.read("quickstart", {"encoder": {"kind": "hashing"}, "name": "sample"})
    return ingest(card, tmp_path_factory.mktemp("sample") / "store")


@pytest.fixture(scope="session")
def sample_run(sample_store, tmp_path_factory):
    """The quick start's recipe on it, without a model."""
    from sample_recipe import sample_recipe

    from miner.job import mine
    from miner.run import Run

    return mine(sample_recipe(), sample_store, Run(tmp_path_factory.mktemp("run") / "run"))


@pytest.fixture
def miner(monkeypatch, capsys):
    """Run a command in this process: its exit code, output and error output."""
    import sys

    from miner.cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["miner", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        captured = capsys.readouterr()
        return int(exit.value.code or 0), captured.out, captured.err

    return run
