"""Faults of English that a few words give away, each met by a reader in a corpus."""

from __future__ import annotations

import pytest

from miner.tasks.grammar import FAULTS, fault
from miner.tasks.prose import broken_line, flaw


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The album was be released in May.", "was be"),
        ("Jack has been appeared in two games.", "has been appeared"),
        ("It did not stopped the war.", "did not stopped"),
        ("The river can used for boats.", "can used"),
        ("The town is locate in the north.", "is locate"),
        ("There is many lakes in the valley.", "There is many"),
        ("There other good bacteria in the soil.", "There other"),
        ("They is members of one family.", "They is"),
        ("These measures are among the most strictest in Europe.", "most strictest"),
        ("It is more bigger than a cat.", "more bigger"),
        ("It is larger then a cat.", "larger then"),
        ("It is one of the smallest primate in the world.", "one of the smallest primate in"),
        ("It is used in the same way like a bell.", "same way like"),
        ("He was a anatomist of note.", "a anatomist"),
        ("It was an mighty army.", "an mighty"),
        ("It is a in the north.", "a in"),
        ("Weber is American singer.", "is American singer"),
        ("It is second largest city of the land.", "is second largest city"),
        ("In 1990s he lost his place.", "In 1990s"),
        ("It was a hit in United Kingdom.", "in United Kingdom"),
        ("It ended on October 2017.", "on October 2017"),
        ("It began in November 29 of that year.", "in November 29"),
        ("He was accused for a crime.", "accused for"),
        ("It has an area of and a coast.", "of and"),
        ("They live in of the south.", "in of"),
        ("It was the first christian nation.", "christian"),
        ("IN 1991 it fell.", "IN 1"),
        ("It is old; In size it is small.", "; In s"),
        ("They live in the east. but few know it.", "east. but"),
        ("It is a city in the south It is small.", "It is"),
        ("Although he was old, but he ran.", "Although he was old, but"),
        ("However he wanted to stay there for long.", "However he wanted to stay there for long"),
        ("It occured at night.", "occured"),  # codespell:ignore
        ("The men won two title there.", "two title"),
        ("The series is old, it was made in the west.", "it was"),
        ("Citizens band not the same as that of others.", "not the same"),
        ("It was built near 1st century AD.", "near 1st centur"),
        ("In 2008-2011 she studied.", "In 2008-2011"),
        ("The long and winding road of old in the far north.", "no verb"),
        ("It cost $22 million dollars.", "$22 million dollars"),
    ],
)
def test_faults(text, found):
    assert fault(text).startswith(found)


@pytest.mark.parametrize(
    "text",
    [
        "The band has become popular. It was used by a European university for an hour.",
        "They form the family Tapiridae, one of the best known groups in South America.",
        "One of these is a star. Most people know that people can read.",
        "In the 1990s he moved to the United States; he died on 3 May 1999.",
        "He won three major titles. Although he was old, he ran.",
        "It is larger than a cat, then it grows. However, it sleeps.",
        "A one-time player, he did not need a unique name. It is often referred to in books.",
        "The French (in French: les Français) have an x-ray and an MP. It covers two city blocks.",
        "In 1990, the band was formed. When it is cold, it is grey. The cat, it is said, is old.",
        "Smith, the king, was old. Before he does this, he is a boy. It was not the same.",
        "There is a lake. There are many lakes, most honest of all.",
    ],
)
def test_good_english(text):
    assert fault(text) == ""


def test_faults_are_found_at_once_in_long_lines():
    assert fault("in the " * 20000) == ""
    assert len(FAULTS) > 5


@pytest.mark.parametrize(
    "text",
    [
        "It began on 26 February 2020. , there have been many cases.",
        "He was born (c. 275 ) in Rome.",
        "The runway is made of dirt and is long. It is old.",
        "Amos Wells Jr.'; he was a singer.",
        "It is in the Republic of Korea .Many come.",
        "The town has has a church.",
    ],
)
def test_marks_of_what_was_lost(text):
    assert flaw(text)


def test_a_heading_within_a_section_is_seen_by_its_lack_of_a_verb():
    text = "The band was formed in May.\n2007: “Apologize” and the debut album of the band.\nIt was sold."
    assert broken_line(text) == "no_verb"
    assert broken_line("Grady died on the last day of June in 2012.") == ""
