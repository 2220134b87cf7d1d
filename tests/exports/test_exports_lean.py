"""Trainers' files: lean, split, mixed, licensed, with their origin beside them."""

from __future__ import annotations

import dataclasses
import json

import pytest
from small_run import HOSTILE, examples

from miner import atomic
from miner.errors import StoreError, UsageError
from miner.exports import licences, trainers
from miner.exports.dataset import export, read_lines
from miner.exports.lean import Lean, export_lean
from miner.exports.messages import Messages
from miner.exports.mix import Mix
from miner.run import dump_example
from miner.types import Example
from miner.verdicts import reviewed


def rows_of(folder, split="train"):
    return list(read_lines(folder / f"{split}.jsonl"))


@pytest.mark.parametrize("name", trainers.names())
def test_every_trainer_is_given_its_files(made_run, name):
    run, _ = made_run
    folder = export_lean(run, Lean(to=name))
    files = {path.name for path in folder.iterdir()}
    assert "provenance.jsonl" in files
    assert len(files) >= 3  # a split, the lines to paste, the origin
    fitting = [e for e in run.examples() if trainers.trainer(name).fits(e)]
    assert [r["id"] for r in read_lines(folder / "provenance.jsonl")] == [e.id for e in fitting]


def test_trl_and_messages(made_run):
    run, store = made_run
    row = rows_of(export_lean(run, Lean(to="trl")))[0]
    assert set(row) == {"prompt", "completion"}
    folder = export_lean(run, Lean(to="llama-factory"))
    assert set(rows_of(folder)[0]) == {"messages"}
    entries = json.loads((folder / "dataset_info.json").read_text())
    assert entries["tiny"]["file_name"] == "train.jsonl"
    assert entries["tiny_test"]["file_name"] == "test.jsonl"
    origin = next(read_lines(folder / "provenance.jsonl"))
    text = store.document(origin["documents"][0]).text
    assert all(text[s["start"] : s["end"]] == s["text"] for s in origin["evidence"])


def test_squad_offsets_are_those_of_its_context(made_run):
    run, _ = made_run
    folder = export_lean(run, Lean(to="squad"))
    data = json.loads((folder / "test.json").read_text())["data"]
    passage = data[0]["paragraphs"][0]
    answer = passage["qas"][0]["answers"][0]
    at = answer["answer_start"]
    assert passage["context"][at : at + len(answer["text"])] == answer["text"] == "4 May 1999"
    assert HOSTILE in passage["context"]


def test_iepile(made_run):
    run, _ = made_run
    row = rows_of(export_lean(run, Lean(to="iepile")))[0]
    assert json.loads(row["instruction"])["schema"] == ["date", "money"]
    assert json.loads(row["output"]) == {"date": ["2001"], "money": []}


def test_an_unknown_licence_stops_the_export(made_run):
    run, _ = made_run
    rows = [dump_example(dataclasses.replace(e, license=("",))) for e in run.examples()]
    run.write_part("examples", 0, rows)
    with pytest.raises(UsageError, match="none stated"):
        export_lean(run, Lean(to="trl"))
    export_lean(run, Lean(to="trl", allow_unknown_license=True))


def test_only_the_licences_asked_for(made_run):
    run, _ = made_run
    with pytest.raises(UsageError, match="ODC-BY"):
        export_lean(run, Lean(to="trl", licenses=("CC BY-SA 4.0",)))
    export_lean(run, Lean(to="trl", licenses=("cc-by-sa-4.0", "ODC-BY")))


def test_a_node_held_out(made_run):
    run, _ = made_run
    folder = export_lean(run, Lean(to="axolotl", hold_out=("Sea",)))
    assert len(rows_of(folder, "held_out")) == 1
    assert not (folder / "test.jsonl").exists()
    with pytest.raises(UsageError, match="did you mean 'Sea'"):
        export_lean(run, Lean(to="axolotl", hold_out=("See",)))


