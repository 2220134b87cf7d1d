"""Support of instructions and answers, forms that are demanded, and what stands alone."""

from __future__ import annotations

import dataclasses
import json

import pytest

from miner.checks.instruction_supported import InstructionSupported, names, numbers
from miner.checks.language import Language, plainly
from miner.checks.standalone import Standalone
from miner.languages import script
from miner.run import dump_finding
from miner.types import Answers, Document, Example, Writing

TEXT = (
    "In 1998 the Maizière Bridge over the River Exe was opened by Dr. Ann Smith. It had cost "
    "2,500,000 pounds, and the \u201cold ferry\u201d was closed in the nineteenth year of its service.\n"
    "First the piers were built. Then the deck was laid. Finally it was painted."
)
DOCUMENT = Document(
    "d", TEXT, title="Bridge in Exeter", url="https://example.org/uk/devon-bridges", language="en"
)


def writing(instruction, output=TEXT, language="en"):
    return example(Writing(instruction, DOCUMENT.span(0, len(TEXT))), instruction, output, language)


def example(finding, instruction, output="x", language="en"):
    return Example(
        id="x",
        task="t",
        instruction=instruction,
        input="",
        output=output,
        documents=("d",),
        language=language,
        annotation=json.dumps({"id": "a", **json.loads(dump_finding(finding))}),
    )


def reason(item):
    verdict = InstructionSupported().check(item, {"d": DOCUMENT})
    return verdict.reason if verdict else None


@pytest.mark.parametrize(
    ("instruction", "why"),
    [
        ("Write about the bridge that was opened in 1998.", None),
        ("Write about the bridge that was opened in 1997.", "number"),
        ("Write about a bridge of the 1990s.", None),
        ("Write about a bridge of the 1980s.", "number"),
        ("Tell how 2500000 pounds were spent.", None),
        ("Tell of the 19th year of the ferry.", None),
        ("Write about the bridge of Ann Smith.", None),
        ("Write about the bridge of Ann Jones.", "name"),
        ("Tell me about the Maiziere Bridge.", None),
        ("Write about bridges of Devon.", None),
        ("Write about a bridge in Exeter.", None),
        ("Write about a bridge in Plymouth.", "name"),
        ('What was the "old ferry"?', None),
        ('What was the "new ferry"?', "quotation"),
        ("Write in English for Wikipedia about the bridge.", None),
        ("The History Of A Big Bridge In Plymouth", None),  # set like a title: no names are told
        ("Write an article. Plymouth is not named here.", None),
    ],
)
def test_claims(instruction, why):
    assert reason(writing(instruction)) == why


@pytest.mark.parametrize(
    ("instruction", "why"),
    [
        ("Write 5 sentences on the bridge.", None),
        ("Write 4 sentences on the bridge.", "length"),
        ("Write at most 9 sentences on the bridge.", None),
        ("Write at least 9 sentences on the bridge.", "length"),
        ("Write about 45 words on the bridge.", None),
        ("Write about 400 words on the bridge.", "length"),
        ("Write two paragraphs on the bridge.", None),
        ("Give seven tips on bridges.", "items"),
        ("Write a bulleted list on the bridge.", "no_list"),
        ("Explain step by step how the bridge was built.", None),
        ("Show the bridge's history as a table.", "no_table"),
    ],
)
def test_forms(instruction, why):
    assert reason(writing(instruction)) == why


def test_a_list_that_is_one():
    output = "Tips\n- Build piers.\n- Lay the deck.\n- Paint it."
    assert reason(writing("Give three tips on bridges.", output)) is None
    assert reason(writing("Give four tips on bridges.", output)) == "items"
    assert reason(writing("Write a bulleted list on bridges.", output)) is None


def test_german_nouns_are_no_names():
    assert reason(writing("Schreibe über die Brücke.", language="de")) is None


