"""docs/defects.md names tests that exist, and every test that is named after a defect."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "defects.md").read_text(encoding="utf-8")
TESTS = {
    name
    for path in HERE.rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_every_defect_is_held_by_a_test_that_exists():
    rows = re.findall(r"^\| (\d+) \|.*\| `(test_\w+)`", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 29))
    assert [name for _, name in rows if name not in TESTS] == []


def test_tests_are_named_after_defects_of_the_list():
    for name in TESTS:
        for number in re.findall(r"(?:defects?|and)_(\d+)_", name):
            assert f"\n| {number} |" in PAGE, name
