"""The tasks without a model: what they find, and what they leave alone."""

from __future__ import annotations

import pytest
from task_cases import VOLCANO, case_for, mined

from miner.tasks.definition import Definition
from miner.tasks.keyphrases import Keyphrases
from miner.tasks.prose import flaw, incomplete
from miner.tasks.section_questions import SectionQuestions
from miner.tasks.structure import outline
from miner.tasks.subject import subject_of
from miner.tasks.topic import Topic
from miner.tasks.typed_values import TypedValues
from miner.tasks.values import find
from miner.tasks.write_document import WriteDocument
from miner.types import Document, Rejected

LONG = " ".join(["It has rooms, walls and a roof that keeps out the rain."] * 12)


def article(text, title, **more):
    return Document("d", text, title=title, language="en", **more)


def only(items):
    assert len(items) == 1, items
    assert not isinstance(items[0], Rejected), items
    return items[0].finding


def reasons(items):
    return [item.reason for item in items]


# ------------------------------------------------------------------------------ structure


def test_outline_finds_lead_sections_and_the_end(volcano):
    parts = outline(volcano)
    assert [section.title for section in parts.sections] == ["History"]
    assert volcano.text[parts.end - 1] == "."
    assert "References" not in volcano.text[: parts.end]
    assert volcano.text[slice(*parts.lead)].endswith("extinct.")


def test_sentences_and_lists_are_no_headings():
    text = (
        "A lead of some words.\nHe died in 1990.\nMore of it here.\nApples.\nPears.\nPlums.\nFigs."
    )
    assert outline(article(text, "Fruit")).sections == ()


def test_headings_of_the_source_come_first():
    text = "Lead.\nOne\nBody of one."
    document = article(
        text, "T", meta={"headings": [{"level": 2, "title": "One", "start": 6, "end": 9}]}
    )
    (section,) = outline(document).sections
    assert text[section.start : section.end] == "Body of one."


@pytest.mark.parametrize(
    ("title", "text", "phrase", "verb", "person"),
    [
        ("Volcano", VOLCANO, "a volcano", "is", False),
        ("Tick Fire", "The Tick Fire was a wildfire. It burned.", "the Tick Fire", "was", False),
        ("Papal States", "The Papal States were lands.", "the Papal States", "were", False),
        ("Ada Byron", "Ada King Byron (1815 – 1852) was a writer.", "Ada Byron", "was", True),
        ("Iron", "Iron is a metal. Raw iron is magnetic.", "iron", "is", False),
        ("Staffa", "Staffa is an island. People visit Staffa.", "Staffa", "is", False),
    ],
)
def test_a_subject_is_named_as_in_running_text(title, text, phrase, verb, person):
    subject = subject_of(text, outline(article(text, title)))
    assert (subject.phrase, subject.verb, subject.person) == (phrase, verb, person)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Herpes simplex", "The herpes simplex virus (HSV) is a virus."),
        ("Dishwasher", "The word dishwasher means either a person or a machine."),
        ("Extrusion", "Extrusive means something else. It is rock."),
        ("Teletubbies", "Teletubbies is a series. The teletubbies dance."),
    ],
)
def test_a_doubtful_subject_is_none(title, text):
    assert subject_of(text, outline(article(text, title))) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("He () was born.", "empty_brackets"),
        ("Zvy (, ) was born.", "empty_brackets"),
        ("It is about long and red.", "missing_word"),
        ("The town has an area of and a mayor.", "missing_word"),
        ("As said.[13] So it is.", "footnote"),
        ("A &amp; B is a show.", "markup"),
        ('The actress in the "" first.', "empty_quotes"),
        ("One (two.", "unbalanced_brackets"),
        ("See www.example.org now.", "link"),
    ],
)
def test_residue_is_recognised(text, kind):
    assert flaw(text) == kind


