"""What all tests share: the real corpora, golden files, and quiet libraries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
