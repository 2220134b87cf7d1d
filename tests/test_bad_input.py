"""What is given wrongly: one message that names the place, the right exit code, no traceback."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys

import pytest

CARD = 'name = "c"\n[[sources]]\nkind = "jsonl"\npath = "d.jsonl"\n[encoder]\nkind = "hashing"\n'
RECIPE = 'name = "r"\nindex = "s"\n[[tasks]]\nkind = "topic"\n'
RUN = ("run", "quickstart", "--set", "select.floor=0.05")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A card, a recipe and a small corpus, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "card.toml").write_text(CARD)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    (tmp_path / "d.jsonl").write_text('{"text": "A text of a few words."}\n')
    return tmp_path


@pytest.fixture
def store(sample_store, tmp_path):
    """A copy of the sample's store, to be damaged."""
    return shutil.copytree(sample_store.path, tmp_path / "store")


@pytest.fixture
def run(sample_run, tmp_path):
    """A copy of the sample's run, to be damaged."""
    return shutil.copytree(sample_run.path, tmp_path / "run")


def refuses(result, code, *says):
    got, out, err = result
    assert got == code, out + err
    assert err.count("error: ") == 1, err
    for text in says:
        assert text in err, err


# ---------------------------------------------------------------------------- cards and recipes


@pytest.mark.parametrize("verb", ["index", "run"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "'name' is missing"),
        (bytes(range(256)), "not valid TOML"),
        ("name = 'é'".encode("latin-1"), "not valid TOML"),
        (b'name = "a"\nname = "b"\n', "line 2"),
        (b'name = "a"\0', "not valid TOML"),
    ],
)
def test_files_that_are_no_tables(miner, project, verb, content, says):
    (project / "bad.toml").write_bytes(content)
    refuses(miner(verb, "bad.toml"), 2, "bad.toml", says)


def test_a_mark_at_the_beginning_is_no_error(miner, project):
    (project / "card.toml").write_bytes(b"\xef\xbb\xbf" + CARD.encode())
    assert miner("index", "card.toml", "--dry-run")[0] == 0


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("sources=1", "[sources]: expected a list"),
        ("sources.0.kind=1", "[sources][0]: kind: expected str"),
        ("sources.0.kind=[]", "kind: expected str"),
        ("sources.0.kind=':'", "cannot load kind ':'"),
        ("sources.0.kind='..a:x'", "cannot load kind"),
        ("seed=-1", "seeds must be at least 0"),
        ("name=''", "name: expected the name of a folder"),
        ("name='../../x'", "name: expected the name of a folder"),
        ("deduplicate.threshold=nan", "threshold: expected a number"),
    ],
)
def test_cards(miner, project, key, says):
    refuses(miner("index", "card.toml", "--set", key), 2, "card.toml", says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "validation=nan"], "[validation]: expected a number"),
        (["--set", "flow.budget=nan"], "budget: expected a number"),
        (["--set", "exports=[]"], "'exports' is empty"),
        (["--set", "seed=-1"], "'seed' must be at least 0"),
        (["--set", "taxonomy=''"], "'taxonomy' is empty"),
        (["--set", "examples_per_node=-1"], "'examples_per_node' must be at least 1"),
        (["--set", "name='a/b'"], "name: expected the name of a folder"),
        (["--set", "select.per_node=-1"], "per_node: expected a whole number"),
        (["--llm", "http://127.0.0.1:9/v1"], "--model is missing"),
        (["--llm", "opnai", "--model", "m"], "did you mean 'openai'"),
    ],
)
def test_recipes(miner, project, arguments, says):
    refuses(miner("run", "recipe.toml", *arguments), 2, says)


def test_a_table_too_wide_names_its_file(miner, project):
    (project / "wide.csv").write_text("id,name\n" + "x" * 200_000 + ",b\n")
    refuses(miner("taxonomy", "check", "wide.csv"), 1, "wide.csv, line 2")


def test_half_a_character_in_a_taxonomy(miner, project):
    (project / "t.json").write_text('{"a\\ud800": ["b"]}')
    refuses(miner("taxonomy", "check", "t.json"), 1, "t.json", "half a character")


def test_a_link_to_nowhere(miner, project):
    (project / "texts").mkdir()
    (project / "texts" / "a.txt").symlink_to("nowhere")
    keys = ("--set", "sources.0={kind='text', path='texts'}")
    refuses(miner("index", "card.toml", *keys), 1, "texts: cannot read one of its files", "a.txt")


def test_a_factory_that_wants_more_vectors(miner, project):
    key = "index.factory='IVF999,Flat'"
    refuses(miner("index", "card.toml", "--set", key), 1, "cannot train the FAISS factory")


# ------------------------------------------------------------------------------------- folders


def test_one_folder_for_another(miner, project, store, run):
    refuses(miner(*RUN, "--store", store, "--run", store), 2, "is an index, not a run")
    refuses(miner("index", "card.toml", "--store", run), 2, "is a run, not an index")
    refuses(miner("search", run, "lava"), 1, "is a run, not an index")
    refuses(miner("index", "card.toml", "--store", "d.jsonl"), 1, "d.jsonl: no folder can be here")
    refuses(miner(*RUN, "--store", store, "--run", "d.jsonl/x"), 1, "d.jsonl/x: no folder")
    refuses(miner("compact", "nowhere"), 1, "nowhere")
    assert not (project / "nowhere").exists()


