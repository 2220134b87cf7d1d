"""Real lines of web pages: what the check calls furniture, and what it must leave alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from miner.checks.residue import RULES, furniture

CASES = [
    json.loads(line)
    for line in Path(__file__)
    .parent.parent.joinpath("data", "checks", "output_lines.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def test_lines_are_known_for_what_they_are():
    wrong = [
        (case["kind"], furniture(case["line"]), case["line"])
        for case in CASES
        if case["kind"] != "missed" and furniture(case["line"]) != case["kind"]
    ]
    assert wrong == []


def test_most_furniture_is_known():
    bad = [case for case in CASES if case["kind"]]
    known = sum(bool(furniture(case["line"])) for case in bad)
    assert known / len(bad) >= 0.9


def test_words_that_are_looked_for_first_never_hide_a_line():
    for case in CASES:
        line = case["line"]
        slow = next(
            (r.kind for r in RULES if len(line) <= r.longest and r.pattern.search(line)), ""
        )
        assert furniture(line) == slow, line


@pytest.mark.parametrize("line", ["a" * 100_000, "the " * 30_000, "( " * 30_000, "in this " * 9000])
def test_a_huge_line_takes_no_time(line):
    furniture(line)  # the suite's time limit is the test
