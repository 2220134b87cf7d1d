"""What readers found wrong in examples (docs/verdicts-rules.md), kept out: one case for each fault."""

from __future__ import annotations

import pytest
from task_cases import case_for, mined

from miner.compose import Compose, compose
from miner.compose.formats.code import class_name
from miner.compose.preferences import preferences
from miner.tasks.cloze import Cloze
from miner.tasks.definition import Definition, circular
from miner.tasks.prose import flaw, run_on, slip
from miner.tasks.typed_values import TypedValues
from miner.tasks.values import find
from miner.types import Document, Rejected

MORE = " It is known to many people in the country and far beyond, and books on it are read." * 4


def defined(title, sentence, more=MORE):
    document = Document("d", f"{sentence}{more}", title=title, language="en")
    return mined(Definition(), case_for(document))[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Obote (28 December 1925 10 October 2005) led the country.", "glued"),
        ("He founded it (IRF).He is also a preacher.", "glued"),
        ("She was an American actress She worked mostly in television.", "glued"),
        ("He had it at age 15 In 1997 he went on a trial.", "glued"),
        ("Scarver Sr. (born ) is an American.", "empty_brackets"),
        ("Mehrdad (\u200e; 16 March 1917) was a politician.", "empty_brackets"),
        ("García-París | display-authors = etal split the genus.", "markup"),
        ("Some examples of alkynes are shown below.", "self_reference"),
        ("They have a hockey team. See also Leith Athletic.", "self_reference"),
        ("He began his career, and in in 1943 he graduated.", "doubled"),
    ],
)
def test_residue_that_readers_met(text, kind):
    assert flaw(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "The trial that he had had was long.",
        "He was born on 5 May 1999 (in Rome), and She Knows is his song.",
        "In 1997 he left. On 3 May 1998 he was back.",
    ],
)
def test_what_only_looks_like_residue_stays(text):
    assert flaw(text) == ""


@pytest.mark.parametrize(
    ("title", "sentence", "question"),
    [
        ("Roman consul", "A Roman consul was the highest elected official of the Republic of old.", "What was a Roman consul?"),
        ("Mevlevi", "The Mevlevi are a school of Sufism that was founded by the followers of Rumi in Konya.", "What are the Mevlevi?"),
        ("Jo Lee Crane", "Jo Lee Crane (born 1959) is a professor at a school of law in the west of the country.", "Who is Jo Lee Crane?"),
        ("Madara Uchiha", "Madara Uchiha is a fictional character of a long series about a world of ninjas.", "Who is Madara Uchiha?"),
    ],
)  # fmt: skip
def test_questions_name_their_subject_as_the_text_does(title, sentence, question):
    assert defined(title, sentence).finding.question == question


@pytest.mark.parametrize(
    ("title", "sentence", "why"),
    [
        ("Tony Warren", "Tony Warren (July 8, 1936 - March 1, 2016) is the founder of a series that many people watch.", "out_of_date"),
        ("Anglo-Zulu War", "The Anglo-Zulu War was a war fought from 1879 to 1887 between two peoples.", "circular"),
        ("Sufi Branch Order", "Sufi Branch Order is a group or branch in a religion with a mystic path to follow.", "vague"),
        ("Tropical climate", "A tropical climate is a type of climate that is typical in the tropics.", "circular"),
        ("Pind Kargu", "Pind Kargu is one of the councils of a province of the country it is far from the city.", "run_on"),
        ("Pope Zephyrinus", "Pope Zephyrinus (198-217) was the fifteenth pope, the official title is the Bishop of Rome.", "the official title is"),
        ("Sayyid", "Syed or Sayyid or Sayed is a title of honour and respect in the whole of Islam.", "other_name"),
        ("Jean Peyre", "Jean Peyre (born 1939 in Marseille), is a French politician who leads a large bank.", "disagreeing"),
        ("Fugazi Four", "Fugazi Four were an American rock band that became active in the year 1987.", "disagreeing"),
        ("Working memory", "A working memory is a form of memory where what was done before helps in doing it again.", "loose"),
        ("Columbo Nights", "Columbo Nights is one of the most popular American series on television about crimes of the rich.", "opinion"),
        ("Jona Leeth", "Jona Leeth (born 1969) is a Serbian football manager who currently works for a Greek club.", "out_of_date"),
        ("Mutabar Tad", "Mutabar Tad (\"Uzbek: Mo'tabar\") is a journalist and activist for human rights from the east.", "crowded"),
        ("It", "It is a series on television that was made of a long novel about a clown in a town.", ""),
    ],
)  # fmt: skip
def test_sentences_that_define_nothing(title, sentence, why):
    found = defined(title, sentence)
    assert isinstance(found, Rejected)
    assert found.detail == why


