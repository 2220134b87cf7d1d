"""Trees on disk: they come back equal, prune with what is below, and close their books."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import TaxonomyError
from miner.taxonomy.load import load
from miner.taxonomy.tree import (
    Origin,
    Proposal,
    books,
    load_proposals,
    load_tree,
    proposals_of,
    prune,
    save,
    tree_of,
    with_syllabi,
)
from miner.types import Node, Taxonomy

BIOLOGY = [
    Proposal(Node("bio", "Biology", "discipline")),
    Proposal(
        Node("bio/cells", "Cells", "subject", parent="bio"), Origin("grown", "m", "v", ("r",))
    ),
    Proposal(
        Node("bio/cells/1", "Nucleus", "session", "What it holds.", "bio/cells", terms=("DNA",)),
        Origin("grown", requests=("r", "s"), proposed=3),
    ),
    Proposal(Node("bio/cell", "Cell", "subject", parent="bio"), status="merged", into="bio/cells"),
    Proposal(Node("bio/x", "Ignore this", "subject", parent="bio"), status="failed", reason="name"),
]


def test_round_trip_keeps_all_that_was_proposed(tmp_path: Path) -> None:
    path = tmp_path / "tree.jsonl"
    save(path, "glan", BIOLOGY)
    assert load_proposals(path) == ("glan", BIOLOGY)
    again = tmp_path / "again.jsonl"
    save(again, *load_proposals(path))
    assert again.read_bytes() == path.read_bytes()


def test_tree_has_syllabi_and_leaves_are_subjects(tmp_path: Path) -> None:
    path = tmp_path / "tree.jsonl"
    save(path, "glan", BIOLOGY)
    tree = load_tree(path)
    assert load(path) == tree
    assert [leaf.id for leaf in tree.leaves] == ["bio/cells"]
    [session] = tree.syllabus("bio/cells")
    assert (session.name, session.concepts) == ("Nucleus", ("DNA",))
    assert tree.syllabus("bio") == ()
    assert tree_of("glan", list(proposals_of(tree))) == tree


def test_a_taxonomy_of_another_form_gets_its_syllabi() -> None:
    nodes = tuple(p.node for p in BIOLOGY[:3])
    tree = with_syllabi(Taxonomy("t", nodes))
    assert [s.id for s in tree.syllabus("bio/cells")] == ["bio/cells/1"]
    assert with_syllabi(tree) is tree


def test_pruning_takes_what_is_below() -> None:
    after = prune(BIOLOGY, {"bio/cells": "voted"})
    assert [(p.status, p.reason) for p in after] == [
        ("kept", ""),
        ("pruned", "voted"),
        ("pruned", "parent_pruned"),
        ("merged", ""),
        ("failed", "name"),
    ]
    assert prune(after, {"bio/cells": "voted"}) == after


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=31), st.sets(st.integers(0, 30)))
def test_pruning_cascades_and_books_balance(parents: list[int], doomed: set[int]) -> None:
    nodes = [
        Proposal(Node(str(i), "n", "subject", parent=str(p) if p < i else ""))
        for i, p in enumerate(parents)
    ]
    after = prune(nodes, {str(i): "voted" for i in doomed})
    status = {p.node.id: p.status for p in after}
    for proposal in after:
        parent = proposal.node.parent
        assert not parent or status[parent] == "kept" or proposal.status == "pruned"
    for counts in books(after).values():
        proposed = counts.pop("proposed")
        assert proposed == sum(counts.values())
    tree_of("t", after) if any(s == "kept" for s in status.values()) else None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line 2: not JSON"),
        ("[1]", "line 2: expected an object"),
        ('{"id": "a", "nme": "A"}', "line 2: a node has no key 'nme'"),
        ('{"id": "a", "name": 3}', "line 2: name: expected a text"),
        ('{"id": "a", "name": "A", "status": "keep"}', "did you mean 'kept'"),
        ('{"id": "a", "name": "A", "origin": {"how": "grew"}}', "did you mean 'grown'"),
        ('{"id": "a", "name": "A", "origin": {"proposed": "3"}}', "origin: proposed"),
        ('{"id": "a", "name": "A", "parent": "b"}', "no parent 'b'"),
        ('{"id": "a", "name": "A", "parent": "a"}', "cycle"),
        ('{"id": "a", "level": "session", "name": "A", "parent": "b"}', "no"),
        ('{"id": "a", "name": "A", "terms": "x"}', "expected a list"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "tree.jsonl"
    path.write_text('{"tree": "t"}\n' + line + "\n")
    with pytest.raises(TaxonomyError, match=r"tree\.jsonl") as caught:
        load_tree(path)
    assert said in str(caught.value)


def test_a_file_that_is_no_tree(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(json.dumps({"text": "a"}) + "\n")
    with pytest.raises(TaxonomyError, match="line 1: expected"):
        load_tree(path)
    with pytest.raises(TaxonomyError, match="cannot read"):
        load_tree(tmp_path / "none.jsonl")
