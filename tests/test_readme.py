"""The README's Python is executed as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.timeout(600)  # MiniLM in float32 beside another test: some six documents a second
def test_the_python_in_the_readme(tmp_path, monkeypatch, capsys):
    pytest.importorskip("openvino")
    [code] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 13
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(README), "exec"), {})
    assert capsys.readouterr().out.count("->") == 3