def test_a_definition_that_names_its_genus_is_not_circular():
    assert not circular("binary pulsar", "a pulsar with a companion, often a white dwarf")
    assert circular("molecular biology", "the study of biology at a molecular level")


@pytest.mark.parametrize(
    "text",
    [
        "The party held it's nominations in October.",
        "They were had to eat candles.",
        "It is open until August 31th.",
        "He was a engineer of the town.",
        "They was at home on that day.",
    ],
)
def test_slips_that_readers_met(text):
    assert slip(text)


@pytest.mark.parametrize(
    "text",
    [
        "It's a one-off use of an honest hour in a European union of a unit.",
        "What the trial that he had had was about is not known.",
    ],
)
def test_good_english_has_no_slip(text):
    assert not slip(text)


def test_two_sentences_run_into_one():
    assert run_on("It is a council of the north it is far from the city.")
    assert run_on("It is a hill, it is high.")
    assert not run_on("When it is hot, it is red.")
    assert not run_on("They said it was a place they had seen.")


def test_no_blank_where_nothing_told_what_belongs_there():
    text = (
        "Slim Richey was a guitarist who was born in Austin. He played jazz for fifty years, and many young "
        "players of the town learned from him on summer evenings in the park by the river. His band played "
        "old songs in a new way. Richey died of a long illness on the last day of May in Austin, aged 77."
    )
    document = Document("d", text, title="Slim Richey", language="en")
    (found,) = mined(Cloze(), case_for(document))
    assert isinstance(found, Rejected) or found.finding.spans[0].text != "Austin"


def test_values_with_odd_spaces_are_whole():
    text = "It was $21.4\u00a0trillion on January 1,1858 and $2 million on May 5, 1900."
    assert [text[v.start : v.end] for v in find(text)[0]] == [
        "$21.4\u00a0trillion", "January 1,1858", "$2 million", "May 5, 1900",
    ]  # fmt: skip


BRIDGE = (
    "The bridge of the town was opened on 5 May 1932 and cost £3.5 million, which was 20 per cent more than "
    "planned. It is 1,200 metres long, was closed in 1990 and opened again on 5 May 1932 and in 1990. Some 300 "
    "people walk over it each day, and 12 boats pass below it."
)


def asked_for_values():
    document = Document("d", BRIDGE, title="Bridge", language="en")
    (annotation,) = mined(TypedValues(), case_for(document))
    settings = Compose(variants=400, preference_share=1.0, guidelines=("values",), mask=0.3)
    return compose(annotation, {"d": document}, settings, 0)


def test_nobody_speaks_of_titles_and_quotes_of_dates():
    examples = asked_for_values()
    assert len(examples) > 200
    stated = {rule for example in examples for rule in example.preferences}
    assert {"first_mentions", "alphabetical", "upper_labels"} <= stated
    assert not stated & {rule.id for rule in preferences().values() if rule.of_names}


def test_who_marks_every_item_in_the_text_makes_no_list():
    marked = [example for example in asked_for_values() if example.format == "xml_tags"]
    stated = {rule for example in marked for rule in example.preferences}
    assert stated
    assert not stated & {"first_mentions", "at_most_three", "one_per_label", "alphabetical"}


def test_an_instruction_has_no_line_that_begins_with_a_space():
    assert not [e.instruction for e in asked_for_values() if "\n " in e.instruction]


def test_a_masked_label_is_the_name_of_its_class():
    assert class_name("LABEL_1") == "LABEL_1"
    assert class_name("creative-work") == "CreativeWork"
