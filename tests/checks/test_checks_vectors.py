"""Checks that need an index: near instructions, and the rank of an instruction's own document."""

from __future__ import annotations

import dataclasses

import pytest
import vector_cases
from small_run import tiny_store

from miner import atomic, recipe
from miner.checks.near_duplicate import NearDuplicate
from miner.checks.round_trip import RoundTrip, rank
from miner.encoders import from_identity
from miner.encoders.hashing import Hashing
from miner.ingest import Card, ingest
from miner.store import Store
from miner.store_files import write_vectors
from miner.types import Example

__all__ = ["tiny_store"]


def example(instruction, document="d", id="e", **more):
    return Example(id, "task", instruction, "", "It does.", documents=(document,), **more)


@pytest.fixture
def folder(tiny_store):
    """The small store, with vectors that its own encoder made."""
    encoder = Hashing()
    vectors = encoder.encode([document.text for document in tiny_store.iterate()])
    path = tiny_store.path
    write_vectors(path / "vectors" / "part-00000.npy", vectors)
    manifest = recipe.read_json(path / "index.json") | {"dimensions": encoder.dimensions}
    manifest["encoder"] = {"table": {"kind": "hashing"}, "identity": dict(encoder.identity)}
    atomic.write_json(path / "index.json", manifest)
    return str(path)


def test_the_same_words_again_are_near(folder):
    check = NearDuplicate(folder)
    asked = "Describe how a volcano on the island of Sicily erupts."
    assert check.check(example(asked, "a", "1"), {}) is None
    near = check.check(
        example("Describe how a volcano on the island of Sicily erupts", "b", "2"), {}
    )
    assert near.reason == "near"
    assert "like 1" in near.detail
    # Variants of one document, other tasks, and texts that are shown are not compared.
    assert check.check(example(asked, "a", "3"), {}) is None
    assert check.check(dataclasses.replace(example(asked, "c", "4"), task="other"), {}) is None
    assert check.check(dataclasses.replace(example(asked, "c", "5"), input="A text."), {}) is None
    assert check.check(example("Write a poem about bread.", "f", "6"), {}) is None
    assert dataclasses.replace(check).check(example(asked, "z", "7"), {}) is None  # a new run


def test_more_instructions_than_the_first_block_holds(folder):
    check = NearDuplicate(folder)
    for number in range(70):
        check.check(example(f"word{number} " * 5, str(number), str(number)), {})
    assert check.check(example("word3 " * 5, "x", "x"), {}).detail.startswith("1.00 like 3")


def test_an_instruction_finds_its_own_document(folder):
    store = Store.open(folder)
    encoder = from_identity(store.manifest["encoder"])
    documents = list(store.iterate())
    own, other = documents[0], documents[1]
    asked = example(own.text, own.id)
    assert rank(asked, store, encoder) == 1
    lost = example(other.text, own.id)
    assert rank(lost, store, encoder) > 1
    check = RoundTrip(folder, max_rank=1)
    assert check.check(asked, {}) is None
    assert check.check(lost, {}).reason == "not_found"
    assert check.check(dataclasses.replace(lost, input="A text."), {}) is None


@pytest.fixture(scope="module")
def sample_index(tmp_path_factory):
    """The sample that ships, with the encoder of the quick start."""
    path = tmp_path_factory.mktemp("sample") / "store"
    ingest(Card.read("quickstart"), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "precision", "recall"), [("near_duplicate", 0.99, 0.86), ("round_trip", 0.99, 0.91)]
)
def test_precision_and_recall(sample_index, check, precision, recall):
    right, wrong, missed, left = vector_cases.scores(check, sample_index)
    assert right + missed >= 100
    assert wrong + left >= 100
    assert right / (right + wrong) >= precision
    assert right / (right + missed) >= recall


@pytest.mark.parametrize("part", [NearDuplicate, RoundTrip])
def test_settings_out_of_bounds(part):
    name = "threshold" if part is NearDuplicate else "max_rank"
    with pytest.raises(ValueError, match=name):
        part("store", **{name: 0})