def test_answers_in_own_words():
    def answered(answer):
        whole = DOCUMENT.span(0, len(TEXT))
        return example(Answers(whole, "When was it opened?", (whole,), answer), "When?")

    assert reason(answered("It was opened in 1998 by Ann Smith.")) is None
    assert reason(answered("It was opened in 1999.")) == "answer_number"
    assert reason(answered("Jones")) == "answer_name"


def test_what_is_no_instruction_of_ours_is_let_through():
    item = dataclasses.replace(writing("Write about Plymouth."), annotation="")
    assert reason(item) is None


def test_numbers_and_names():
    assert list(numbers("In 1,200 ways and 3.5 of three")) == ["1200", "3.5"]
    asked = "Who was it that met Dr Ann Smith-Jones of the Royal Navy in the spring? She left then."
    assert names(asked) == ["Dr", "Ann", "Smith-Jones", "Royal", "Navy"]


@pytest.mark.parametrize(
    ("instruction", "alone"),
    [
        ("According to the passage, who opened the bridge?", False),
        ("Who opened the bridge mentioned above?", False),
        ("What does the author say about bridges?", False),
        ("What is this article about?", False),
        ("Where was he born?", False),
        ("Who was she?", False),
        ("Is it true that bridges rust?", True),
        ("Where was Ann Smith born, and when did she die?", True),
        ("What is the text of the treaty?", True),
        ("Write an article about bridges.", True),
        ("Use these section headings: \u201cHistory\u201d and \u201cUse\u201d.", True),
        ("How much does it cost to paint a bridge?", True),
    ],
)
def test_standing_alone(instruction, alone):
    item = writing(instruction)
    assert (Standalone().check(item, {}) is None) == alone
    assert Standalone().check(dataclasses.replace(item, input=TEXT), {}) is None


@pytest.mark.parametrize(
    ("text", "language", "plain"),
    [
        ("Who was the king of the country that lies to the west of it?", "en", True),
        ("Wer war der König des Landes, das im Westen davon liegt, und was tat er?", "en", False),
        ("Was ist in der Stadt an der Weser im Winter so schön, und also wo?", "en", False),
        ("Hij was in de stad en wat of we er van had, is nu in het land.", "en", False),
        ("El rey de la ciudad no era a la vez el rey de su casa.", "en", False),
        ("Who was the king of the country that lies to the west of it?", "de", False),
        ("The of", "en", False),
    ],
)
def test_function_words_tell_english_and_nothing_else(text, language, plain):
    assert plainly(text, language) is plain


def test_a_text_of_two_halves_is_looked_at_closely():
    half = "Wir gehen heute mit unseren Freunden über die alte Brücke nach Hause zurück. "
    item = writing("Write about a bridge that we cross.", half * 3 + "It was at the end of it.")
    assert Language().check(item, {}).reason == "output"


def test_the_script_of_most_letters_counts():
    assert script("Café à Étretat, 1900") == "LATIN"
    assert script("Москва (Moscow)") == ""
    assert script("Москва и Волга, 1900") == "CYRILLIC"
    assert script("12 — 14") == ""


@pytest.mark.parametrize(
    ("asked", "fine"),
    [
        ("What was the average family size?", False),
        ("What was the size of a dodo?", True),
        ("What was the average family size in Fresno in 2010?", True),
        ("How many couples were there?", False),
        ("What just happened?", False),
        ("What happens when oil is heated?", True),
        ("Why would you share something like that with strangers?", False),
        ("Why do animals like that live in herds?", True),
        ("Also, are we going to limit the number of doctors?", False),
        ("What does a cell need to load in a thread then?", False),
        ("If two threads wait for each other, what happens then?", True),
        ("Doesn't it look like fluffy clouds?", False),
        ("Wasn't it Adele Davis who wrote about breakfast?", True),
        ("Which directive mentioned was created in 1994?", False),
        ("Are the largest economies of the world on the same page?", True),
    ],
)
def test_what_an_instruction_points_at_is_there(asked, fine):
    item = Example("e", "task", asked, "", "An answer.")
    assert (Standalone().check(item, {}) is None) is fine
