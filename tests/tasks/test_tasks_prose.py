"""Prose that is no model to learn from: slips of grammar, lost words, halves of names."""

from __future__ import annotations

import pytest

from miner.tasks.cloze import _CUT, _JOINED
from miner.tasks.prose import flaw, slip
from miner.tasks.subject import _lowered, is_role


@pytest.mark.parametrize(
    "text",
    [
        "It is late. Then its a matter of luck.",
        "The bread has a crust, and it's crust is hard.",
        "It is safe to for the people in the house.",
        "Birds can also be found in the park as well.",
        "They carry wood,stone and sand.",
        "Other foreign captains is started calling it a bay.",
        "It has offices that focuses on trade.",
        "Founded as a fishing village. It grew.",
        "While March is wet. April is dry.",
        "Except the town of Ayr, they speak Scots.",
        "The land has been always poor.",
        "He is a NBA player.",
    ],
)
def test_slips(text):
    assert slip(text)


@pytest.mark.parametrize(
    "text",
    [
        "The cat licked its paw. Its tail is long.",
        "It's a small town that has a church.",
        "Many birds, such as the wren, sing in spring.",
        "While the war went on in the north, the south was at peace.",
        "Founded in 1904 by two brothers, the club has won the cup twice.",
        "One of the things that is known is its age.",
        "Except for the tower, nothing is left.",
        "The two halves are joined by a bridge that is short.",
    ],
)
def test_good_sentences(text):
    assert slip(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "People talk about about maps.",
        "It is a typically a light gun.",
        "He (4 February 1896 31 March 1997) was a physicist.",
        "He became a healer (') among them.",
    ],
)
def test_lost_and_doubled_words(text):
    assert flaw(text)


def test_halves_of_names():
    assert _CUT.match("'s Eve celebrations")
    assert not _CUT.match("'s agriculture")
    assert _JOINED.search("Trinidad and ")


def test_months_keep_their_capital():
    assert _lowered("February 2013 storm", "the february 2013 storm") == "February 2013 storm"
    assert _lowered("Volcanic winter", "Such a volcanic winter is cold.") == "volcanic winter"
    assert _lowered("Volcanic winter", "") == "Volcanic winter"


def test_roles():
    assert is_role("a Jewish teacher and reformer of religion who was crucified")
    assert not is_role("a large desert")
