"""The quick start's recipe, as the tests use it."""

from __future__ import annotations

from typing import Any

from miner.job import Recipe


def sample_recipe(**keys: Any) -> Recipe:
    """With a floor that suits an encoder which only hashes words; `select__floor` is a nested key."""
    return Recipe.read(
        "quickstart",
        {"select.floor": 0.05} | {key.replace("__", "."): value for key, value in keys.items()},
    )


TREE = """
name = "few"
[[nodes]]
id = "nature"
name = "Nature"
description = "Rocks, rivers, weather, animals, plants, cells and how living things work."
[[nodes]]
id = "earth"
parent = "nature"
name = "Earth"
description = "Rocks, rivers, islands, weather, snow, earthquakes and the history of the Earth."
[[nodes]]
id = "life"
parent = "nature"
name = "Life"
description = "Animals, plants, cells, species, diseases and how living things work."
[[nodes]]
id = "people"
name = "People"
description = "Singers, actors, writers, kings and players, and what they did."
"""
"""A few topics on two levels, so that a recipe of many tasks runs in seconds."""
