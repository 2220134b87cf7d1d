"""Examples: where they come from, what their instructions promise, and what makes two of them."""

from __future__ import annotations

import json

import pytest

from miner.compose import Compose, compose
from miner.compose.dice import Dice
from miner.compose.length import clause, count, holds, stated
from miner.errors import RecipeError
from miner.recipe import build
from miner.run import dump_finding, load_finding
from miner.types import Annotation, Answers, Document, Example, Labels, Rejected, Writing

PARAGRAPH = (
    "The river rises in the hills and runs to the sea past four towns. Its water is clear for most of "
    "the year, and people fish in it. In spring it floods the meadows on both banks."
)
TEXT = "\n".join([PARAGRAPH] * 3)


def writing(document, instruction="Describe the river.", style="template", **more):
    finding = Writing(instruction, document.span(0, len(document.text)), style)
    return Annotation(f"a{document.id}", "write_document", "n", (document.id,), finding, **more)


def one(annotation, document, **options):
    (result,) = compose(
        annotation, {document.id: document}, Compose(**options), 1, ("Nature", "Rivers")
    )
    return result


def test_an_example_carries_all_of_its_provenance():
    document = Document("d", TEXT, "wiki", "http://x/1", "River", "en", "CC BY-SA 4.0")
    example = one(writing(document, model="m", prompt_version="p", request_ids=("r",)), document)
    assert (example.documents, example.document_sha256) == (("d",), (document.sha256,))
    assert (example.url, example.title, example.source) == (("http://x/1",), ("River",), ("wiki",))
    assert (example.license, example.language) == (("CC BY-SA 4.0",), "en")
    assert example.node == ("Nature", "Rivers")
    assert (example.model, example.prompt_version, example.request_ids) == ("m", "p", ("r",))
    assert example.output == TEXT == example.evidence[0].text
    table = json.loads(example.annotation)
    assert table.pop("id") == "ad"
    assert load_finding(json.dumps(table)) == writing(document).finding


# Defect 6 (docs/defects.md): results keyed by a hash of the question overwrite one another.
def test_defect_6_equal_instructions_of_two_documents_are_two_examples():
    documents = [Document(id, TEXT, language="en") for id in ("one", "two")]
    made = [one(writing(document), document, length_clause=0) for document in documents]
    assert made[0].instruction == made[1].instruction
    assert made[0].id != made[1].id


def test_variants_differ_and_their_ids_too():
    document = Document("d", TEXT, language="en")
    finding = Labels(document.span(0, 20), ("a",), ("a", "b", "c"), "topic")
    annotation = Annotation("x", "topic", "n", ("d",), finding)
    made = compose(annotation, {"d": document}, Compose(variants=20), 0)
    assert len({(e.instruction, e.output) for e in made}) == len(made) > 10
    assert len({e.id for e in made}) == len(made)
    assert made == compose(annotation, {"d": document}, Compose(variants=20), 0)


def test_the_length_clause_states_the_true_length():
    document = Document("d", TEXT, language="en")
    seen = set()
    for seed in range(60):
        (example,) = compose(writing(document), {"d": document}, Compose(length_clause=1), seed)
        unit, number = stated(example.instruction)
        assert holds(example.output, unit, number)
        assert example.preferences == (f"length:{unit}={number}",)
        seen.add(unit)
    assert seen == {"sentences", "words", "paragraphs"}


def test_a_false_length_is_noticed():
    assert count(TEXT, "sentences") == 9
    assert not holds(TEXT, "sentences", 8)
    assert not holds(TEXT, "words", count(TEXT, "words") * 2)
    assert stated("Write five paragraphs on it.") == ("paragraphs", 5)
    assert stated("Write an essay.") is None


def test_no_length_is_stated_where_it_would_be_false_or_odd():
    assert clause("One sentence only.", "en", Dice(1)) is None
    headed = f"History.\n{PARAGRAPH}\nUses.\n{PARAGRAPH}"
    for seed in range(20):
        assert clause(headed, "en", Dice(seed))[1].startswith("length:words")
    for seed in range(20):
        found = clause("这条河很长。" * 5, "zh", Dice(seed))
        assert found is None or "words" not in found[1]


def test_a_search_query_gets_no_length_clause():
    document = Document("d", TEXT, language="en")
    annotation = writing(document, "river with four towns", "search")
    assert one(annotation, document, length_clause=1).instruction == "river with four towns"


def test_another_language_gets_no_english_template():
    document = Document("d", "Ein Fluss. " * 20, language="de")
    finding = Answers(document.span(0, 40), "Was?", (document.span(0, 10),))
    annotation = Annotation("x", "reading_comprehension", "n", ("d",), finding)
    refused = one(annotation, document)
    assert isinstance(refused, Rejected)
    assert refused.reason == "no_wording"
    assert isinstance(one(annotation, document, cross_lingual=True), Example)
    # A model's instruction is in the document's own language: it passes, without a clause in English.
    formal = writing(document, "Beschreibe den Fluss.", "formal")
    assert one(formal, document, length_clause=1).instruction == "Beschreibe den Fluss."


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"variants": 0}, "'variants' is at least 1"),
        ({"closed_book": 2.0}, "'closed_book' is a share"),
        ({"formats": ["jsonl"]}, "no format 'jsonl'"),
        ({"variant": 2}, "did you mean 'variants'"),
    ],
)
def test_settings_are_checked_with_the_recipe(table, message):
    with pytest.raises(RecipeError, match=message):
        build(Compose, table, "recipe.toml")


def test_findings_are_written_as_before():
    document = Document("d", TEXT, language="en")
    text = dump_finding(writing(document).finding)
    assert text.startswith(
        '{"kind":"Writing","instruction":"Describe the river.","output":{"document":"d"'
    )
    assert dump_finding(load_finding(text)) == text
