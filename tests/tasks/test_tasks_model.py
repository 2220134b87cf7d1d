"""The tasks that ask a model: what they send, and what they let through of what comes back."""

from __future__ import annotations

import hashlib
import importlib

import pytest
from task_cases import HOSTILE, answered, case_for, shown

from miner.checks.findings import spans
from miner.compose import Compose, compose
from miner.errors import RecipeError
from miner.llms.fake import fill
from miner.recipe import kinds
from miner.tasks.asking import Asking
from miner.tasks.attributes import AttributeExtraction
from miner.tasks.classification import Classification
from miner.tasks.entities import EntityExtraction
from miner.tasks.events import EventExtraction
from miner.tasks.generalist import Generalist
from miner.tasks.reading_comprehension import ReadingComprehension
from miner.tasks.relations import RelationExtraction
from miner.types import Annotation, Document, Example, Rejected

MINE = [
    "attributes",
    "classification",
    "entities",
    "events",
    "generalist",
    "key_terms",
    "paraphrases",
    "pair_similarity",
    "claims",
    "reading_comprehension",
    "relations",
    "reverse_instruction",
]
TEXT = (
    "Ada Lovelace was born in London in 1815. She worked with Charles Babbage on his engine, and in "
    "1843 she published notes on it. The notes of Ada Lovelace hold what many call the first program. "
    "Babbage, who was born in London too, never built the engine, since the money for it ran out."
)
LONG = "\n".join(f"Part {i}. {TEXT}" for i in range(40))


def doc(text=TEXT, **more):
    return Document("d", text, title="Ada Lovelace", language="en", **more)


def found(results):
    return [item for item in results if isinstance(item, Annotation)]


def reasons(results):
    return [item.reason for item in results if isinstance(item, Rejected)]


def items(*rows):
    return {"items": list(rows)}


def composes(annotations, document):
    settings = Compose(closed_book=0)
    for annotation in annotations:
        for seed in range(6):
            for made in compose(annotation, {document.id: document}, settings, seed):
                assert isinstance(made, Example), made
                assert made.evidence
                assert all(span.holds(document.text) for span in made.evidence)
                yield made


# -------------------------------------------------------------------------------- contract


@pytest.mark.parametrize("kind", MINE)
@pytest.mark.parametrize("text", [*HOSTILE, TEXT, LONG])
def test_nothing_that_a_model_says_breaks_a_task(kind, text):
    task = importlib.import_module(f"miner.tasks.{kind}").PART()
    document = Document("d", text, title="T")
    seed = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    pieces = [piece for piece in text.split(". ") if piece.strip()][:5] or ["nothing"]
    for parts in (pieces, ["something that stands nowhere"], [""]):
        results, rounds = answered(
            task, case_for(document), lambda r, p=parts: fill(r.schema, p, seed)
        )
        assert len(rounds) <= (2 if kind == "reading_comprehension" else 1)
        for item in found(results):
            assert all(span.holds(text) for span in spans(item.finding))
            assert item.request_ids
            assert item.model == "m"
            assert item.prompt_version
        list(composes(found(results), document))


@pytest.mark.parametrize("kind", MINE)
def test_a_model_that_fails_leaves_reasons(kind):
    task = importlib.import_module(f"miner.tasks.{kind}").PART()
    document = doc(LONG)
    results, _ = answered(task, case_for(document), lambda _: Rejected("refused", "no"))
    assert not found(results)
    assert set(reasons(results)) == {"refused"}


@pytest.mark.parametrize("kind", MINE)
def test_what_a_task_may_use_is_only_what_the_schema_of_replies_allows(kind):
    task = importlib.import_module(f"miner.tasks.{kind}").PART()

    def portable(schema, depth=1):
        assert depth <= 5
        assert set(schema) <= {
            "type",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "enum",
        }
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
        for child in [*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])]:
            portable(child, depth + 1)

    _, rounds = answered(task, case_for(doc(LONG)), lambda _: Rejected("x"))
    for request in rounds[0]:
        assert request.schema["type"] == "object"
        portable(request.schema)


def test_every_shipped_prompt_belongs_to_a_task_and_says_document():
    from miner.prompts import Prompt
    from miner.tasks.asking import PROMPTS

    known = set(kinds("tasks"))
    for path in PROMPTS.glob("*.txt"):
        prompt = Prompt.read(path)
        base = path.stem.removeprefix("open_").split("_")[0]
        assert base in {name.split("_")[0] for name in known} | {
            "question",
            "summary",
            "candidates",
        }, path.name
        assert prompt.user


# ------------------------------------------------------------------------------ extraction


def test_entities_are_placed_by_their_context_not_by_counting():
    def answer(request):
        return items(
            {"label": "person", "text": "Ada Lovelace", "before": "The notes of"},
            {"label": "place", "text": "London", "before": "was born in"},
        )

    results, _ = answered(EntityExtraction(), case_for(doc()), answer)
    (annotation,) = found(results)
    assert [(e.span.text, e.span.start) for e in annotation.finding.items] == [
        ("London", TEXT.index("London")),
        ("Ada Lovelace", TEXT.rindex("Ada Lovelace")),
    ]
    assert set(annotation.finding.schema) == {
        "person",
        "organisation",
        "place",
        "work",
        "event",
        "product",
    }


