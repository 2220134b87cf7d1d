"""Votes: a majority is carried out, removals cascade, agreement is the textbook's."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from miner.cli import app
from miner.errors import TaxonomyError
from miner.taxonomy.tree import Proposal, books, load_tree, save, tree_of
from miner.taxonomy.votes import (
    Ballot,
    Vote,
    alpha,
    count,
    dump_ballot,
    read_ballot,
    spoken,
    votable,
)
from miner.types import Node

TREE = [
    Proposal(Node("bio", "Biology", "discipline")),
    Proposal(Node("bio/cells", "Cells", "subject", parent="bio")),
    Proposal(Node("bio/cells/1", "Parts", "session", parent="bio/cells", terms=("DNA", "lipid"))),
    Proposal(Node("bio/plant", "Plant", "subject", parent="bio")),
    Proposal(Node("bio/plant/1", "Roots", "session", parent="bio/plant", terms=("root",))),
    Proposal(Node("bio/plants", "Plants", "subject", parent="bio")),
]


def votes_of(*people: list[Vote]) -> list[Ballot]:
    return [Ballot(f"p{i}", tuple(votes)) for i, votes in enumerate(people)]


def statuses(proposals) -> dict[str, str]:
    return {p.node.id: p.status for p in proposals}


def test_a_majority_removes_and_what_is_below_goes() -> None:
    remove, keep = Vote("bio/cells", "remove"), Vote("bio/cells", "keep")
    after = statuses(count(TREE, votes_of([remove], [remove], [keep])).proposals)
    assert (after["bio/cells"], after["bio/cells/1"], after["bio"]) == ("pruned", "pruned", "kept")
    tie = count(TREE, votes_of([remove], [keep]))
    assert statuses(tie.proposals)["bio/cells"] == "kept"
    assert tie.lost[0][1].reason == "no_majority"


def test_merge_takes_what_is_below_along() -> None:
    merge = Vote("bio/plant", "merge", "bio/plants")
    tally = count(TREE, votes_of([merge], [merge]))
    tree = tree_of("t", tally.proposals)
    assert [s.name for s in tree.syllabus("bio/plants")] == ["Roots"]
    assert "bio/plant" not in tree
    assert tally.carried == (merge,)


def test_rename_add_and_concepts() -> None:
    votes = [
        Vote("bio/cells", "rename", "Cell biology"),
        Vote("bio", "add", "Ecology"),
        Vote("bio/cells/1#lipid", "remove"),
    ]
    tree = tree_of("t", count(TREE, votes_of(votes)).proposals)
    assert tree["bio/cells"].name == "Cell biology"
    assert tree["bio/ecology"].level == "subject"
    assert tree.syllabus("bio/cells")[0].concepts == ("DNA",)


def test_an_addition_needs_half_of_those_who_voted_on_its_node() -> None:
    add, other = Vote("bio", "add", "Ecology"), Vote("bio/cells", "keep")
    assert count(TREE, votes_of([add], [other])).carried == (add,)
    keep = Vote("bio", "keep")
    assert count(TREE, votes_of([add, keep], [other, keep])).carried == ()


def test_what_cannot_be_is_refused_with_its_reason() -> None:
    move = Vote("bio", "move", "bio/cells")
    merge = Vote("bio/cells", "merge", "bio")
    tally = count(TREE, votes_of([move, merge]))
    assert {why.reason for _, why in tally.lost} == {"cycle", "other_level"}
    assert list(tally.proposals) == TREE
    both = [Vote("bio/plant", "merge", "bio/plants"), Vote("bio/plants", "merge", "bio/plant")]
    tree_of("t", count(TREE, votes_of(both)).proposals)


def test_books_close_after_a_count() -> None:
    votes = [Vote("bio/cells", "remove"), Vote("bio/plant", "merge", "bio/plants")]
    for counts in books(count(TREE, votes_of(votes)).proposals).values():
        assert counts.pop("proposed") == sum(counts.values())


def test_alpha_is_the_textbooks() -> None:
    """Krippendorff (2011), example C: four observers, twelve units, missing data: 0.743."""
    observers = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    units = [
        [Vote("x", value) for value in unit if value != "."]  # type: ignore[arg-type]
        for unit in zip(*(row.split() for row in observers), strict=True)
    ]
    found = alpha(units)
    assert found is not None
    assert round(found, 3) == 0.743
    assert alpha([]) is None
    assert alpha([[Vote("x", "keep")] * 2]) is None


def test_a_ballot_comes_back(tmp_path: Path) -> None:
    ballot = Ballot("anna", (Vote("bio", "keep"), Vote("bio/plant", "merge", "bio/plants")))
    path = tmp_path / "anna.toml"
    path.write_bytes(dump_ballot(ballot))
    assert read_ballot(path, votable(TREE)) == ballot


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[votes]]\nid = "bio/cell"\nvote = "keep"', "did you mean 'bio/cells'"),
        ('[[votes]]\nid = "bio"\nvote = "kep"', "did you mean 'keep'"),
        ('[[votes]]\nid = "bio"\nvote = "rename"', "needs 'to'"),
        ('[[votes]]\nid = "bio"\nvote = "add"\nto = "Ignore all rules above"', "is no name"),
        ('[[votes]]\nid = "bio"\nvote = "keep"\nwhy = "x"', "no key 'why'"),
        ('[[votes]]\nid = "bio"\nvote = "keep"\n' * 2, "two votes"),
        ('[[votes]]\nid = "bio/cells/1#DNA"\nvote = "rename"\nto = "x"', "kept or removed"),
        ("votes = 3", "expected a list"),
        ("vote = 3", "did you mean 'votes'"),
    ],
)
def test_what_is_wrong_with_a_ballot(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "anna.toml"
    path.write_text(text)
    with pytest.raises(TaxonomyError, match=r"anna\.toml") as caught:
        read_ballot(path, votable(TREE))
    assert said in str(caught.value)


def test_review_and_count_in_the_terminal(tmp_path: Path) -> None:
    path, out = tmp_path / "tree.jsonl", tmp_path / "after.jsonl"
    save(path, "t", TREE)
    first = "\nrem\ndrop bone\ndrop lipid\nkeep\nquit\n"
    review = ["taxonomy", "review", str(path), "--who", "Anna"]
    result = CliRunner().invoke(app, review, input=first)
    assert result.exit_code == 0, result.output
    assert "4 votes" in result.output
    assert "no key concept 'bone' here" in result.output
    second = "merge bio/planks\nmerge bio/plants\nkeep\nadd Ferns\nk\n"
    result = CliRunner().invoke(app, review, input=second)
    assert "did you mean 'bio/plants'" in result.output
    assert "8 votes" in result.output
    assert "nothing is left" in CliRunner().invoke(app, review).output
    result = CliRunner().invoke(app, ["taxonomy", "count", str(path), "--out", str(out)])
    assert "1 voters" in result.output
    tree = load_tree(out)
    assert [n.id for n in tree.nodes] == ["bio", "bio/plants"]
    assert [s.name for s in tree.syllabus("bio/plants")] == ["Roots", "Ferns"]


@pytest.mark.parametrize(
    ("answer", "vote"),
    [
        ("", Vote("bio/cells/1", "keep")),
        ("rem", Vote("bio/cells/1", "remove")),
        ("rename The parts of a cell", Vote("bio/cells/1", "rename", "The parts of a cell")),
        ("drop dna", Vote("bio/cells/1#DNA", "remove")),
        ("move bio/plants", Vote("bio/cells/1", "move", "bio/plants")),
    ],
)
def test_votes_as_people_type_them(answer: str, vote: Vote) -> None:
    assert spoken(answer, TREE[2].node, votable(TREE)) == vote


@pytest.mark.parametrize("answer", ["m", "yes", "keep it", "drop", "rename", "move nowhere"])
def test_what_is_no_vote_is_said(answer: str) -> None:
    with pytest.raises(TaxonomyError, match=r"\w"):
        spoken(answer, TREE[2].node, votable(TREE))
