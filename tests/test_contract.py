"""What every part keeps, whoever writes it: one test walks every folder of parts."""

from __future__ import annotations

import dataclasses
import importlib

import pytest

from miner import recipe
from miner.errors import RecipeError

PARTS = [
    (protocol, kind) for protocol, folder in recipe.FOLDERS.items() for kind in recipe.kinds(folder)
]


@pytest.mark.parametrize(("protocol", "kind"), PARTS, ids=lambda x: getattr(x, "__name__", x))
def test_a_part(protocol, kind):
    part = recipe.find(protocol, kind)
    line = recipe.kinds(recipe.FOLDERS[protocol])[kind]
    assert 10 < len(line) <= 110, f"{kind}: the docstring's first line is its line in `miner list`"
    assert part.__doc__, f"{kind}: the class has no docstring"
    module = importlib.import_module(part.__module__)
    assert part is module.PART
    assert dataclasses.fields(part) is not None
    assert part.__dataclass_params__.frozen, f"{kind}: is not frozen"


@pytest.mark.parametrize(("protocol", "kind"), PARTS, ids=lambda x: getattr(x, "__name__", x))
def test_a_part_comes_back_from_its_table(protocol, kind):
    part = recipe.find(protocol, kind)
    required = [
        f for f in dataclasses.fields(part)
        if f.init and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]  # fmt: skip
    if any(f.type != "str" for f in required):
        pytest.skip("has required keys that are no text")
    try:
        made = recipe.build(part, {f.name: "x" for f in required}, kind)
    except RecipeError as error:
        pytest.skip(f"needs keys of its own: {error}")
    assert recipe.build(part, recipe.dump(made), kind) == made


def test_there_are_parts():
    folders = {recipe.FOLDERS[protocol] for protocol, _ in PARTS}
    assert folders == set(recipe.FOLDERS.values())
