"""A blank is asked for only where one name of the text can stand in it."""

from __future__ import annotations

import pytest

from miner.tasks.rivals import is_adjective, rivals

BLANK = "_"


@pytest.mark.parametrize(
    ("before", "sentence", "name", "found"),
    [
        ("Keats was a poet. Byron was another.", "In 1819, _ fell ill.", "Keats", ["Byron"]),
        ("John Keats was a poet. Keats was ill.", "In 1819, _ died.", "Keats", []),
        ("John Keats and Thomas Keats lived here.", "Then _ died.", "Keats", ["John Keats", "Thomas Keats"]),
        ("Keats lived in Rome.", "In 1819, _ fell ill.", "Keats", []),
        ("It was fought in South Africa.", "Now it is part of peace in _.", "South Africa", []),
        ("It began in Kenya and went on in Chad.", "It ended in _.", "Chad", ["Kenya"]),
        ("It is found in Kenya, Kazakhstan and Chad.", "Most of it is in _.", "Kenya", ["Kazakhstan", "Chad"]),
        ("He came from Kenya and lived in Chad.", "He died in _.", "Chad", ["Kenya"]),
        ("The Turks came. The Greeks fled.", "They feared the _.", "Turks", ["Greeks"]),
        ("The Turks came. Constantinople fell.", "They feared the _.", "Turks", []),
        ("The Turks came. The Greeks fled.", "The Greeks feared the _.", "Turks", []),
        ("An English poet met Keats. In May he left.", "Later _ died.", "Keats", []),
        ("Poets were poor, and poets die young. Keats did.", "Later _ died.", "Keats", []),
    ],
)  # fmt: skip
def test_names_that_could_stand_in_a_blank(before, sentence, name, found):
    place = sentence.index(BLANK)
    assert rivals(before, sentence.replace(BLANK, name), name, place) == found


def test_an_adjective_is_no_name():
    assert is_adjective("the European hub", 4)
    assert not is_adjective("the Europeans had a hub", 4)