def many():
    base = next(iter(examples()))
    for number in range(200):
        yield dataclasses.replace(
            base,
            id=f"x{number}",
            task="a" if number % 4 else "b",
            instruction=f"Write about “thing {number}”."
            if number % 2
            else f"{'abcdefghij'[number % 10]} {'klmnopqrst'[number // 10 % 10]} write of it",
            documents=(f"d{number % 20}",),
        )


def test_weights_keep_their_proportions():
    chosen = Lean(to="trl", weights={"a": 1, "b": 1}).choose(list(many()))
    assert len(chosen) == 100
    assert sum(e.task == "a" for e in chosen) == 50
    chosen = Lean(to="trl", weights={"b": 2}).choose(list(many()))
    assert {e.task for e in chosen} == {"b"}
    assert len(chosen) == 50


def test_a_cap_per_document_and_per_skeleton():
    chosen = Lean(to="trl", per_document=3).choose(list(many()))
    assert len(chosen) == 60
    chosen = Lean(to="trl", per_skeleton=0.05).choose(list(many()))
    alike = [e for e in chosen if "thing" in e.instruction]
    assert len(alike) <= 0.05 * len(chosen) + 1


def test_no_task_takes_more_than_its_share():
    chosen = Mix(most={"a": 0.5}).choose(list(many()))
    tasks = [e.task for e in chosen]
    assert tasks.count("b") == 50
    assert 45 <= tasks.count("a") <= 50


def test_what_is_worded_by_templates_can_be_capped():
    worded = [
        dataclasses.replace(e, style="template" if i % 3 else "formal")
        for i, e in enumerate(many())
    ]
    chosen = Mix(styles={"template": 0.25}).choose(worded)
    templates = sum(e.style == "template" for e in chosen)
    assert sum(e.style == "formal" for e in chosen) == len(worded[::3])
    assert 0.2 * len(chosen) <= templates <= 0.25 * len(chosen)


def test_quotas_by_level():
    graded = [
        dataclasses.replace(e, difficulty=(0.1, 0.5, 0.9, None)[i % 4])
        for i, e in enumerate(many())
    ]
    chosen = Mix(levels={"easy": 0.2}).choose(graded)
    known = [e.difficulty for e in chosen if e.difficulty is not None]
    assert known.count(0.5) == known.count(0.9) == 50
    assert 20 <= known.count(0.1) <= 0.2 * len(known) + 1
    assert sum(e.difficulty is None for e in chosen) == 50


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levels": {"mediums": 0.5}}, "did you mean 'medium'"),
        ({"levels": {"easy": 0}}, "above 0"),
        ({"most": {"a": 1.5}}, "at most 1"),
        ({"styles": {"template": 0}}, "above 0"),
        ({"weights": {"a": -1}}, "above 0"),
        ({"per_document": -1}, "per_document"),
    ],
)
def test_a_mix_that_cannot_be(settings, message):
    with pytest.raises(UsageError, match=message):
        Mix(**settings)


def test_a_recipe_mixes_its_data_set(made_run):
    run, store = made_run
    mix = Mix(per_document=1, hold_out=("Sea",))
    assert Mix().takes_all
    assert not mix.takes_all
    folder = export(run, store, [Messages()], mix)
    splits = {p.name.partition("-")[0] for p in (folder / "messages").glob("*.parquet")}
    rows = [row for s in splits for row in read_lines(run.path / "exports" / f"messages.{s}.jsonl")]
    assert "held_out" in splits
    assert len(rows) == len(mix.choose(list(reviewed(run)))) < len(list(reviewed(run)))
    with pytest.raises(UsageError, match="most"):
        export(run, store, [Messages()], Mix(most={"no_such_task": 0.5}))


def test_choices_do_not_depend_on_order():
    settings = Lean(to="trl", per_document=2, weights={"a": 1, "b": 2})
    forward = {e.id for e in settings.choose(list(many()))}
    assert forward == {e.id for e in settings.choose(list(many())[::-1])}


def test_bytes_are_the_same_twice_and_stale_files_go(made_run):
    run, _ = made_run

    def content(**settings):
        folder = export_lean(run, Lean(to="trl", **settings))
        return {p.name: p.read_bytes() for p in folder.iterdir()}

    assert content() == content()
    assert "test.jsonl" in content()
    assert "test.jsonl" not in content(hold_out=("Sea",))


