"""Taxonomies that others publish: tables, outlines, nested JSON, SKOS; and the way to our own form."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.encoders.hashing import Hashing
from miner.errors import TaxonomyError
from miner.taxonomy.check import check
from miner.taxonomy.load import Entry, arrange, load, read, read_toml, write
from miner.types import Node


def save(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shape(taxonomy) -> list[tuple[str, ...]]:
    return [taxonomy.path(node.id) for node in taxonomy.nodes]


TREE = [
    ("Science",),
    ("Science", "Physics"),
    ("Science", "Physics", "Optics"),
    ("Science", "Chemistry"),
    ("Arts",),
    ("Arts", "Music"),
]

FORMS = {
    "levels.csv": "domain,field,topic_id,topic_name\r\nScience,Physics,1,Optics\r\n"
    "Science,,2,Chemistry\r\nArts,,3,Music\r\n",
    "parents.tsv": "Some title\t\t\nUnique ID\tParent\tName\n1\t\tScience\n4\t1\tPhysics\n5\t4\tOptics\n"
    "6\t1\tChemistry\n2\t\tArts\n7\t2\tMusic\n",
    "semicolons.csv": "id;parent;name;description\n1;;Science;\n2;1;Physics;\n3;2;Optics;Light; lenses\n"
    "4;1;Chemistry;\n5;;Arts;\n6;5;Music;\n",
    "google.txt": "# Product_Taxonomy_Version: 2021\nScience\nScience > Physics\n"
    "Science > Physics > Optics\nScience > Chemistry\nArts\nArts > Music\n",
    "numbered.txt": "1 - Science\n2 - Science > Physics\n3 - Science > Physics > Optics\n"
    "4 - Science > Chemistry\n5 - Arts\n6 - Arts > Music\n",
    "indented.txt": "Science\n  Physics\n    Optics: light and lenses\n  Chemistry\nArts\n  Music\n",
    "tabs.txt": "Science\n\tPhysics\n\t\tOptics\n\tChemistry\nArts\n\tMusic\n",
    "headings.md": "# Science\n\n## Physics\n\n- **Optics**\n  Light and lenses.\n\n## Chemistry\n\n"
    "# Arts\n\n1. Music\n",
    "list.md": "- Science\n  - Physics\n    - Optics\n  - Chemistry\n- Arts\n  - Music\n",
    "children.json": json.dumps(
        [
            {
                "name": "Science",
                "children": [{"name": "Physics", "children": ["Optics"]}, "Chemistry"],
            },
            {"name": "Arts", "children": ["Music"], "color": [0.1, 0.2]},
        ]
    ),
    "keys.json": json.dumps(
        {"Science": {"Physics": ["Optics"], "Chemistry": None}, "Arts": {"Music": "Sounds."}}
    ),
    "named.json": json.dumps(
        {
            "fields": [
                {
                    "field_name": "Science",
                    "sub_fields": [
                        {"sub_field_name": "Physics", "disciplines": ["Optics"]},
                        {"sub_field_name": "Chemistry", "disciplines": []},
                    ],
                },
                {"field_name": "Arts", "sub_fields": ["Music"]},
            ]
        }
    ),
    "flat.json": json.dumps(
        {
            "name": "flat",
            "nodes": [
                {"id": "s", "name": "Science"},
                {"id": "p", "name": "Physics", "parent": "s"},
                {"id": "o", "name": "Optics", "parent": "p"},
                {"id": "c", "name": "Chemistry", "parent": "s"},
                {"id": "a", "name": "Arts"},
                {"id": "m", "name": "Music", "parent": "a"},
            ],
        }
    ),
    "thesaurus.ttl": "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix e: <http://e.org/> .\n"
    'e:1 a skos:Concept ; skos:prefLabel "Science"@en, "Wissenschaft"@de .\n'
    'e:2 a skos:Concept ; skos:prefLabel "Physics" ; skos:broader e:1 ; skos:altLabel "Natural laws"@en .\n'
    'e:3 a skos:Concept ; skos:prefLabel "Optics"@en ; skos:broader e:2 ; skos:definition "Light."@en .\n'
    'e:4 a skos:Concept ; skos:prefLabel "Chemistry"@en .\ne:1 skos:narrower e:4 .\n'
    'e:5 a skos:Concept ; skos:prefLabel "Arts"@en .\n'
    'e:6 a skos:Concept ; skos:prefLabel "Music"@en ; skos:broader e:5 .\n',
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_tree(tmp_path, name):
    taxonomy = load(save(tmp_path, name, FORMS[name]))
    assert sorted(shape(taxonomy)) == sorted(TREE)


@pytest.mark.parametrize("name", FORMS)
def test_conversion_keeps_everything(tmp_path, name):
    taxonomy = load(save(tmp_path, name, FORMS[name]))
    again = load(save(tmp_path, "own.toml", write(taxonomy)))
    assert again.nodes == taxonomy.nodes
    assert again.name == taxonomy.name


def test_descriptions_and_terms_are_read(tmp_path):
    optics = load(save(tmp_path, "a.txt", FORMS["indented.txt"]))["Science/Physics/Optics"]
    assert optics.description == "light and lenses"
    optics = load(save(tmp_path, "a.md", FORMS["headings.md"]))["Science/Physics/Optics"]
    assert optics.description == "Light and lenses."
    thesaurus = load(save(tmp_path, "a.ttl", FORMS["thesaurus.ttl"]))
    assert thesaurus["http://e.org/2"].terms == ("Natural laws",)
    assert thesaurus["http://e.org/3"].description == "Light."
    assert thesaurus["http://e.org/1"].name == "Science"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "colour,shape\nred,round\n", "no column is known among: colour, shape"),
        ("a.csv", "", "no column is known among: nothing"),
        ("a.csv", "id,parent,name\n1,,\n", "line 2: a row needs an id and a name"),
        ("a.csv", "id,parent,name\n1,,A\n2,9,B\n", "line 3: node '2': there is no parent '9'"),
        ("a.csv", "id,parent,name\n1,2,A\n2,1,B\n", "cycle of parents"),
        ("a.md", "Some text\n# A\n", "line 1: text before the first heading"),
        ("a.md", "- A\n- A\n", "line 2: the id 'A' stands already at a.md, line 1"),
        ("a.json", "[1,", "line 1: not valid JSON"),
        ("a.json", "[1]", "a.json[0]: expected a name or an object"),
        ("a.json", "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("a.json", "[]", "has no nodes"),
        ("a.ttl", "not turtle", "not valid turtle"),
        ("a.ttl", "", "has no skos:Concept"),
        ("a.yaml", "a: b", "'.yaml' is no form of taxonomy"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, name, text, told):
    with pytest.raises(TaxonomyError) as error:
        load(save(tmp_path, name, text))
    assert told in str(error.value)


def test_two_parents_are_told_and_one_is_kept(tmp_path):
    table = "id\tparent\tname\ttier 1\ttier 2\n1\t\tA\tA\t\n2\t\tB\tB\t\n3\t1\tC\tB\tC\n"
    reading = read(save(tmp_path, "a.tsv", table))
    assert [p.kind for p in reading.problems] == ["two_parents"]
    assert reading.problems[0].where == "a.tsv, line 4"
    assert load(tmp_path / "a.tsv").path("3") == ("A", "C")


def test_check_tells_what_is_questionable(tmp_path):
    text = (
        'nodes = [{id="a",name="Tea",description="Leaves in hot water, brewed and drunk."},'
        '{id="b",name="tea",description="Leaves in hot water, brewed and drunk."},{id="c",name="X"}]'
    )
    path = save(tmp_path, "t.toml", text)
    problems = check(read(path), load(path), Hashing())
    assert {p.kind for p in problems} == {"duplicate_name", "no_description", "close_siblings"}
    assert all(p.where.startswith("t.toml, node") for p in problems)


NAMES = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), min_size=1
).filter(str.strip)


@settings(max_examples=100, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=8, unique=True), seed=st.integers(0, 100))
def test_our_own_form_holds_any_name(names, seed):
    rng = np.random.default_rng(seed)
    nodes = [
        Node(str(i), name, parent=str(rng.integers(i)) if i and rng.random() < 0.7 else "")
        for i, name in enumerate(names)
    ]
    taxonomy = arrange("any", [Entry(node, "here") for node in nodes], "here")
    name, entries = read_toml(write(taxonomy), "there")
    assert arrange(name, entries, "there") == taxonomy


def test_published_taxonomies(shared):
    folder = shared / "taxonomies"
    openalex = load(folder / "openalex_topic_subfield_mapping.csv")
    assert len(openalex.leaves) == 4516
    iab = read(folder / "iab-content-taxonomy-3.1.tsv")
    assert len(iab.entries) == 704
    assert [p.kind for p in iab.problems] == ["two_parents"] * 2
    assert len(load(folder / "iab-content-taxonomy-3.1.tsv").leaves) == 619
    assert len(load(folder / "weborganizer-topics.json")) == 24
