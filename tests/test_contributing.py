"""The examples of CONTRIBUTING.md are run: parts, the tests of parts, and no more than they say."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

from miner.recipe import build, kind_of
from miner.types import Picker, Task

GUIDE = Path(__file__).parent.parent / "CONTRIBUTING.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("code", "test", "protocol"),
    [(BLOCKS[0], BLOCKS[1], Picker), (BLOCKS[2], BLOCKS[3], Task)],
    ids=["picker", "task"],
)
def test_example_is_a_part_and_passes_its_test(
    code: str, test: str, protocol: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("their_part")
    monkeypatch.setitem(sys.modules, "their_part", module)
    exec(compile(code, str(GUIDE), "exec"), vars(module))
    part = module.PART
    made = build(part, {}, "here")
    assert isinstance(made, protocol)
    assert kind_of(made) == f"their_part:{part.__name__}"
    names = {part.__name__: part}
    exec(compile(test, str(GUIDE), "exec"), names)
    next(value for name, value in names.items() if name.startswith("test_"))()
