"""Indexing: what is kept, what is turned away, and that neither depends on how it was done."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import miner
from miner import atomic, projection
from miner.clean.repeated_lines import RepeatedLines
from miner.clean.word_list import WordList
from miner.encoders.hashing import Hashing
from miner.engine.local import Local
from miner.errors import BusyError, ChangedError, RecipeError, SourceError
from miner.index import Index, search
from miner.ingest import Card, Deduplicate, ingest
from miner.shards import group
from miner.sources.jsonl import JsonLines
from miner.store import Store
from miner.types import File

sys.path.insert(0, str(Path(__file__).parent))
from corpus import card, text, write
from deadly import Fatal

PROGRAM = Path(__file__).parent / "corpus.py"
PATHS = os.pathsep.join([str(PROGRAM.parent), str(Path(miner.__file__).parent.parent)])
HERE = Local(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def store(folder, tmp_path_factory) -> Store:
    return ingest(card(folder), tmp_path_factory.mktemp("store") / "small", engine=HERE)


def content(path: Path) -> dict[str, str]:
    """Hashes of the files whose bytes are promised."""
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
        for name in ("documents", "vectors", "rejected")
        for file in sorted((path / name).iterdir())
    }


def start(
    folder: Path, store: Path, processes: int = 0, seconds=None, **environment: str
) -> subprocess.Popen:
    delay = [] if seconds is None else [str(seconds)]
    return subprocess.Popen(
        [sys.executable, PROGRAM, folder, store, str(processes), *delay],
        env=os.environ | {"PYTHONPATH": PATHS} | environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def main_of(*arguments, **settings) -> tuple[int, str]:
    process = start(*arguments, **settings)
    _, errors = process.communicate()
    return process.returncode, errors


# ------------------------------------------------------------------------------------ content


def test_the_books_balance(store):
    books = store.manifest["books"]
    assert books["read"] == 180 == books["kept"] + sum(books["rejected"].values())
    assert books["kept"] == len(store)
    assert books["rejected"] == {
        "duplicate:exact": 6,
        "duplicate:id": 6,
        "duplicate:near": 9,
        "no_text": 6,
        "unreadable_line": 6,
    }
    reasons = [row["reason"] for row in store.rejected()]
    assert {r: reasons.count(r) for r in reasons} == books["rejected"]


def test_the_first_is_kept_and_named(store):
    for row in store.rejected():
        if row["reason"].startswith("duplicate:"):
            kept = row["detail"].removeprefix("of ")
            assert kept in store
            assert row["reason"] == "duplicate:id" or int(kept[1:]) < int(row["id"][1:])


def test_documents_vectors_and_rows_belong_together(store):
    for row, document in enumerate(store.iterate()):
        assert document.text == text(int(document.id[1:]))
        expected = Hashing(size=32).encode([document.text])
        assert np.allclose(store.vectors([row]), expected, atol=1e-3)


def test_nothing_is_left_behind(store):
    names = {path.name for path in store.path.iterdir()}
    assert names == {
        ".lock", "documents", "index.json", "rejected", "secret", "vectors", "vectors.faiss"
    }  # fmt: skip


def test_progress_is_told(folder, tmp_path):
    told = []
    ingest(card(folder), tmp_path / "s", engine=HERE, progress=lambda *step: told.append(step))
    assert {phase for phase, _, _ in told} == {"read", "deduplicate", "embed", "index"}
    assert ("read", 180, None) in told
    assert ("embed", 147, 147) in told


def test_passages_reach_the_end_of_a_document(tmp_path):
    text = "Nothing of note is said here. " * 200 + "The volcano erupts in the end."
    (tmp_path / "long.jsonl").write_text(json.dumps({"text": text}) + "\n")
    sources = (JsonLines(path=str(tmp_path / "long.jsonl")),)
    asked = Hashing(size=32).encode(["volcano erupts"])
    cosines = []
    for unit in ("document", "passage"):
        made = ingest(card(tmp_path, sources=sources, unit=unit), tmp_path / unit, engine=HERE)
        assert made.manifest["unit"] == unit
        cosines.append(float(search(made, asked, 1)[0][0, 0]))
    assert cosines[1] > cosines[0]


# -------------------------------------------------------------------- what it does not depend on


def test_not_on_the_number_of_workers(folder, store, tmp_path):
    ingest(card(folder), tmp_path / "s", engine=Local(3))
    assert content(tmp_path / "s") == content(store.path)
    assert Store.open(tmp_path / "s").fingerprint == store.fingerprint


def test_not_on_the_devices(folder, store, tmp_path):
    made = ingest(card(folder, devices=("cpu", "cpu")), tmp_path / "s", engine=HERE)
    assert content(tmp_path / "s") == content(store.path)
    assert ingest(card(folder), tmp_path / "s").fingerprint == made.fingerprint


@pytest.mark.filterwarnings("ignore")
def test_a_device_whose_process_dies_gets_another(folder, store, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", PATHS)
    settings = card(folder, encoder=Fatal(size=32, folder=str(tmp_path)), devices=("cpu",))
    made = ingest(settings, tmp_path / "s", engine=HERE)
    assert (tmp_path / "died").exists()
    assert made.fingerprint == store.fingerprint


def test_not_on_where_the_corpus_lies(store, tmp_path):
    ingest(card(write(tmp_path / "elsewhere")), tmp_path / "s", engine=HERE)
    assert content(tmp_path / "s") == content(store.path)


def test_a_finished_store_is_left_alone(folder, store):
    before = {p: p.stat().st_mtime_ns for p in store.path.rglob("*") if p.name != ".lock"}
    ingest(card(folder), store.path, engine=HERE)
    assert before == {p: p.stat().st_mtime_ns for p in store.path.rglob("*") if p.name != ".lock"}


def test_another_factory_embeds_nothing_again(folder, tmp_path):
    first = ingest(card(folder), tmp_path / "s", engine=HERE)
    before = content(first.path)
    again = ingest(card(folder, index=Index("HNSW8")), tmp_path / "s", engine=HERE)
    assert again.manifest["index"]["factory"] == "HNSW8"
    assert content(first.path) == before


@pytest.mark.parametrize("limit", [30, 1000])
def test_a_limit_takes_the_first_rows(folder, tmp_path, limit):
    one = ingest(card(folder, limit=limit), tmp_path / "one", engine=HERE)
    two = ingest(card(folder, limit=limit), tmp_path / "two", engine=Local(2))
    assert content(one.path) == content(two.path)
    assert one.manifest["books"]["read"] == min(limit, 180)
    assert max(int(id[1:]) for id in one.ids) < limit


def test_a_dry_run_shows_and_keeps_nothing(tmp_path, miner, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = write(tmp_path / "corpus")
    toml = (
        'name = "x"\n[encoder]\nkind = "hashing"\n[[sources]]\nkind = "jsonl"\nid = "id"\n'
        f'path = "{folder}"\n[[clean]]\nkind = "repair"\n'
    )
    (tmp_path / "card.toml").write_text(toml)
    lines = (folder / "part-0.jsonl").read_text().splitlines()
    first = json.loads(lines[3])
    lines[3] = json.dumps(first | {"text": "It is a cafÃ©. " + first["text"]})
    (folder / "part-0.jsonl").write_text("\n".join(lines) + "\n")
    code, out, errors = miner("index", "card.toml", "--limit", 70, "--dry-run")
    assert code == 0, errors
    assert f"changed: {first['id']} by repair" in out
    assert 'before: "It is a cafÃ©.' in out
    assert 'after:  "It is a café.' in out
    assert "unreadable_line: part-0.jsonl row 19" in out
    assert "a million records like these" in out
    assert not (tmp_path / "store").exists()
    code, _, errors = miner("index", "card.toml", "--engine", "locl")
    assert (code, "did you mean 'local'" in errors) == (2, True)
    assert miner("index", "card.toml", "--limit", 70)[0] == 0
    assert Store.open(tmp_path / "store" / "x-first-70").manifest["books"]["read"] == 70
    assert not (tmp_path / "store" / "x").exists(), "a trial stands in nobody's way"


def test_a_projection_leaves_out_what_starts_once(monkeypatch):
    # 30 seconds until the first 10 rows are done, then 2 seconds for 10 more, at every report.
    clock = iter([0.0, *(30.0 + 2 * n for n in range(10))])
    monkeypatch.setattr(projection.time, "monotonic", lambda: next(clock))
    told = []
    paces = projection._Paces(lambda *step: told.append(step))
    for n in range(11):
        paces("read", 10 * n, None)
    assert paces.seconds("read") == pytest.approx(20)
    assert paces.seconds("embed") is None
    assert told == [("read", 10 * n, None) for n in range(11)]


# --------------------------------------------------------------------------------------- kills


def killed(folder: Path, store: Path, after: float, processes: int) -> bool:
    """Start, kill hard after some seconds; whether there was anything to kill."""
    process = start(folder, store, processes)
    time.sleep(after)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return alive


def undisturbed(folder: Path, path: Path, processes: int) -> None:
    process = start(folder, path, processes)
    _, errors = process.communicate()
    assert process.returncode == 0, errors


@pytest.mark.parametrize("processes", [0, 2])
def test_kills_at_random_moments_change_nothing(folder, store, tmp_path, processes):
    chance = random.Random(processes)
    for _ in range(2):
        killed(folder, tmp_path / "s", chance.uniform(0.3, 1.5), processes)
    undisturbed(folder, tmp_path / "s", processes)
    assert content(tmp_path / "s") == content(store.path)


@pytest.mark.kills
@pytest.mark.timeout(600)
@pytest.mark.parametrize("processes", [0, 2])
def test_thirty_kills_change_nothing(folder, store, tmp_path, processes):
    chance = random.Random(30 + processes)
    for number in range(30):
        if not killed(folder, tmp_path / f"s{number}", chance.uniform(0.2, 2.0), processes):
            continue
        undisturbed(folder, tmp_path / f"s{number}", processes)
        assert content(tmp_path / f"s{number}") == content(store.path)


@pytest.mark.kills
@pytest.mark.timeout(600)
@pytest.mark.parametrize("point", ["before_rename", "after_rename"])
def test_death_at_every_file_changes_nothing(folder, store, tmp_path, point):
    for _ in range(200):
        process = start(folder, tmp_path / "s", MINER_CRASH_AT=point)
        process.communicate()
        if process.returncode == 0 or point == "before_rename":
            break
    undisturbed(folder, tmp_path / "s", 0)
    assert content(tmp_path / "s") == content(store.path)


# ---------------------------------------------------------------------------------------- stops


@pytest.mark.parametrize("processes", [pytest.param(0, marks=pytest.mark.kills), 2])
def test_a_first_signal_stops_where_nothing_is_lost(folder, tmp_path, processes):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert main_of(folder, whole, 0, seconds=0.0)[0] == 0
    process = start(folder, stopped, processes, seconds=0.02)
    wait_for(stopped / "work" / "clean")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 3, errors
    assert "the same command goes on from here" in errors
    assert list((stopped / "work" / "clean").glob("*.json"))
    (stopped / "work" / "plan.json").write_bytes(plan_of(folder, tmp_path))
    assert main_of(folder, stopped, processes, seconds=0.0)[0] == 0
    assert content(stopped) == content(whole)


def test_a_second_signal_does_not_wait(folder, tmp_path):
    process = start(folder, tmp_path / "s", 2, seconds=30)
    wait_for(tmp_path / "s" / "work" / "plan.json")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode != 0


def plan_of(folder: Path, tmp_path: Path) -> bytes:
    """The plan of the same work without the delay, so that it can be ended quickly."""
    process = start(folder, tmp_path / "plan", seconds=0.0, MINER_CRASH_AT="none")
    wait_for(tmp_path / "plan" / "work" / "plan.json")
    plan = (tmp_path / "plan" / "work" / "plan.json").read_bytes()
    process.kill()
    process.communicate()
    return plan


def wait_for(path: Path) -> None:
    """Until there is something."""
    for _ in range(1000):
        if path.is_file() or (path.is_dir() and list(path.glob("*.json"))):
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} did not come")


@pytest.mark.parametrize(
    ("processes", "most"), [pytest.param(0, 3000, marks=pytest.mark.kills), (2, 3000), (0, 15_000)]
)
def test_a_full_disk_stops_and_loses_nothing(folder, store, tmp_path, processes, most):
    process = start(folder, tmp_path / "s", processes)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
    _, errors = process.communicate()
    code = process.returncode
    assert code == 3, errors
    assert "make room" in errors
    assert main_of(folder, tmp_path / "s", processes)[0] == 0
    assert content(tmp_path / "s") == content(store.path)


# ------------------------------------------------------------------------------------- refusals


def test_two_processes_on_one_store(folder, tmp_path):
    with atomic.lock(tmp_path / "s"), pytest.raises(BusyError, match=str(os.getpid())):
        ingest(card(folder), tmp_path / "s", engine=HERE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shard_rows": 26}, "shard_rows was 25, is 26"),
        ({"encoder": Hashing(size=64)}, "encoder.size was 32, is 64"),
        ({"deduplicate": Deduplicate(near=False)}, "deduplicate.near was True, is False"),
    ],
)
def test_another_card_is_refused(folder, store, tmp_path, changes, message):
    with pytest.raises(ChangedError, match=message):
        ingest(card(folder, **changes), store.path, engine=HERE)
    killed_store = tmp_path / "s"
    start(folder, killed_store, MINER_CRASH_AT="after_rename").communicate()
    ingest_half(folder, killed_store)
    with pytest.raises(ChangedError, match=message):
        ingest(card(folder, **changes), killed_store, engine=HERE)


def ingest_half(folder: Path, store: Path) -> None:
    """Go on until the plan is written, at least."""
    while not (store / "work" / "plan.json").exists():
        start(folder, store, MINER_CRASH_AT="after_rename").communicate()


def test_a_changed_corpus_is_refused(tmp_path):
    folder = write(tmp_path / "corpus", files=2, rows=20)
    ingest(card(folder), tmp_path / "s", engine=HERE)
    with (folder / "part-1.jsonl").open("a") as file:
        file.write('{"id": "new", "text": "a new line of text"}\n')
    with pytest.raises(ChangedError, match=r"1 file\(s\) changed \(part-1.jsonl\).*--update"):
        ingest(card(folder), tmp_path / "s", engine=HERE)
    (folder / "part-0.jsonl").rename(folder / "part-9.jsonl")
    with pytest.raises(ChangedError, match=r"new \(part-9.jsonl\).*gone \(part-0.jsonl\)"):
        ingest(card(folder), tmp_path / "s", engine=HERE)


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(SourceError, match="nowhere"):
        ingest(card(tmp_path / "nowhere"), tmp_path / "s", engine=HERE)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('name = "x"\nsource = []', "no option 'source'.*did you mean 'sources'"),
        ('name = "x"\nsources = []', "at least one"),
        ('name = "x"\n[[sources]]\nkind = "jsonlines"', "did you mean 'jsonl'"),
        (
            'name = "x"\nlimit = -1\n[[sources]]\nkind = "jsonl"\npath = "x"',
            "limit, sample and seeds must be",
        ),
    ],
)
def test_a_wrong_card_says_what_is_right(tmp_path, toml, message):
    (tmp_path / "card.toml").write_text(toml)
    with pytest.raises(RecipeError, match=message):
        Card.read(tmp_path / "card.toml")


def test_paths_are_relative_to_the_card(tmp_path):
    write(tmp_path / "data", files=1, rows=5)
    toml = 'name = "x"\n[[sources]]\nkind = "jsonl"\npath = "data/*.jsonl"\n'
    (tmp_path / "card.toml").write_text(toml)
    (source,) = Card.read(tmp_path / "card.toml").sources
    assert [file.name for file in source.files()] == ["part-0.jsonl"]
    assert Card.read(tmp_path / "card.toml", {"seed": 7}).seed == 7


# ------------------------------------------------------------------------------------- bad data


def test_a_document_that_kills_its_worker_is_quarantined(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", PATHS)
    from deadly import Deadly

    folder = write(tmp_path / "corpus", files=2, rows=30)
    made = ingest(card(folder, clean=(Deadly("number 33."),)), tmp_path / "s", engine=Local(2))
    assert "d33" not in made
    assert made.manifest["books"]["rejected"]["quarantined"] == 1
    (row,) = made.rejected("quarantined")
    assert row["id"] == "d33"
    assert made.manifest["books"]["read"] == 60


def test_a_cleaner_that_fails_costs_one_document(tmp_path):
    from deadly import Failing

    folder = write(tmp_path / "corpus", files=1, rows=10)
    made = ingest(card(folder, clean=(Failing("number 3."),)), tmp_path / "s", engine=HERE)
    (row,) = made.rejected("cleaner_failed")
    assert (row["id"], row["detail"]) == (
        "d3",
        "ZeroDivisionError: integer division or modulo by zero",
    )


def test_a_corpus_of_nothing_but_dirt_makes_an_empty_store(tmp_path):
    (tmp_path / "dirt.jsonl").write_text('{\n{"text": ""}\n[]\n')
    (tmp_path / "none.jsonl").write_text("")
    sources = (JsonLines(path=str(tmp_path), id=""),)
    made = ingest(card(tmp_path, sources=sources), tmp_path / "s", engine=HERE)
    assert len(made) == 0
    assert made.manifest["books"]["read"] == len(list(made.rejected())) > 2


def test_a_truncated_file_costs_its_rest(tmp_path):
    folder = write(tmp_path / "corpus", files=2, rows=60)
    packed = gzip.compress((folder / "part-0.jsonl").read_bytes())
    (folder / "part-0.jsonl").unlink()
    (folder / "part-0.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    made = ingest(card(folder), tmp_path / "s", engine=HERE)
    assert "d65" in made
    assert any(row["reason"] == "truncated_file" for row in made.rejected())


@pytest.mark.slow
def test_a_gigabyte_in_a_bomb_or_a_line_costs_itself(tmp_path):
    folder = write(tmp_path / "corpus", files=1, rows=6)
    record = b'{"id": "%s", "text": "some words that follow"}\n'
    bomb = gzip.compress(bytes(1 << 24)) * 64
    (folder / "bomb.jsonl.gz").write_bytes(gzip.compress(record % b"before") + bomb)
    with (folder / "line.jsonl").open("wb") as file:
        file.truncate(1 << 30)  # a file with a hole: bytes of zero that take no room
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + record.replace(b"some", b"other") % b"after")
    made = ingest(card(folder), tmp_path / "s", engine=Local(2))
    assert {"before", "after", "d0", "d5"} <= set(made.ids)
    rejected = {(row["file"], row["reason"]) for row in made.rejected()}
    assert ("bomb.jsonl.gz", "decompression_limit") in rejected
    assert ("line.jsonl", "line_too_long") in rejected
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20  # KB


# --------------------------------------------------------------------------------------- shards


@pytest.mark.parametrize("processes", [0, 2])
def test_many_small_files_are_each_read_once(tmp_path, processes):
    folder = write(tmp_path / "corpus", files=12, rows=3)
    changes = {"shard_rows": 4096, "deduplicate": Deduplicate(exact=False, near=False)}
    made = ingest(card(folder, **changes), tmp_path / "s", engine=Local(processes))
    assert made.manifest["books"]["read"] == 36 == len(made)


def test_small_files_share_a_shard_and_large_ones_do_not():
    small = [(0, File(f"s{n}", "", 400_000)) for n in range(50)]
    large, unknown = (0, File("large", "", 1 << 30)), (0, File("unknown", ""))
    groups = group([*small, large, unknown, *small, (1, File("next", "", 5))], 4096)
    assert [m for g in groups for m in g] == [
        *small,
        large,
        unknown,
        *small,
        (1, File("next", "", 5)),
    ]
    assert (large,) in groups
    assert (unknown,) in groups
    assert groups[-1] == ((1, File("next", "", 5)),)
    assert len(groups) < 12
    assert all(sum(f.bytes or 0 for _, f in g) <= 9 << 20 for g in groups if len(g) > 1)


def test_lists_of_cleaners_lie_beside_the_card(tmp_path, monkeypatch):
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "words.txt").write_text("lava\n")
    (folder / "card.toml").write_text(
        """
        name = "x"
        sources = [{ kind = "jsonl", path = "corpus.jsonl" }]
        clean = [
            { kind = "word_list", lists = { en = "words.txt", de = "elsewhere.txt" } },
            { kind = "urls", lists = ["words.txt"], block = ["words.txt"] },
        ]
        """
    )
    monkeypatch.chdir(tmp_path)
    words, urls = Card.read("cards/card.toml").clean
    assert words.lists == {"en": str(folder / "words.txt"), "de": "elsewhere.txt"}
    assert urls.lists == (str(folder / "words.txt"),)
    assert urls.block == ("words.txt",)


def test_a_list_counts_by_what_it_holds(folder, tmp_path):
    def listing(name: str, word: str) -> Card:
        (tmp_path / name).mkdir(exist_ok=True)
        path = tmp_path / name / "words.txt"
        path.write_text(word)
        return card(folder, clean=(WordList({"en": str(path)}),))

    made = ingest(listing("here", "nothing"), tmp_path / "s", engine=HERE)
    assert ingest(listing("there", "nothing"), tmp_path / "s").fingerprint == made.fingerprint
    with pytest.raises(ChangedError, match="clean was"):
        ingest(listing("here", "lava"), tmp_path / "s", engine=HERE)


def test_a_list_that_is_yet_to_be_made(folder, tmp_path):
    missing = tmp_path / "lines.npy"
    settings = card(folder, clean=(RepeatedLines((str(missing),)),))
    with pytest.raises(
        SourceError, match=r"lines.npy: no such file; `miner lines CARD --out FILE`"
    ):
        ingest(settings, tmp_path / "s", engine=HERE)
    assert not (tmp_path / "s" / "work").exists()