NOT_TABLES = [b"", b"{", b"[]", b"3", b"{}", b"\xff"]


@pytest.mark.parametrize("content", [*NOT_TABLES, b'{"version": 1}'])
def test_index_json(miner, store, content):
    (store / "index.json").write_bytes(content)
    refuses(miner("search", store, "lava"), 1, str(store))


def test_index_json_of_another_shape(miner, store):
    table = json.loads((store / "index.json").read_text())
    (store / "index.json").write_text(json.dumps({**table, "parts": 3}))
    refuses(miner("status", store), 1, "index.json: damaged")


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, "delete"])
@pytest.mark.parametrize(
    "verb",
    [
        ("search", "{}", "lava"),
        ("status", "{}"),
        ("delete", "{}", "--id", "{id}"),
        ("compact", "{}"),
    ],
)
def test_index_json_without_or_with_another_of_each_key(miner, store, sample_store, verb, value):
    table = json.loads((store / "index.json").read_text())
    arguments = [part.format(store, id=sample_store.ids[0]) for part in verb]
    for key in table:
        changed = table | {key: value}
        if value == "delete":
            del changed[key]
        (store / "index.json").write_text(json.dumps(changed))
        code, _, err = miner(*arguments)
        assert code == 0 or err.count("error: ") == 1, (key, err)
        (store / "tombstones.parquet").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("folder", "verb"),
    [
        ("documents", ("search", "lava")),
        ("documents", ("show",)),
        ("documents", ("report",)),
        ("vectors", ("search", "lava")),
        ("vectors", ("report",)),
    ],
)
@pytest.mark.parametrize("keep", [0, 0.5])
def test_parts(miner, store, folder, verb, keep):
    for path in (store / folder).iterdir():
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * keep)])
    refuses(miner(verb[0], store, *verb[1:]), 1, str(store / folder), ": damaged: ")


@pytest.mark.parametrize("name", ["selection.json", "inputs.json", "manifest.json"])
@pytest.mark.parametrize("content", NOT_TABLES)
def test_tables_of_a_run(miner, run, sample_store, name, content):
    (run / name).write_bytes(content)
    verb = "status" if name == "manifest.json" else "report"
    refuses(miner(verb, run), 1, f"{run / name}: damaged")


def test_an_unfinished_run_is_not_exported(miner, run):
    (run / "manifest.json").unlink()
    refuses(miner("export", run), 1, "is unfinished")
    refuses(miner("export", run, "--to", "trl"), 1, "is unfinished")


def test_searching(miner, sample_store):
    refuses(miner("search", sample_store.path, " "), 2, "the query is empty")
    code, out, _ = miner("search", sample_store.path, "lava", "-k", 10**12)
    assert code == 0
    assert len(re.findall(r"^-?\d\.\d{3} ", out, re.MULTILINE)) == len(sample_store)


# ----------------------------------------------------------------------------------- documents

GOOD = json.dumps({"text": "Lava is rock that a volcano made liquid. " * 5}).encode()
BAD = {
    b"{": "unreadable_line",
    b"\0\0": "unreadable_line",
    b"[" * 100_000: "unreadable_line",
    b"\xff\xfe": "unreadable_line",
    b"[1]": "not_a_record",
    b"null": "not_a_record",
    b"{}": "no_text",
    b'{"text": ""}': "no_text",
    b'{"text": 3}': "text_not_string",
}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_bad_lines_cost_themselves(miner, project, end):
    lines = [b"\xef\xbb\xbf" + GOOD, *BAD, b'{"text": "\\ud800 \\u0000 lone"}']
    (project / "d.jsonl").write_bytes(end.join(lines))
    assert miner("index", "card.toml")[0] == 0
    _, out, _ = miner("rejected", "store/c", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["reason"] for row in rows] == list(BAD.values())
    assert [row["row"] for row in rows] == list(range(1, len(BAD) + 1))


@pytest.mark.parametrize("content", [b"", b"\x1f\x8bjunk", b"{}\n"])
def test_no_document_is_kept(miner, project, content):
    (project / "d.jsonl").write_bytes(content)
    code, out, _ = miner("index", "card.toml", "--set", "name='s'", "--store", "s")
    assert code == 0
    _, out, _ = miner("rejected", "s", "--json")
    assert len(out.splitlines()) == 1  # once, however many shards were handed out
    assert miner("search", "s", "lava")[0] == 0
    for verb in ("select", "run"):
        refuses(miner(verb, "recipe.toml"), 1, "holds no document")
    refuses(miner("show", "s"), 1, "holds no documents")
    assert miner("report", "s")[0] == 0


# -------------------------------------------------------------------------- stopped from outside

FULL = "trap '' XFSZ; ulimit -f 1; exec \"$@\""
MAIN = "from miner.cli import main; main()"


def test_a_full_disk_names_the_file_and_stops(sample_store, tmp_path):
    command = [sys.executable, "-c", MAIN, *RUN, "--store", sample_store.path, "--run", tmp_path]
    done = subprocess.run(
        ["bash", "-c", FULL, "-", *map(str, command)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 3, done.stderr
    assert str(tmp_path) in done.stderr
    assert "the same command goes on from here" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_outside_the_work_stops_too(miner, monkeypatch, tmp_path, number):
    monkeypatch.setattr("miner.lookup.status", lambda _: signal.raise_signal(number))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" ignores it
    try:
        refuses(miner("status", tmp_path), 3, "the same command goes on from here")
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
