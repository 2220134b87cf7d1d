"""A task from data alone, and the verbs on prompts."""

from __future__ import annotations

import pytest
from task_cases import answered, case_for
from typer.testing import CliRunner

from miner.cli import app
from miner.compose import Compose, compose
from miner.errors import RecipeError
from miner.recipe import build
from miner.tasks.custom import Custom
from miner.types import Annotation, Document, Example, Rejected

TEXT = (
    "The bridge over the Ouse was built by Mary Stone in 1911, of red brick, {and} it cost 100% more. "
    * 3
)
TABLE = {
    "name": "who",
    "instruction": "Ask who did something.",
    "question": "question",
    "fields": [{"name": "question"}, {"name": "answer", "verbatim": True}],
    "shots": [{"text": f"T{i} {{x}}", "output": f"O{i}"} for i in range(9)],
}


def custom(**more):
    return build(Custom, TABLE | more, "recipe.toml")


def run(task, data):
    return answered(task, case_for(Document("d", TEXT, language="en")), lambda _: data)


def test_the_reply_becomes_an_example_with_its_evidence():
    (annotation,), ((request,),) = run(
        custom(), {"question": "Who built it?", "answer": "Mary Stone"}
    )
    assert annotation.task == "who"
    (example,) = compose(annotation, {"d": Document("d", TEXT)}, Compose(), 0)
    assert isinstance(example, Example)
    assert (example.instruction, example.output) == ("Who built it?", "Mary Stone")
    assert example.evidence[0].text == "Mary Stone"
    prompt = request.messages[-1].content
    assert prompt.count('"output": "O') == 3  # shots drawn by seed, of nine
    assert "{and}" in prompt


def test_a_field_that_must_stand_there_and_does_not():
    results, _ = run(custom(), {"question": "Who built it?", "answer": "Mary Stones"})
    assert isinstance(results[0], Rejected)
    assert results[0].reason == "not_verbatim"


def test_lists_patterns_and_bounds():
    years = {"name": "answer", "verbatim": True, "many": True, "pattern": r"\d{4}|Mary \w+"}
    task = custom(question="", ask=["What does it name?"], fields=[years], max_output_chars=20)
    (annotation,), ((request,),) = run(task, {"answer": ["1911", "Mary Stone", ""]})
    assert request.schema["properties"]["answer"]["type"] == "array"
    assert annotation.finding.answer == "1911\nMary Stone"
    assert [span.text for span in annotation.finding.spans] == ["1911", "Mary Stone"]
    for said, reason in (
        (["red brick"], "other_pattern"),
        (["1912"], "not_verbatim"),
        ([], "empty_quote"),
        (["1911", "Mary Stone", "Mary Stone"], "long_output"),
    ):
        (item,), _ = run(task, {"answer": said})
        assert item.reason == reason


def test_one_wording_for_all():
    task = custom(
        question="", ask=["Who built what the text describes?"], fields=[{"name": "answer"}]
    )
    (annotation,), _ = run(task, {"answer": "Mary Stone"})
    assert isinstance(annotation, Annotation)
    assert annotation.finding.question == "Who built what the text describes?"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "reply"}, "'answer' is 'reply', which is no field"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "two 'fields' have one name"),
        ({"ask": ["x"]}, "either 'question' .* or 'ask'"),
        (
            {"fields": [{"name": "answer", "verbatim": True, "choices": ["x"]}]},
            "exclude each other",
        ),
        ({"fields": [{"name": "an answer"}]}, "letters, digits and underscores"),
        ({"fields": [{"name": "answer", "pattern": "("}]}, "'pattern' is no pattern"),
        ({"fields": [{"nam": "answer"}]}, "did you mean 'name'"),
    ],
)
def test_what_makes_no_task_is_an_error_of_the_recipe(change, message):
    with pytest.raises(RecipeError, match=message):
        custom(**change)


def test_prompts_are_shown_and_copied(tmp_path):
    runner = CliRunner()
    shown = runner.invoke(app, ["prompts", "show", "entities"])
    assert shown.exit_code == 0
    assert "{{labels}}" in shown.output
    copied = runner.invoke(app, ["prompts", "copy", "reading_comprehension", str(tmp_path)])
    assert copied.exit_code == 0
    assert len(list(tmp_path.glob("question_*.txt"))) == 12
    again = runner.invoke(app, ["prompts", "copy", "reading_comprehension", str(tmp_path)])
    assert again.exception
    assert runner.invoke(app, ["prompts", "show", "definition"]).exception


def test_a_question_in_the_documents_own_language_needs_no_wording_of_ours():
    text = "Die Brücke über die Ouse wurde 1911 von Mary Stone aus rotem Backstein gebaut. " * 3
    document = Document("d", text, language="de")
    data = {"question": "Wer baute die Brücke?", "answer": "Mary Stone"}
    (annotation,), _ = answered(custom(), case_for(document), lambda _: data)
    (example,) = compose(annotation, {"d": document}, Compose(), 0)
    assert isinstance(example, Example)
    assert example.instruction == "Wer baute die Brücke?"
