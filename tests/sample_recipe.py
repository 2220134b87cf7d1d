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
