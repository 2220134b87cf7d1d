"""A TOML table is a constructor call; everything wrong with it is said with file, key and guess."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Literal

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from miner import recipe
from miner.errors import RecipeError
from miner.types import Document, Picker, Rejected


@dataclass(frozen=True)
class Inner:
    trade: float = 1.0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    name: str
    count: int = 3
    ratio: float = 0.5
    on: bool = True
    mode: Literal["drop", "tag"] = "drop"
    limit: int | None = None
    inner: Inner = field(default_factory=Inner)
    many: tuple[Inner, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Upper:
    """A cleaner of a third party."""

    strict: bool = False

    def clean(self, document: Document) -> Document | Rejected:
        return document


@dataclass(frozen=True)
class WithPart:
    picker: Picker | None = None


def test_builds_nested_tables():
    table = {"name": "x", "ratio": 1, "inner": {"trade": 2}, "many": [{"names": ["a"]}]}
    made = recipe.build(Outer, table, "x.toml")
    assert made == Outer("x", ratio=1.0, inner=Inner(2.0), many=(Inner(names=("a",)),))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"nam": "x"}, "x.toml: no option 'nam'; allowed: .*did you mean 'name'"),
        ({}, "x.toml: 'name' is missing"),
        ({"name": 3}, r"x.toml \[name\]: expected str, got 3"),
        ({"name": "x", "count": True}, "expected int, got True"),
        ({"name": "x", "count": "3"}, "expected int, got '3'"),
        ({"name": "x", "mode": "tga"}, "did you mean 'tag'"),
        ({"name": "x", "inner": {"trad": 1}}, r"\[inner\]: no option 'trad'.*did you mean 'trade'"),
        ({"name": "x", "inner": 4}, "expected a table, got 4"),
        ({"name": "x", "many": {"a": 1}}, "expected a list"),
        ({"name": "x", "many": [{"names": "a"}]}, r"many\]\[0\]: names: expected a list, got 'a'"),
        ({"name": "x", "weights": {"a": "b"}}, "expected float, got 'b'"),
    ],
)
def test_says_what_is_wrong(table, message):
    with pytest.raises(RecipeError, match=message):
        recipe.build(Outer, table, "x.toml")


def test_unknown_kind_lists_what_exists():
    with pytest.raises(
        RecipeError, match=r"no kind 'facility' in select/; allowed: .*did you mean"
    ):
        recipe.build(WithPart, {"picker": "facility"}, "x.toml")


def test_kind_may_be_a_name_or_a_table():
    by_name = recipe.build(WithPart, {"picker": "facility_location"}, "x.toml")
    by_table = recipe.build(WithPart, {"picker": {"kind": "facility_location"}}, "x.toml")
    assert by_name == by_table
    assert recipe.kind_of(by_name.picker) == "facility_location"


def test_kind_is_required_and_none_means_none():
    with pytest.raises(RecipeError, match="'kind' is missing"):
        recipe.build(WithPart, {"picker": {}}, "x.toml")
    assert recipe.build(WithPart, {"picker": "none"}, "x.toml").picker is None


def test_third_party_kind_must_fulfil_the_protocol():
    with pytest.raises(RecipeError, match=r"is no Picker: it lacks pick\(\)"):
        recipe.find(Picker, f"{__name__}:Upper")
    with pytest.raises(RecipeError, match="cannot load kind 'nowhere:X'"):
        recipe.find(Picker, "nowhere:X")


def test_reads_files_with_clear_errors(tmp_path):
    path = tmp_path / "a.toml"
    with pytest.raises(RecipeError, match="no such file"):
        recipe.read(Outer, path)
    path.write_text("name = ")
    with pytest.raises(RecipeError, match="not valid TOML"):
        recipe.read(Outer, path)
    with pytest.raises(RecipeError, match="is a folder"):
        recipe.read(Outer, tmp_path)


def test_overrides_reach_into_tables_and_lists(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(
        textwrap.dedent("""
        name = "x"
        [[many]]
        trade = 1
        """)
    )
    made = recipe.read(Outer, path, {"inner.trade": 4, "many.0.trade": 5, "count": 9})
    assert (made.inner.trade, made.many[0].trade, made.count) == (4.0, 5.0, 9)
    with pytest.raises(RecipeError, match="'7' is no place in a list of 1"):
        recipe.read(Outer, path, {"many.7.trade": 5})
    with pytest.raises(RecipeError, match="'name' is not a table"):
        recipe.read(Outer, path, {"name.x": 5})


@given(
    st.builds(
        Outer,
        name=st.text(st.characters(exclude_categories=["Cs", "Cc"])),
        count=st.integers(-(2**40), 2**40),
        ratio=st.floats(allow_nan=False, allow_infinity=False),
        on=st.booleans(),
        mode=st.sampled_from(["drop", "tag"]),
        limit=st.none() | st.integers(0, 9),
        inner=st.builds(Inner, trade=st.floats(-9, 9), names=st.tuples(st.text("ab"))),
        many=st.tuples(st.builds(Inner, trade=st.floats(-9, 9))),
        weights=st.dictionaries(st.text("abc", min_size=1), st.floats(0, 1)),
    )
)
def test_dump_is_the_way_back(made):
    import tomllib

    table = tomllib.loads(tomli_w.dumps(recipe.dump(made)))
    assert recipe.build(Outer, table, "x.toml") == made


def test_locate_guesses(tmp_path):
    with pytest.raises(RecipeError, match="did you mean 'quickstart'"):
        recipe.locate("quikstart", "indexes")
    assert recipe.locate("quickstart", "indexes").name == "quickstart.toml"
