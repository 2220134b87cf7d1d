"""docs/tasks.md names every task, format, preference rule, guideline and composing option."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from miner.compose import Compose
from miner.compose.preferences import preferences
from miner.recipe import kinds, shipped_folder

PAGE = (Path(__file__).parent.parent.parent / "docs" / "tasks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["tasks", "compose.formats"])
def test_every_part_has_a_section(folder):
    for kind in kinds(folder):
        if not kind.startswith("syllabus"):
            assert f"\n### {kind}\n" in PAGE, kind


def test_every_rule_option_and_guideline_is_there():
    for name in [*preferences(), *(f.name for f in dataclasses.fields(Compose))]:
        assert f"| `{name}` |" in PAGE, name
    for path in shipped_folder("pipelines/guidelines").glob("*.toml"):
        assert f"`{path.stem}`" in PAGE
