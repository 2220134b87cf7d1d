"""One recipe by every backend: given the same replies, the same bytes of annotations and examples."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from batch_server import BatchServer
from sample_recipe import TREE
from server import Server, completion, content_of

from miner.ledger import Ledger
from miner.run import Run


def digest(run: Path) -> dict[str, str]:
    return {
        str(part.relative_to(run)): hashlib.sha256(part.read_bytes()).hexdigest()
        for folder in ("annotations", "examples", "rejected", "dataset")
        for part in sorted((run / folder).rglob("*.parquet"))
    }


@pytest.fixture
def mined(miner, sample_store, tmp_path):
    tree = tmp_path / "few.toml"
    tree.write_text(TREE, encoding="utf-8")
    settings = {
        "longform": ("select.per_node=4", "select.floor=0.0", f"taxonomy={tree}"),
        "hum": ("select.per_node=2", "select.floor=0.0", f"taxonomy={tree}"),
    }

    def run(name, *arguments, recipe="longform"):
        folder = tmp_path / name
        code, _, err = miner(
            *("run", recipe, "--store", sample_store.path, "--run", folder),
            *(word for setting in settings[recipe] for word in ("--set", setting)),
            *arguments,
        )
        return folder, code, err

    return run


@pytest.mark.parametrize("recipe", ["longform", pytest.param("hum", marks=pytest.mark.slow)])
def test_every_backend_gives_the_same(recipe, mined, tmp_path):
    mined = functools.partial(mined, recipe=recipe)
    with BatchServer() as server:
        online, code, err = mined("online", "--llm", server.url, "--model", "m")
        assert code == 0, err
        expected = digest(online)
        table = f'{{kind="openai_batch", base_url="{server.url}", model="m", poll_seconds=0.01}}'
        by_batch, code, err = mined("by_batch", "--set", f"llm={table}")
        assert code == 0, err
        assert digest(by_batch) == expected
        assert set(server.done.values()) == {1}

    fake, code, err = mined("fake", "--set", 'llm={kind="fake", model="m"}')
    assert code == 0, err
    assert digest(fake) == expected, "the server's answers are the fake's"

    assert {e.model for e in Run.open(online).examples()} == {"", "m"}

    replay = f'llm={{kind="replay", path="{online}", model="m"}}'
    replayed, code, err = mined("replayed", "--set", replay)
    assert code == 0, err
    assert digest(replayed) == expected

    by_file, code, err = mined("by_file", "--llm", "batch_file", "--model", "m")
    rounds = 0
    while code == 3 and rounds < 10:
        rounds += 1
        text = (by_file / "requests-00000.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        answers = tmp_path / "answers.jsonl"
        with answers.open("w") as file:
            for line in reversed(lines):
                body = completion(line["body"], content_of(line["body"]))
                row = {
                    "custom_id": line["custom_id"],
                    "response": {"status_code": 200, "body": body},
                }
                file.write(json.dumps(row) + "\n")
        _, code, err = mined("by_file", "--llm", "batch_file", "--model", "m", "--replies", answers)
    assert code == 0, err
    assert rounds >= 1
    assert digest(by_file) == expected

    _, code, err = mined("by_file", "--llm", "openai", "--model", "m", "--replay")
    assert code == 0, err

    with Ledger.open(by_file / "ledger.sqlite", read_only=True) as ledger:
        books = ledger.books()
    assert books["asked"] == books["replied"] + books["failed"]


def test_the_verb_ledger(mined, miner):
    folder, code, err = mined("run", "--llm", "fake")
    assert code == 0, err
    code, out, _ = miner("ledger", folder)
    assert code == 0
    assert "replied" in out
    assert "reverse_instruction by fake" in out
    code, out, _ = miner("ledger", folder, "--json")
    assert json.loads(out)["requests"]["pending"] == 0
    code, _, err = miner("ledger", folder / "nothing")
    assert code == 1
    assert "no ledger here" in err


def test_a_dry_run_sends_nothing(mined, miner, sample_store, tmp_path):
    with Server() as server:
        table = f'{{kind="openai", base_url="{server.url}", model="m", prompt_price=1, completion_price=4}}'
        arguments = (
            *("run", "longform", "--store", sample_store.path, "--run", tmp_path / "dry"),
            *("--set", "select.per_node=2", "--set", f"llm={table}"),
        )
        code, out, err = miner(*arguments, "--dry-run")
        assert code == 0, err
        assert server.total == 0
        assert "in the ledger: 0 requests" in out
        assert "reverse_instruction" in out
        assert "at most $" in out
        assert miner(*arguments)[0] == 0
        total = server.total
        code, out, _ = miner(*arguments, "--dry-run")
        assert server.total == total > 0
    assert "in the ledger: 0" not in out
