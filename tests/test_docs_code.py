"""Python in the documentation runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("name", ["glan"])
def test_code_blocks_run(name: str) -> None:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, f"{name}.md", "exec"), {})


def test_commands_of_the_documentation_exist() -> None:
    from typer.main import get_command

    from miner.cli import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    for path in DOCS.glob("*.md"):
        for verb in re.findall(r"^miner (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert verb in known, f"{path.name}: miner {verb}"