def test_prose_must_begin_and_end():
    assert incomplete("and so it was.") == "no_beginning"
    assert incomplete("So it was when the") == "no_end"
    assert incomplete("It was red.") == "no_antecedent"
    assert incomplete("The sky (at noon) is blue.") == ""


# ------------------------------------------------------------------------------------- tasks


def test_definition_asks_what_the_first_sentence_says():
    first = "A volcano is a mountain that lava comes out of when it erupts."
    document = article(f"{first}\n{VOLCANO.split(chr(10), 1)[1]}", "Volcano")
    finding = only(mined(Definition(), case_for(document)))
    assert finding.question == "What is a volcano?"
    assert finding.spans[0].text == first


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("Louvigny, Sarthe", "Louvigny is a commune. It is in France.", "stub"),
        ("Mercury", "Mercury may refer to:\nA planet.\n" + LONG, "reference_page"),
        ("1987", "1987 was a year that began on a Thursday. " + LONG, "reference_page"),
        ("List of kings", "This is a list. " + LONG, "reference_page"),
        ("Mercury (planet)", "Mercury is a planet that is near the sun. " + LONG, "no_subject"),
        ("House", "A house () is a building where people can live. " + LONG, "no_definition"),
        (
            "Louvigny",
            "Louvigny is a commune in France. People like Louvigny. " + LONG,
            "no_definition",
        ),
    ],
)
def test_definition_leaves_alone_what_teaches_nothing(title, text, reason):
    assert reasons(mined(Definition(), case_for(article(text, title)))) == [reason]


def test_section_question_and_its_answer(volcano):
    finding = only(mined(SectionQuestions(), case_for(volcano)))
    assert "history of the volcano" in finding.question
    assert finding.spans[0].text.startswith("The word volcano")
    assert finding.spans[0].text.endswith("in the air.")


def test_questions_of_an_faq_are_asked_as_they_stand():
    answer = "The museum opens at nine in the morning on every day but Monday, and closes at five, so come early and bring some time with you to see all of it."
    text = f"When does the museum open?\n{answer}\nHow much is a ticket to the museum?\n{answer}\nWhere is the museum?\n{answer}"
    found = mined(SectionQuestions(per_document=5), case_for(article(text, "")))
    assert [a.finding.question for a in found] == [
        "When does the museum open?",
        "How much is a ticket to the museum?",
    ]


def test_typed_values_have_their_offsets():
    text = (
        "The bridge was opened on 5 May 1932 and cost £3.5 million, which was 20 per cent more than "
        "planned. It is 1,200 metres long and was closed in 1990. Some 300 people walk over it each "
        "day, and 12 boats pass below it."
    )
    finding = only(mined(TypedValues(), case_for(article(text, ""))))
    assert [(e.span.text, e.label) for e in finding.items] == [
        ("5 May 1932", "date"),
        ("£3.5 million", "money"),
        ("20 per cent", "percentage"),
        ("1,200 metres", "quantity"),
        ("1990", "date"),
    ]


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("the War of 1812", True),
        ("model 4711", True),
        ("fifty pounds", True),
        ("47 centimetres (19 in) long", True),
        ("the 190 mi road", True),
        ("19 in total", False),
        ("a 300 hp engine", True),
        ("50 pesos", True),
        ("in the sixties", True),
        ("300 people", False),
        ("at 5 p.m. sharp", False),
        ("the 1990 census", True),
        ("in 1500 cases", True),
    ],
)
def test_a_number_that_is_not_accounted_for_is_doubtful(text, doubtful):
    assert bool(find(text)[1]) == doubtful


def test_topic_needs_two_witnesses(volcano):
    finding = only(mined(Topic(none_share=0), case_for(volcano)))
    assert finding.labels == ("Volcanoes",)
    assert set(finding.labels) < set(finding.options)
    assert reasons(mined(Topic(), case_for(volcano, probability=0.5))) == ["weak_membership"]
    assert reasons(mined(Topic(), case_for(volcano, node="law"))) == ["no_second_witness"]