def test_tokens_are_counted_with_a_named_tokenizer(made_run, tmp_path):
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    run, _ = made_run
    folder = export_lean(run, Lean(to="trl", tokenizer=str(tmp_path / "tokenizer.json")))
    assert next(read_lines(folder / "provenance.jsonl"))["tokens"] > 20
    with pytest.raises(UsageError, match="no such tokenizer"):
        export_lean(run, Lean(to="trl", tokenizer="nowhere.json"))


def test_an_unknown_trainer_is_guessed():
    with pytest.raises(UsageError, match="did you mean 'axolotl'"):
        Lean(to="axolot")


def test_nothing_that_fits(empty_run):
    run, _ = empty_run
    with pytest.raises(UsageError, match="no example"):
        export_lean(run, Lean(to="squad"))


# ------------------------------------------------------------------------------------- reviews


def test_what_people_decided_goes_out(made_run):
    run, _ = made_run
    verdicts = [
        {"id": "x-w-a1", "reviewer": "ann", "verdict": "reject", "reason": "trivial"},
        {"id": "x-d-a1", "reviewer": "ann", "verdict": "reject", "reason": "wrong"},
        {"id": "x-d-a1", "reviewer": "bob", "verdict": "accept"},
        {"id": "x-q-c3", "reviewer": "bob", "verdict": "edit", "instruction": "When was it?"},
    ]
    lines = "".join(json.dumps(v) + "\n" for v in verdicts)
    atomic.write_bytes(run.path / "reviews" / "ann.jsonl", lines.encode())
    left = {e.id: e for e in reviewed(run)}
    assert "x-w-a1" not in left  # all who saw it rejected it
    assert "x-d-a1" in left  # a tie does not reject
    assert left["x-q-c3"].instruction == "When was it?"
    assert isinstance(left["x-q-c3"], Example)


# ------------------------------------------------------------------------------------ licences


@pytest.mark.parametrize(
    ("text", "name", "duties"),
    [
        ("CC BY-SA 4.0", "CC BY-SA 4.0", (True, True)),
        ("CC-BY-SA-4.0", "CC BY-SA 4.0", (True, True)),
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0", (True, False)),
        ("Creative Commons Attribution-ShareAlike 3.0", "CC BY-SA 3.0", (True, True)),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0", (False, False)),
        ("ODC-BY 1.0", "ODC-BY 1.0", (True, False)),
        ("mit", "MIT", (True, False)),
    ],
)
def test_licences_are_read(text, name, duties):
    licence = licences.find(text)
    assert licence.name == name
    assert (licence.attribution, licence.share_alike) == duties


@pytest.mark.parametrize("text", ["", "unknown", "all rights reserved", "CC", "see website"])
def test_what_is_not_known_is_never_permission(text):
    assert licences.find(text) is None


def test_terms_that_forbid_much_are_seen():
    licence = licences.find("CC BY-NC-ND 4.0")
    assert licence.non_commercial
    assert licence.no_derivatives


# ----------------------------------------------------------------------------------------- hub


def test_the_hub_is_told_what_would_be_sent(made_run):
    from miner.exports import standard
    from miner.exports.dataset import export
    from miner.exports.hub import prepare

    run, store = made_run
    with pytest.raises(StoreError, match="no data set yet"):
        prepare(run, store, "owner/name")
    export(run, store, standard())
    upload = prepare(run, store, "owner/name")
    names = [name for name, _ in upload.files]
    assert "README.md" in names
    assert "messages/train-00000.parquet" in names
    assert all("ledger" not in name and "reviews" not in name for name in names)
    assert upload.bytes == sum((upload.folder / name).stat().st_size for name in names)


def test_the_hub_refuses_names_licences_and_private_stores(made_run):
    from miner.exports.hub import prepare

    run, store = made_run
    with pytest.raises(UsageError, match="owner/name"):
        prepare(run, store, "no repository")
    private = dataclasses.replace(store, manifest={**store.manifest, "private": True})
    with pytest.raises(UsageError, match="private"):
        prepare(run, private, "owner/name")
