"""Each check on its real and planted cases: what it refuses, and what it must leave alone."""

from __future__ import annotations

import pytest
from case_texts import Absent
from check_cases import checks, mistakes, rows, scores

from miner.checks.residue import RULES, furniture
from miner.recipe import kinds

FLOORS = {
    # Least precision and recall; what was measured stands in docs/quality.md.
    "complete": (0.95, 0.99),
    "contamination": (0.99, 0.99),
    "duplicate": (0.94, 0.84),
    "evidence": (1.0, 1.0),
    "format_round_trip": (1.0, 1.0),
    "grounded": (1.0, 1.0),
    "instruction_supported": (0.95, 0.92),
    "language": (0.99, 0.89),
    "leak": (0.96, 0.94),
    "length": (0.98, 0.79),
    "output_clean": (0.99, 0.94),
    "personal_data": (0.99, 0.95),
    "secrets": (0.99, 0.92),
    "skeletons": (0.98, 0.99),
    "standalone": (0.95, 0.67),
    "toxicity": (0.99, 0.99),
}

ELSEWHERE = {
    "answerable", "closed_book", "quality", "second_opinion", "supported",  # ask a model
    "near_duplicate", "round_trip",  # need an encoder: test_checks_vectors.py
}  # fmt: skip


def present(cases, check):
    """What is asked of a check's cases; skips where a corpus that they rest on is not there."""
    try:
        return cases(check)
    except Absent as absent:
        pytest.skip(f"cases of {check}: {absent}")


@pytest.fixture(scope="module")
def lines():
    return present(rows, "output_clean")


@pytest.mark.parametrize("check", checks())
def test_precision_and_recall(check):
    right, wrong, missed, left = present(scores, check)
    assert right + missed >= 100
    assert wrong + left >= 100
    precision, recall = right / (right + wrong), right / (right + missed)
    least = FLOORS[check]
    assert precision >= least[0], "\n".join(mistakes(check))
    assert recall >= least[1], "\n".join(mistakes(check))


def test_every_check_has_cases():
    assert set(kinds("checks")) - ELSEWHERE == set(checks()) == set(FLOORS)


def test_lines_are_known_for_what_they_are(lines):
    wrong = [
        (case["kind"], furniture(case["line"]), case["line"])
        for case in lines
        if case["kind"] != "missed" and furniture(case["line"]) != case["kind"]
    ]
    assert wrong == []


def test_words_that_are_looked_for_first_never_hide_a_line(lines):
    for case in lines:
        line = case["line"]
        slow = next(
            (r.kind for r in RULES if len(line) <= r.longest and r.pattern.search(line)), ""
        )
        assert furniture(line) == slow, line


@pytest.mark.parametrize("line", ["a" * 100_000, "the " * 30_000, "( " * 30_000, "in this " * 9000])
def test_a_huge_line_takes_no_time(line):
    furniture(line)  # the suite's time limit is the test