def test_topic_may_be_none_of_the_options(volcano):
    finding = only(mined(Topic(none_share=1), case_for(volcano)))
    assert finding.labels == ()
    assert "Volcanoes" not in finding.options


def test_keyphrases_are_recurring_phrases():
    text = (
        "Solar power turns sunlight into electricity. A solar panel is made of silicon cells. "
        "Each solar panel feeds a power line, and many silicon cells are needed. In Spain, the "
        "Gemasolar Tower stores heat. The Gemasolar Tower works at night. Sunlight is free, but a solar "
        "panel is not. The price of silicon cells has dropped for years. Engineers of the Gemasolar "
        "Tower say that heat can be kept for fifteen hours, long enough for most nights of the year, "
        "even when rain falls and clouds stay over the plain for the better part of a day."
    )
    assert reasons(mined(Keyphrases(), case_for(article(text, "Solar power")))) == [
        "title_not_named"
    ]
    finding = only(mined(Keyphrases(), case_for(article(text, "Solar panel"))))
    assert {span.text for span in finding.items} >= {
        "solar panel",
        "silicon cells",
        "Gemasolar Tower",
    }


def test_write_document_names_what_the_article_has(volcano):
    finding = only(mined(WriteDocument(min_words=50), case_for(volcano)))
    assert "volcano" in finding.instruction.lower()
    assert "“History”" in finding.instruction
    assert finding.style == "template"
    assert finding.output.text.startswith("A volcano is")
    assert finding.output.text.endswith("in the air.")


def test_a_page_without_a_title_is_no_document_to_write():
    assert reasons(mined(WriteDocument(), case_for(article(LONG, "")))) == ["no_title"]


def test_another_language_gets_no_english_rules():
    text = "Un volcan est une montagne. " * 40
    document = Document("d", text, title="Volcan", language="fr")
    for task in (Definition(), TypedValues(), Keyphrases(), WriteDocument(), SectionQuestions()):
        assert all(isinstance(item, Rejected) for item in mined(task, case_for(document)))


@pytest.mark.parametrize(
    "junk", ["Aaa bbb.\n" * 9000, "; , " * 20_000, "( " * 30_000, "1,000," * 9000]
)
def test_no_rule_takes_the_square_of_a_text(junk):
    document = article(junk, "Volcano")
    for task in (Definition(), TypedValues(), Keyphrases(), WriteDocument(), SectionQuestions()):
        assert all(isinstance(item, Rejected) for item in mined(task, case_for(document)))


# ------------------------------------------------- what reading a whole run's examples taught


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Lucas died on in London.", "missing_word"),
        ("It covers and 145 galleries.", "missing_word"),
        ("Its level fell by between 1975 and 1993.", "missing_word"),
        ("There are four blocks. These s are named.", "missing_word"),
        ("Jett was in ' and ' as a child.", "empty_quotes"),
        ("It is a version of Microsoft Windows Windows 10.", "doubled"),
        ("It is the breaking down of Rock (geology) rocks.", "doubled"),
        ("Ferdinand Cohn (18281898) was a biologist.", "glued"),
        ("The pressure of the dam[energy in the dam] is high.", "glued"),
        ('They learn the news of the day."The first newscast came later.', "glued"),
        ("This article is concerned with enclosed stoves.", "self_reference"),
        ("The pillars have been shifted.Cowcross Street is closed.", "glued"),
        ("Work will not be complete until 2017.", "out_of_date"),
        ("It has seven provinces:\nThe provinces have districts.", "lost_list"),
        ("He died.\nThe partition of his empire (323–281 BC).\nIt fell.", "heading_left"),
        ("A mamba is a fast-moving venomous snakes of the family.", "disagreeing"),
    ],
)
def test_residue_that_once_passed_is_recognised(text, kind):
    assert flaw(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "It is a species of rodent.",
        "Iron (III) is used in steel.",
        "Trains stop to let people get on and off.",
        "A shop is a place that sells things that people want.",
        "It was surpassed by another telescope.",
    ],
)
def test_whole_sentences_have_no_flaw(text):
    assert flaw(text) == ""


