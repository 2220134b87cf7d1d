"""The standard checks: what each refuses, and that it lets through what is good."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner import recipe
from miner.checks import STANDARD, standard
from miner.checks.duplicate import Duplicate
from miner.checks.evidence import Evidence
from miner.checks.findings import finding_of, spans
from miner.checks.grounded import Grounded
from miner.checks.leak import Leak
from miner.checks.length import Length
from miner.checks.output_clean import OutputClean
from miner.run import dump_finding
from miner.types import (
    Annotation,
    Answers,
    Argument,
    Check,
    Document,
    Entities,
    Entity,
    Event,
    Events,
    Example,
    Labels,
    Relation,
    Relations,
    Span,
    Writing,
)

TEXT = (
    "Mount Etna is a volcano on the island of Sicily. It erupted in 2001 and in 2002, when lava "
    "reached a cable car. About 3.1 million people live near it. 火山 Etna 🌋 smokes on."
)
ETNA = Document("etna", TEXT)
BY_ID = {"etna": ETNA}


def at(quote, document=ETNA):
    start = document.text.index(quote)
    return document.span(start, start + len(quote))


def annotation(finding, documents=("etna",)):
    return Annotation("a1", "task", "node", documents, finding)


def example(finding, id="x1", document=ETNA, **changes):
    values = {
        "id": id,
        "task": "task",
        "instruction": "What does the text say about Etna?",
        "input": "",
        "output": "Something long enough to be an answer.",
        "evidence": (document.span(0, 20),),
        "documents": (document.id,),
        "document_sha256": (document.sha256,),
        "annotation": json.dumps({"id": "a1", **json.loads(dump_finding(finding))}),
    }
    return Example(**{**values, **changes})


WRITING = Writing("Write about Etna.", ETNA.span(0, len(TEXT)))


def test_the_standard_list_is_of_checks_and_cheap_before_dear():
    checks = standard()
    assert [recipe.kind_of(c) for c in checks] == list(STANDARD)
    assert all(isinstance(c, Check) for c in checks)
    subjects = [c.subject for c in checks]
    assert subjects == sorted(subjects)  # annotations before examples
    assert STANDARD[-1] == "duplicate"  # it remembers: only what passed all else may count


# --------------------------------------------------------------------------------- grounded


EVENT = Events(
    ETNA.span(0, 100),
    (Event("eruption", at("erupted"), (Argument("when", at("2001")),)),),
    {"eruption": ("when",)},
)


def test_spans_are_found_however_deep():
    assert [s.text for s in spans(EVENT)][1:] == ["erupted", "2001"]
    relation = Relation(at("Mount Etna"), "on", at("Sicily"), at("on the island of"))
    found = list(spans(Relations(ETNA.span(0, 49), (relation,))))
    assert [s.text for s in found[1:]] == ["Mount Etna", "Sicily", "on the island of"]


@given(st.data())
def test_true_spans_pass_and_every_corruption_is_caught(data):
    start = data.draw(st.integers(0, len(TEXT) - 1))
    end = data.draw(st.integers(start + 1, len(TEXT)))
    span = ETNA.span(start, end)
    check = Grounded()
    assert check.check(annotation(Entities(span, (Entity(span),))), BY_ID) is None
    shift = data.draw(st.integers(-len(TEXT), len(TEXT)).filter(bool))
    moved = Span("etna", start + shift, end + shift, span.text)
    other = data.draw(st.text(max_size=len(span.text) + 2).filter(lambda t: t != span.text))
    swapped = Span("etna", start, end, other)
    for false in (moved, swapped):
        if false.start >= 0 and TEXT[false.start : false.end] == false.text:
            continue  # the text repeats itself there: the moved span is true
        verdict = check.check(annotation(Entities(span, (Entity(false),))), BY_ID)
        assert verdict is not None
        assert verdict.reason == "not_verbatim"


def test_negative_offsets_never_count_from_the_end():
    span = Span("etna", -4, -1, TEXT[-4:-1])
    assert Grounded().check(annotation(Entities(ETNA.span(0, 5), (Entity(span),))), BY_ID)


def test_a_span_of_an_unnamed_or_unknown_document():
    stranger = Span("other", 0, 4, "Moun")
    verdict = Grounded().check(annotation(Entities(stranger, ())), BY_ID)
    assert verdict.reason == "unnamed_document"
    verdict = Grounded().check(annotation(Entities(stranger, ()), ("other",)), BY_ID)
    assert verdict.reason == "unknown_document"


def test_evidence():
    check = Evidence()
    good = example(WRITING)
    assert check.check(good, BY_ID) is None
    assert check.check(dataclasses.replace(good, evidence=()), BY_ID).reason == "no_evidence"
    moved = Span("etna", 1, 21, good.evidence[0].text)
    assert check.check(dataclasses.replace(good, evidence=(moved,)), BY_ID).reason == "not_verbatim"
    other = dataclasses.replace(good, document_sha256=("0" * 64,))
    assert check.check(other, BY_ID).reason == "other_text"


# ----------------------------------------------------------------------------------- length


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instruction": "Why?"}, "short_instruction"),
        ({"instruction": "x" * 5000}, "long_instruction"),
        ({"input": "x" * 30_000}, "long_input"),
        ({"output": " \n"}, "short_output"),
        ({"output": "x" * 30_000}, "long_output"),
        ({}, None),
    ],
)
def test_length(changes, reason):
    finding = Answers(ETNA.span(0, 50), "What?", (at("Sicily"),))
    verdict = Length().check(example(finding, **changes), BY_ID)
    assert (verdict.reason if verdict else None) == reason


def test_a_stub_is_no_writing():
    assert Length().check(example(WRITING, output="Too short."), BY_ID).reason == "short_output"


# ------------------------------------------------------------------------------------- leak


@pytest.mark.parametrize(
    ("question", "answer", "leaks"),
    [
        ("When did Etna erupt in 2001?", "2001", True),
        ("When did Etna erupt?", "2001", False),
        ("How many people, 13.1 million or so, live there?", "3.1 million", False),
        ("Is mount etna a volcano?", "Mount Etna", True),
        ("火山在哪里？", "火山", True),
        ("哪一座山？", "火山", False),
    ],
)
def test_an_answer_in_its_question(question, answer, leaks):
    span = at(answer) if answer in TEXT else None
    assert span
    finding = Answers(ETNA.span(0, len(TEXT)), question, (span,))
    verdict = Leak().check(example(finding), BY_ID)
    assert (verdict is not None) == leaks


def test_yes_and_no_may_stand_in_a_question():
    finding = Answers(ETNA.span(0, 50), "Is it yes or no?", (at("Sicily"),), "yes", ("yes", "no"))
    assert Leak().check(example(finding), BY_ID) is None


def test_a_copied_run():
    run = " ".join(TEXT.split()[:14])
    copied = example(WRITING, instruction=f"Write what begins with: {run}", output=TEXT)
    assert Leak().check(copied, BY_ID).reason == "copied_run"
    short = example(
        WRITING, instruction="Write about Mount Etna, a volcano on Sicily.", output=TEXT
    )
    assert Leak().check(short, BY_ID) is None


def test_the_label_in_the_text_only_on_demand():
    finding = Labels(ETNA.span(0, 50), ("Volcano",), ("Volcano", "Sea"))
    assert Leak().check(example(finding), BY_ID) is None
    assert Leak(label_in_text=True).check(example(finding), BY_ID).reason == "label_in_text"


# ------------------------------------------------------------------------------ output_clean


def cleanliness(text, check=None):
    document = Document("d", text)
    finding = Writing("Write.", document.span(0, len(text)))
    verdict = (check or OutputClean()).check(annotation(finding, ("d",)), {"d": document})
    return verdict.reason if verdict else None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Home » Articles » Volcanoes", "navigation"),
        ("← Previous Post New Year, New You", "navigation"),
        ("Read more about fat fasting here!", "navigation"),
        ("This site uses cookies to improve your experience.", "cookie"),
        ("Share this on Facebook!", "share"),
        ("Posted on April 12, 2018 by admin", "byline"),
        ("This entry was posted in Basketball on November 14, 2016.", "byline"),
        ("Subscribe to our newsletter for the latest events.", "call_to_action"),
        ("Please call us on 0207 096 3984, if you need more information.", "call_to_action"),
        ("Copyright © 2019 Example Ltd. All rights reserved.", "legal"),
        ("As mentioned above, lava is hot.", "dangling"),
        ("In this post we look at lava.", "dangling"),
        ("The island () lies in the south.", "wiki"),
        ("It is given by formula_12 in general.", "wiki"),
        ("Etna || Sicily || 3357 m", "wiki"),
        ("Rock &amp; lava are hot.", "wiki"),
        ("They share this trait with their cousins, the great apes of Africa.", None),
        ("The cookies are baked for ten minutes.", None),
        ("You can call the function f(x) at every point.", None),
        ("Lava (from Italian) is molten rock.", None),
        ("He was born at home and posted to India in 1903.", None),
    ],
)
def test_a_line_that_belongs_to_the_page(line, reason):
    text = f"Lava is molten rock that comes out of the ground.\n{line}\nIt cools and becomes stone."
    assert cleanliness(text) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Lava is molten rock. It is very hot and it flows slowly down the", "cut_end"),
        ("Lava is molten rock. It is hot...", "cut_end"),
        ("Lava is molten rock. It comes in these three kinds, which are:", "cut_end"),
        ("is a Japanese football player. She plays for the national team.", "cut_start"),
        (", also called the Edo period, is a time in the history of Japan.", "cut_start"),
        ("Lava is molten rock.\nKinds\n- Basalt\n- Rhyolite", None),
        ('He said: "Lava is hot."', None),
        ("iPhones are telephones.", None),
        ("熔岩从里面流出来。", None),
        ("लावा गर्म होता है।", None),
    ],
)
def test_a_cut_text(text, reason):
    assert cleanliness(text) == reason


def test_a_span_cut_within_a_word_or_sentence():
    check = OutputClean()
    verdict = check.check(annotation(Writing("Write.", ETNA.span(2, 48))), BY_ID)
    assert verdict.reason == "cut_start"
    verdict = check.check(annotation(Writing("Write.", ETNA.span(0, 30))), BY_ID)
    assert verdict.reason == "cut_end"
    assert check.check(annotation(Writing("Write.", ETNA.span(0, 48))), BY_ID) is None


def test_what_a_recipe_allows():
    text = "Lava is hot.\nIn this post we look at lava."
    assert cleanliness(text) == "dangling"
    assert cleanliness(text, OutputClean(allow=("dangling",))) is None


def test_other_findings_are_checked_where_they_show_text():
    check = OutputClean()
    finding = Answers(ETNA.span(0, 50), "What?", (at("Mount"),))
    assert check.check(annotation(finding), BY_ID) is None
    text = "Lava () is rock that has melted deep under the ground. Etna is known for it."
    document = Document("d", text)
    whole = document.span(0, len(text))
    shown = Answers(whole, "What is lava?", (document.span(0, 54),))
    assert check.check(annotation(shown, ("d",)), {"d": document}).reason == "wiki"
    short = Answers(whole, "What is known for it?", (document.span(55, 59),))
    assert check.check(annotation(short, ("d",)), {"d": document}) is None
    rest = Labels(Document("r", ", also called the Edo period, is a time.").span(0, 40), (), ())
    assert check.check(annotation(rest, ("r",)), {}).reason == "cut_start"


# -------------------------------------------------------------------------------- duplicate


def numbered(number, text, task="task"):
    document = Document(f"d{number}", text)
    return example(
        Writing("Write.", document.span(0, len(text))),
        id=f"x{number}",
        document=document,
        task=task,
        instruction="Write a text about the river.",
        output=text,
    )


STUB = (
    "{} is a commune in the north of France. It is found in the region of Picardy, in the "
    "department of Somme, where the river of that name flows through wide and marshy meadows. "
    "The people of the commune are called by its name, and there are about three hundred of them."
)


def test_exact_and_near_duplicates_in_rank_order():
    check = Duplicate()
    assert check.check(numbered(1, STUB.format("Ault")), {}) is None
    assert check.check(numbered(1, STUB.format("Ault")), {}).reason == "exact"
    near = check.check(numbered(2, STUB.format("Bray")), {})
    assert near.reason == "near"
    assert "x1" in near.detail
    assert check.check(numbered(3, STUB.format("Cléry"), task="another"), {}) is None
    assert check.check(numbered(4, TEXT + " Nothing else in common."), {}) is None


def test_what_was_refused_does_not_count():
    check = Duplicate()
    check.check(numbered(1, STUB.format("Ault")), {})
    check.check(numbered(2, STUB.format("Bray")), {})
    assert set(check._seen.exact.values()) == {"x1"}


def test_variants_of_one_document_may_resemble_each_other():
    check = Duplicate()
    first = numbered(1, STUB.format("Ault"))
    again = dataclasses.replace(first, id="x2", instruction="Describe the river's commune.")
    assert check.check(first, {}) is None
    assert check.check(again, {}) is None


def test_a_new_run_has_a_new_memory():
    check = Duplicate()
    check.check(numbered(1, STUB.format("Ault")), {})
    fresh = dataclasses.replace(check)
    assert fresh == check
    assert fresh.check(numbered(1, STUB.format("Ault")), {}) is None


def test_the_finding_behind_an_example():
    assert finding_of(example(EVENT)) == EVENT
    assert finding_of(example(EVENT, annotation="")) is None