# Defect 18 (docs/defects.md): near-miss spans accepted as real.
def test_defect_18_a_quote_that_is_nearly_there_is_refused():
    def answer(request):
        return items(
            {"label": "person", "text": "Ada Lovelace", "before": ""},
            {"label": "person", "text": "Charles Babbidge", "before": ""},
            {"label": "place", "text": "London", "before": ""},
        )

    results, _ = answered(EntityExtraction(), case_for(doc()), answer)
    assert reasons(results) == ["not_verbatim"]
    assert len(found(results)[0].finding.items) == 2


def test_a_reply_of_mostly_untrue_quotes_is_refused_whole():
    def answer(request):
        return items(*({"label": "person", "text": f"Nobody {i}", "before": ""} for i in range(3)))

    results, _ = answered(EntityExtraction(), case_for(doc()), answer)
    assert not found(results)
    assert reasons(results)[-1] == "mostly_untrue"


# Defect 17: a failed part that looks empty.
def test_defect_17_labels_of_a_failed_batch_are_not_claimed_to_be_absent():
    def answer(request):
        if '"born in"' in str(request.schema) or "born in" in str(request.schema):
            return items({"head": "Ada Lovelace", "label": "born in", "tail": "London"})
        return Rejected("timeout")

    results, rounds = answered(RelationExtraction(), case_for(doc()), answer)
    assert len(rounds[0]) == 3
    (annotation,) = found(results)
    assert len(annotation.finding.schema) == 4
    assert "born in" in annotation.finding.schema
    assert reasons(results) == ["timeout", "timeout"]


# Defect 15: late parts of a document give nothing.
def test_defect_15_questions_are_spread_over_the_whole_document():
    document = doc(LONG)
    _, rounds = answered(ReadingComprehension(passages=4), case_for(document), lambda _: items())
    starts = [LONG.index(shown(request)) / len(LONG) for request in rounds[0]]
    assert len(starts) == 4
    assert [int(start * 4) for start in starts] == [0, 1, 2, 3]


def test_a_long_document_is_one_round():
    for task in (
        EntityExtraction(passages=40),
        RelationExtraction(passages=40),
        ReadingComprehension(passages=40),
    ):
        _, rounds = answered(task, case_for(doc(LONG)), lambda _: items())
        assert len(rounds) == 1
        assert len(rounds[0]) >= 11


def test_events_keep_only_the_roles_of_their_type():
    def answer(request):
        if "birth" not in str(request.schema):
            return items()
        event = {"event": 1, "label": "birth", "trigger": "born"}
        return items(
            event | {"role": "place", "text": "London"},
            event | {"role": "prize", "text": "1815"},
            event | {"role": "person", "text": "Ada Lovelace"},
        )

    results, _ = answered(EventExtraction(parts=("events",)), case_for(doc()), answer)
    (annotation,) = found(results)
    (event,) = annotation.finding.items
    assert [argument.role for argument in event.arguments] == ["person", "place"]
    assert annotation.finding.schema["birth"] == ("person", "place", "time")


def test_open_extraction_takes_the_texts_own_words():
    def answer(request):
        return items({"head": "Babbage", "label": "never built", "tail": "the engine"})

    results, _ = answered(RelationExtraction(guideline=""), case_for(doc()), answer)
    (annotation,) = found(results)
    (relation,) = annotation.finding.items
    assert relation.wording.text == "never built"
    assert annotation.finding.schema == ()
    assert list(composes([annotation], doc()))


def test_a_guideline_of_another_kind_is_refused():
    for task in (EntityExtraction, EventExtraction, AttributeExtraction):
        with pytest.raises(ValueError, match="is not of kind"):
            task(guideline="facts")
    with pytest.raises(RecipeError, match="no such file"):
        EntityExtraction(guideline="nowhere")


# ---------------------------------------------------------------------- reading comprehension


def asks(form, *rows, found=False):
    """What becomes of a reply; `found` is what the model says when it is asked again."""
    task = ReadingComprehension(forms=(form,))
    again = {"answered": found, "quote": "in London" if found else ""}
    results, _ = answered(
        task,
        case_for(doc()),
        lambda request: again if "answered" in request.schema["properties"] else items(*rows),
    )
    return results


def test_extractive_questions():
    results = asks(
        "extractive",
        {"question": "Where was Babbage born?", "answer": "London", "before": "who was born in"},
    )
    (annotation,) = found(results)
    assert annotation.finding.spans[0].start == TEXT.rindex("London")
    for example in composes([annotation], doc()):
        assert example.output in example.input


def test_multi_span_questions_need_several():
    row = {"question": "Who was born in London?", "answers": ["Babbage", "Ada Lovelace"]}
    (annotation,) = found(asks("multi_span", row))
    assert [span.text for span in annotation.finding.spans] == ["Ada Lovelace", "Babbage"]
    assert reasons(
        asks("multi_span", {"question": "Who wrote notes?", "answers": ["She", "She"]})
    ) == ["single_span"]
    assert len({e.format for e in composes([annotation], doc())}) > 1


