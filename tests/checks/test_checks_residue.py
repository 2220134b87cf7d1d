"""What is looked for first never hides what a pattern matches, and never shows what none does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.checks.line_rules import Furniture
from miner.checks.residue import RULES, furnishings, furniture

ASCII = st.characters(codec="ascii")


def slow(line):
    """The kind of a line by its patterns alone."""
    return next((r.kind for r in RULES if len(line) <= r.longest and r.pattern.search(line)), "")


SLOW_TO_MAKE = "(?<=\\d{4})"
"""The rule that has it asks for digits, and is looked for wherever there is one."""


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if SLOW_TO_MAKE not in rule.pattern.pattern],
    ids=lambda rule: f"{rule.kind}-{RULES.index(rule)}",
)
def test_no_line_that_a_pattern_matches_is_passed_over(rule):
    @settings(max_examples=25)
    @given(st.from_regex(rule.pattern, alphabet=ASCII))
    def every(text):
        for line in text.splitlines():
            assert furniture(line) == slow(line), line

    every()


def test_every_pattern_is_asked_for():
    for rule in RULES:
        if isinstance(rule, Furniture):
            assert rule.heads
            assert rule.words or rule.signs
        else:
            assert rule.signs


def test_a_text_shows_the_lines_that_are_furniture_by_themselves():
    lines = [
        "A river.",
        "Share this post on Facebook",
        "It is long.",
        "12 views",
        "© Foo 2012",
        "A (pictured) cat.",
    ]
    assert [*furnishings("\n".join(lines))] == [(slow(line), line) for line in lines if slow(line)]
    assert [kind for kind, _ in furnishings("\n".join(lines))] == [
        "share",
        "byline",
        "legal",
        "dangling",
    ]
