"""How instructions name a subject whose title has a bracket, and which headings are asked for."""

from __future__ import annotations

import random

import pytest
from task_cases import case_for, mined

from miner.tasks.headings import ask
from miner.tasks.naming import named
from miner.tasks.structure import outline
from miner.tasks.subject import subject_of
from miner.tasks.write_document import WriteDocument
from miner.types import Document, Rejected

MORE = (
    " It has been known to people for a long time, and many of them have written books on it." * 7
)


def subject(title, text):
    document = Document("d", text, title=title, language="en")
    return subject_of(text, outline(document))


@pytest.mark.parametrize(
    ("title", "text", "name"),
    [
        ("Oberon (moon)", "Oberon is a moon of Uranus. Few have seen Oberon.", "the moon Oberon"),
        ("Emma (novel)", "Emma is a novel by Jane Austen. People like Emma.", "“Emma” (novel)"),
        ("Beat (music)", "A beat is a unit of music. The beat is felt.", "a beat in music"),
        ("George Walker (composer)", "George Walker was an American composer.", "the composer George Walker"),
        ("USS Benicia (1868)", "USS Benicia was a ship of the navy.", ""),
        ("Run Like Hell", "Run Like Hell is a song by Pink Floyd.", "“Run Like Hell”"),
        ("Joan Leeson", "Joan Leeson (born 1959) is an American movie producer.", "Joan Leeson"),
        ("Acme Pictures", "Acme Pictures is an American film studio.", "Acme Pictures"),
        ("Volcano", "A volcano is a mountain.", "a volcano"),
    ],
)  # fmt: skip
def test_brackets_become_words(title, text, name):
    assert named(subject(title, text), title, text) == name


def test_a_title_that_no_sentence_can_hold_is_refused():
    document = Document(
        "d", f"USS Benicia was a ship of the navy.{MORE}", title="USS Benicia (1868)", language="en"
    )
    (found,) = mined(WriteDocument(), case_for(document))
    assert found.reason == "odd_title"


def test_a_title_that_the_text_spells_otherwise_is_refused():
    document = Document(
        "d", f"Ann Johansson (born 1961) is a writer.{MORE}", title="Ann Johannson", language="en"
    )
    (found,) = mined(WriteDocument(), case_for(document))
    assert found.reason == "title_not_named"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Lennon–McCartney", "Lennon–McCartney was the partnership between two musicians."),
        ("American Star", "American Star (born 2011) is a racehorse."),
    ],
)
def test_what_is_no_person_gets_no_biography(title, text):
    about = subject(title, text)
    assert about is None or not about.person


def test_a_word_written_with_and_without_its_capital_is_no_subject():
    assert (
        subject("Ubuntu", "Ubuntu is a system. Many use Ubuntu, and others call ubuntu old.")
        is None
    )


def test_the_dead_are_not_said_to_be():
    text = f"Tony Warren (July 8, 1936 – March 1, 2016) is the founder of a series.{MORE}"
    document = Document("d", text, title="Tony Warren", language="en")
    (found,) = mined(WriteDocument(), case_for(document))
    assert isinstance(found, Rejected)
    assert found.detail == "out_of_date"


def test_a_biography_is_not_asked_for_its_biography():
    text = (
        "Ada Byron (1815 – 1852) was an English writer.\nBiography.\n"
        f"Byron was born in London.{MORE}"
    )
    document = Document("d", text, title="Ada Byron", language="en")
    (found,) = mined(WriteDocument(), case_for(document))
    assert "“Biography”" not in found.finding.instruction


@pytest.mark.parametrize(
    ("heading", "body", "asked"),
    [
        ("Early life", "Byron was born in London, where she went to school.", True),
        ("Early life", "The lights of the stage are bright.", False),
        ("Death", "The will was read in May.", False),
        ("Career", "Byron was born in London in 1815, and worked there.", False),
        ("Background", "The war was long.", False),
    ],
)
def test_a_section_that_strays_from_its_heading_is_not_asked_for(heading, body, asked):
    about = subject("Ada Byron", "Ada Byron (1815 – 1852) was an English writer.")
    assert bool(ask(heading, body, about, random.Random(0))) is asked


def test_a_plural_is_asked_for_in_the_plural():
    about = subject("Tapirs", "Tapirs are mammals. All tapirs swim, and tapirs dive.")
    assert ask("Diet", "They eat leaves.", about, random.Random(1)) in {
        "What do tapirs eat?", "Describe the diet of tapirs.",
    }  # fmt: skip