def test_abstractive_answers_rest_on_quotes():
    row = {
        "question": "Why was the engine never built?",
        "answer": "There was no money left.",
        "evidence": ["the money for it ran out"],
    }
    (annotation,) = found(asks("abstractive", row))
    assert annotation.finding.answer == "There was no money left."
    assert annotation.finding.spans[0].text == "the money for it ran out"
    assert reasons(asks("abstractive", row | {"evidence": ["the funds for it ran out"]})) == [
        "not_verbatim"
    ]
    assert reasons(asks("abstractive", row | {"evidence": []})) == ["no_evidence"]


def test_yes_and_no_are_balanced():
    rows = [
        {"question": f"Was Ada Lovelace number {i}?", "answer": "yes", "evidence": ["London"]}
        for i in range(2)
    ]
    results = asks("yes_no", *rows)
    assert len(found(results)) == 1
    assert reasons(results) == ["unbalanced"]


# Defect 26: unsupported answers, unbalanced letters.
def test_defect_26_letters_are_balanced_and_answers_supported():
    row = {
        "question": "Where was Ada Lovelace born?",
        "answer": "London",
        "wrong": ["Paris", "Rome", "Bath"],
        "evidence": ["was born in London"],
    }
    (annotation,) = found(asks("multiple_choice", row))
    settings = Compose(formats=("letter",))
    letters = [
        example.output
        for seed in range(400)
        for example in compose(annotation, {"d": doc()}, settings, seed)
    ]
    assert set(letters) == {"A", "B", "C", "D"}
    assert all(60 < letters.count(letter) < 140 for letter in "ABCD")
    assert reasons(asks("multiple_choice", row | {"wrong": ["Paris", "london"]})) == ["few_options"]


def test_unanswerable_questions_say_what_to_answer():
    row = {
        "question": "When was Charles Babbage born?",
        "looks_answered_by": "who was born in London too",
    }
    (annotation,) = found(asks("unanswerable", row))
    for example in composes([annotation], doc()):
        assert f"“{example.output}”" in example.instruction
    assert reasons(asks("unanswerable", row | {"looks_answered_by": "nowhere"})) == ["not_verbatim"]


def test_unanswerable_questions_are_asked_once_more(tmp_path):
    row = {"question": "Where was Charles Babbage born?", "looks_answered_by": ""}
    (annotation,) = found(asks("unanswerable", row))
    assert len(annotation.request_ids) == 2
    assert reasons(asks("unanswerable", row, found=True)) == ["answered_after_all"]
    own = tmp_path / "own.txt"
    own.write_text("# user\n{{document}} {{count}} {{language}}")
    task = ReadingComprehension(forms=("unanswerable",), asking=Asking(prompt=str(own)))
    _, (first, second) = answered(
        task,
        case_for(doc()),
        lambda r: items(row) if "items" in str(r.schema) else {"answered": False, "quote": ""},
    )
    assert first[0].messages[-1].content.endswith("2 en")
    assert row["question"] in second[0].messages[-1].content
    task = ReadingComprehension(forms=("unanswerable",), check_absent=False)
    _, rounds = answered(task, case_for(doc()), lambda _: items(row))
    assert len(rounds) == 1


@pytest.mark.parametrize("question", ["What does the text say about Ada?", "", "Question:"])
def test_questions_that_point_at_the_text_are_refused(question):
    results = asks("extractive", {"question": question, "answer": "London", "before": ""})
    assert reasons(results)[0] in {"points_at_text", "empty_instruction"}


# ------------------------------------------------------------------- classes and the generalist


def test_a_class_must_be_shown_by_the_text():
    task = Classification(name="genre")

    def label(quote, name="biography"):
        return answered(task, case_for(doc()), lambda _: {"label": name, "quote": quote})[0]

    (annotation,) = found(label("was born in London"))
    assert annotation.task == "genre"
    assert annotation.finding.labels == ("biography",)
    assert reasons(label("was born in Paris")) == ["not_verbatim"]
    assert reasons(label("x", "unclear")) == ["abstained"]
    with pytest.raises(ValueError, match="known without: sentiment"):
        Classification(name="colour")


def test_the_generalists_output_is_supported_and_of_a_fair_length():
    task = Generalist(skills=("summary",))
    text = TEXT + " " + TEXT.replace("Ada", "Bea")

    def say(output, *support):
        reply = {"output": output, "support": list(support)}
        return answered(task, case_for(doc(text)), lambda _: reply)[0]

    summary = "Ada Lovelace wrote notes on an engine that Babbage never built."
    (annotation,) = found(say(summary, "never built the engine"))
    assert annotation.task == "summary"
    for example in composes([annotation], doc(text)):
        assert example.output == summary
        assert example.input == annotation.finding.text.text
    assert reasons(say(summary, "built the engine")) == []
    assert reasons(say(summary, "finished the engine")) == ["unsupported"]
    assert reasons(say(summary)) == ["unsupported"]
    assert reasons(say(text * 2, "London")) == ["length"]
