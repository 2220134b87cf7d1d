"""A taxonomy's file: what is read, and what each mistake is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from miner.errors import TaxonomyError
from miner.taxonomy.load import load

GOOD = """
name = "small"

[[nodes]]
id = "lava"
name = "Lava"
parent = "earth"
terms = ["magma"]
exemplars = ["Molten rock flows.", "id:abc"]
quota = 3

[[nodes]]
id = "earth"
name = "Earth"
level = "field"
description = "The planet."
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "t.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_parents_come_first_and_fields_are_kept(tmp_path):
    taxonomy = load(write(tmp_path, GOOD))
    assert taxonomy.name == "small"
    assert [node.id for node in taxonomy.nodes] == ["earth", "lava"]
    assert taxonomy.path("lava") == ("Earth", "Lava")
    assert taxonomy["lava"].terms == ("magma",)
    assert taxonomy["lava"].quota == 3
    assert [node.id for node in taxonomy.leaves] == ["lava"]


def test_id_and_name_stand_in_for_each_other(tmp_path):
    text = '[[nodes]]\nname = "Lava"\n\n[[nodes]]\nid = "ash"\n'
    taxonomy = load(write(tmp_path, text))
    assert taxonomy.name == "t"
    assert [(n.id, n.name) for n in taxonomy.nodes] == [("Lava", "Lava"), ("ash", "ash")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no nodes"),
        ("name = 3\n[[nodes]]\nid='a'", "name: expected a text"),
        ("nam = 'x'\n[[nodes]]\nid='a'", "did you mean 'name'"),
        ("nodes = 3", "expected a list"),
        ("[[nodes]\nid='a'", "not valid TOML"),
        (
            "[[nodes]]\nid='a'\n[[nodes]]\nid='a'",
            "line 3: the id 'a' stands already at t.toml, line 1",
        ),
        ("[[nodes]]\nid='a'\n\n[[nodes]]\nid='b'\nparnt='a'", "line 4: a node has no key 'parnt'"),
        ("[[nodes]]\nid='a'\nparnt='a'", "did you mean 'parent'"),
        (
            "[[nodes]]\nid='volcanoes'\n[[nodes]]\nid='b'\nparent='volcanos'",
            "did you mean 'volcanoes'",
        ),
        (
            "[[nodes]]\nid='a'\nparent='b'\n[[nodes]]\nid='b'\nparent='a'",
            "cycle of parents: a -> b -> a",
        ),
        ("[[nodes]]\nid='a'\nparent='a'", "cycle of parents: a -> a"),
        ("[[nodes]]\nid='a'\nquota=-1", "quota: expected a whole number"),
        ("[[nodes]]\nid='a'\nquota=true", "quota: expected a whole number"),
        ("[[nodes]]\nid='a'\nterms='x'", "terms: expected a list of texts"),
        ("[[nodes]]\nid=1", "id: expected a text"),
        ("[[nodes]]\ndescription='x'", "needs an 'id' or a 'name'"),
        ('[[nodes]]\nid="a\\u0000b"', "control characters"),
        ("nodes = [3]", "node 1: a node is a table"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, text, told):
    with pytest.raises(TaxonomyError) as error:
        load(write(tmp_path, text))
    assert told in str(error.value)
    assert "t.toml" in str(error.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(TaxonomyError, match="no such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(TaxonomyError, match="is a folder"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(TaxonomyError, match="not UTF-8"):
        load(tmp_path / "latin.toml")


def test_ten_thousand_nodes_in_one_chain(tmp_path):
    rows = [f'[[nodes]]\nid = "n{i}"\nparent = "n{i + 1}"\n' for i in range(9_999)]
    taxonomy = load(write(tmp_path, "".join(rows) + '[[nodes]]\nid = "n9999"\n'))
    assert len(taxonomy) == 10_000
    assert taxonomy.nodes[0].id == "n9999"
    assert [node.id for node in taxonomy.leaves] == ["n0"]