@pytest.mark.parametrize(
    ("title", "text", "phrase", "person"),
    [
        ("Ramesses II", "Ramesses II was one of the greatest Pharaohs of Egypt.", None, True),
        ("Belubula River", "Belubula River is a river in Australia.", "the Belubula River", False),
        (
            "Constitution of India",
            "The Constitution of India is the law. The constitution of India is long.",
            "the Constitution of India",
            False,
        ),
    ],
)
def test_pharaohs_rivers_and_capitals(title, text, phrase, person):
    subject = subject_of(text, outline(article(text, title)))
    assert subject.person is person
    assert subject.phrase == (phrase or title)


def test_a_vague_first_sentence_defines_nothing():
    text = f"Asia is a large region on Earth mainly in the northern hemisphere. In Asia. {LONG}"
    assert reasons(mined(Definition(), case_for(article(text, "Asia")))) == ["no_definition"]


def test_a_definition_is_not_shown_alone():
    first = "A trial is an argument between two people or two groups of people in a court."
    text = f"{first}\nCivil trial.\n{LONG} A trial may be long."
    finding = only(mined(Definition(), case_for(article(text, "Trial"))))
    assert finding.spans[0].text == first
    assert len(finding.text.text) > len(first)


def test_an_era_with_points_and_both_years_of_a_span():
    text = "Built in the 12th century A.D. by her (1809 – 1896) and him (1814–1891)."
    values, doubts = find(text)
    assert [text[v.start : v.end] for v in values] == [
        "12th century A.D.", "1809", "1896", "1814", "1891",
    ]  # fmt: skip
    assert not doubts


def test_a_kind_is_explained_and_not_written_about():
    text = f"A fox is a small animal that hunts. {LONG} A fox is red."
    finding = only(mined(WriteDocument(), case_for(article(text, "Fox"))))
    assert "about a fox" not in finding.instruction
    assert "a fox" in finding.instruction or "“Fox”" in finding.instruction


@pytest.mark.parametrize("heading", ["List of countries", "Other"])
def test_headings_that_cannot_be_asked_for(heading):
    text = f"Asia is a large place. In Asia people live. {LONG}\n{heading}.\n{LONG}"
    (item,) = mined(WriteDocument(), case_for(article(text, "Asia")))
    assert isinstance(item, Rejected) or "section" not in item.finding.instruction


def test_phrases_without_the_subject_are_left_alone():
    body = "The supreme law of the United States is the Constitution of the people."
    text = f"Constitutionalism is a form of thought. {' '.join([body] * 9)}"
    (item,) = mined(Keyphrases(), case_for(article(text, "Constitutionalism")))
    assert item.reason == "title_not_named"


def test_a_text_that_another_topic_claims_is_left_alone(volcano):
    words_of_law = " The courts, judges, crimes and statutes of the law told of it."
    text = f"Volcanoes have lava and magma.{words_of_law} {LONG}"
    document = article(text, "Volcanoes and the law")
    assert reasons(mined(Topic(none_share=0), case_for(document))) == ["nearer_topic"]


def test_a_common_word_alone_is_not_the_subject():
    body = "Special effects need a computer animation in science fiction for horror movies."
    text = f"Special effects are used in movies. {' '.join([body] * 9)}"
    (item,) = mined(Keyphrases(), case_for(article(text, "Special effect")))
    assert item.reason == "title_not_named"


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("Museum", "It is near the Science Museum, and the Museum is old.", [39]),
        ("World War", "One was World War I. The World War ended.", [25]),
        ("Saint", "It belonged to Saint Helena.", []),
        ("Turks", "The Turks came; Turkish was spoken by the Turks.", [4, 42]),
    ],
)
def test_a_name_is_blanked_only_if_it_stands_by_itself(name, text, places):
    from miner.tasks.cloze import _whole

    assert _whole(name, text) == places
