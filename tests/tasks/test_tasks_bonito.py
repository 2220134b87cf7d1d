"""Pairs, rewritings, references, senses, conversations, two hops: Bonito's types and what is near."""

from __future__ import annotations

import dataclasses
import gzip
import importlib
import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import annotator
import pytest
from sample_recipe import sample_recipe
from task_cases import answered, case_for, mined

import miner
from miner.checks import standard
from miner.checks.findings import spans
from miner.compose import Compose, compose
from miner.judge import mining_of
from miner.llms.fake import Fake
from miner.recipe import build, kinds
from miner.sources.jsonl import JsonLines
from miner.tasks import generalist, reading_comprehension
from miner.tasks.claims import NOT_SETTLED, OPTIONS, Claims
from miner.tasks.continuation import Continuation
from miner.tasks.forms import FORMS
from miner.tasks.generalist import Generalist
from miner.tasks.pair_similarity import GRADES, PairSimilarity
from miner.tasks.paraphrases import Paraphrases
from miner.tasks.reading_comprehension import ReadingComprehension
from miner.tasks.skills import SKILLS
from miner.tasks.task_record import TaskRecord
from miner.types import Annotation, Document, Example, Rejected

SAMPLE = Path(miner.__file__).parent / "sample" / "simplewiki.jsonl.gz"
PAGE = (Path(__file__).parent.parent.parent / "docs" / "tasks.md").read_text(encoding="utf-8")
TEXT = (
    "Ada Lovelace was born in London in 1815. She worked with Charles Babbage on his engine, and in "
    "1843 she published notes on it. The notes of Ada Lovelace hold what many call the first program. "
    "Babbage, who was born in London too, never built the engine, since the money for it ran out."
)
SECOND = (
    "London was founded by the Romans and stands on the Thames. They bridged the river and called the "
    "town Londinium. It is now the capital of England. It has some nine million people, and every third of them was born "
    "in another country. Most of its museums are free."
)
OWN = {
    "name": "who", "instruction": "Ask who did something.", "question": "question",
    "fields": [{"name": "question"}, {"name": "answer"}],
}  # fmt: skip
ADA = Document("d", TEXT, title="Ada Lovelace", language="en")
TOWN = Document("t", SECOND, title="London", language="en")


def sampled(most=90):
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(most), strict=False)]
    return [
        Document(r["id"], r["text"], url=r["url"], title=r["title"], language="en") for r in rows
    ]


def reply(request):
    prompt = "\n".join(message.content for message in request.messages)
    return json.loads(annotator.said(prompt) or Fake().answer(prompt, request))


def made(task, *rows, document=ADA, data=None, **case):
    """Findings and reasons of one reply."""
    answer = data or {"items": list(rows)}
    results, requests = answered(task, case_for(document, **case), lambda _: answer)
    found = [item for item in results if isinstance(item, Annotation)]
    assert all(len(round_) == 1 for round_ in requests)
    return found, [item.reason for item in results if isinstance(item, Rejected)]


def form(name, *rows, **more):
    settings = {k: more.pop(k) for k in ("questions", "wrong_options", "neighbours") if k in more}
    return made(ReadingComprehension(forms=(name,), **settings), *rows, **more)


def examples(annotation, *documents, **settings):
    rest = {document.id: document for document in documents or (ADA,)}
    for seed in range(8):
        for example in compose(annotation, rest, Compose(**settings), seed):
            assert isinstance(example, Example), example
            for check in standard():
                what = annotation if check.subject == "annotation" else example
                assert check.check(what, rest) is None, check
            yield example


# ------------------------------------------------------------------------- on real documents

TASKS = {
    "conversational": ("reading_comprehension", {"forms": ["conversational"]}),
    "multi_hop": ("reading_comprehension", {"forms": ["multi_hop"]}),
    "multi_hop_neighbours": (
        "reading_comprehension",
        {"forms": ["multi_hop"], "neighbours": True},
    ),
    "coreference": ("reading_comprehension", {"forms": ["coreference"]}),
    "word_sense": ("reading_comprehension", {"forms": ["word_sense"]}),
    "sentence_completion": ("reading_comprehension", {"forms": ["sentence_completion"]}),
    "paraphrases": ("paraphrases", {}),
    "pair_similarity": ("pair_similarity", {"neighbours": True}),
    "entailment": ("claims", {"entailment": True}),
    "generalist": ("generalist", {}),
}


@pytest.mark.parametrize("name", TASKS)
def test_first_examples_by_an_annotator_of_rules(name, golden):
    kind, table = TASKS[name]
    task = build(importlib.import_module(f"miner.tasks.{kind}").PART, table, "recipe.toml")
    documents, rows, checks = sampled(), [], standard()
    for rank, document in enumerate(documents):
        near = ()
        if getattr(task, "wants_neighbours", False):
            near = tuple(d for d in documents[rank + 1 : rank + 4] if d.text.strip())
        case = dataclasses.replace(case_for(document), neighbours=near, rank=rank)
        known = {d.id: d for d in (document, *near)}
        for item in answered(task, case, reply)[0]:
            if isinstance(item, Rejected):
                continue
            assert all(span.holds(known[span.document].text) for span in spans(item.finding))
            assert item.documents[0] == document.id
            assert {span.document for span in spans(item.finding)} <= set(item.documents)
            for example in compose(item, known, Compose(), 0):
                assert isinstance(example, Example)
                if any(
                    check.check(item if check.subject == "annotation" else example, known)
                    for check in checks
                ):
                    continue
                rows.append(
                    {
                        "title": example.title,
                        "instruction": example.instruction,
                        "input": example.input[:160],
                        "output": example.output[:300],
                        "evidence": [span.text[:60] for span in example.evidence],
                        "format": example.format,
                    }
                )
        if len(rows) >= 12:
            break
    assert len(rows) >= 3
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows[:12])
    golden(f"task_{name}.jsonl", text + "\n")


# ----------------------------------------------------------------------------- conversations

TURNS = (
    {"question": "Where was Ada Lovelace born?", "answer": "In London.", "evidence": ["born in London"]},
    {"question": "When?", "answer": "In 1815.", "evidence": ["in 1815"]},
    {"question": "And with whom did she work?", "answer": "With Charles Babbage.", "evidence": ["Charles Babbage"]},
)  # fmt: skip


def test_each_turn_leans_on_those_before_it():
    found, reasons = form("conversational", *TURNS)
    assert not reasons
    assert [len(item.finding.turns) for item in found] == [0, 1, 2]
    last = next(examples(found[2]))
    assert "Question: When?\nAnswer: In 1815." in last.input
    assert last.output == "With Charles Babbage."
    assert "And with whom did she work?" in last.instruction


def test_with_a_turn_that_does_not_stand_fall_those_behind_it():
    untrue = TURNS[1] | {"evidence": ["in 1816"]}
    found, reasons = form("conversational", TURNS[0], untrue, TURNS[2])
    assert len(found) == 1
    assert reasons == ["not_verbatim", "leans_on_unfit"]
    assert form("conversational", TURNS[0], TURNS[0])[1] == ["repeated"]
    assert form("conversational", TURNS[0] | {"answer": "long " * 61})[1] == ["long_answer"]


# -------------------------------------------------------------------------------- multi-hop

HOP = {
    "question": "Who founded the town where the author of the notes on the engine was born?",
    "answer": "the Romans",
    "bridge": "London",
    "first": "Ada Lovelace was born in London in 1815.",
    "second": "London was founded by the Romans and stands on the Thames.",
}


def test_two_hops_join_a_document_and_its_neighbour():
    found, reasons = form("multi_hop", HOP, neighbours=True, document=ADA, node="volcanoes")
    assert (found, reasons) == ([], ["no_second_passage"])  # alone it has nothing to join
    task = ReadingComprehension(forms=("multi_hop",), neighbours=True)
    assert task.wants_neighbours
    assert not ReadingComprehension(neighbours=True, forms=("extractive",)).wants_neighbours
    case = case_for(ADA, neighbours=(TOWN,))
    results, (requests,) = answered(task, case, lambda _: {"items": [HOP]})
    (annotation,) = results
    assert annotation.documents == ("d", "t")
    assert [span.document for span in annotation.finding.spans] == ["d", "t"]
    prompt = requests[0].messages[-1].content
    assert "Passage 1:\n" in prompt
    assert "Passage 2:\n" in prompt
    example = next(examples(annotation, ADA, TOWN))
    assert example.input.startswith(f"Passage 1:\n{TEXT}\n\nPassage 2:\nLondon was founded")
    assert example.documents == ("d", "t")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bridge": "Oxford"}, "no_bridge"),
        ({"bridge": ""}, "no_bridge"),
        ({"question": "Who founded London, where Ada Lovelace was born?"}, "one_hop"),
        ({"answer": "London"}, "one_hop"),
        ({"answer": "Norman kings"}, "unsupported"),
        ({"first": HOP["second"]}, "not_verbatim"),
        ({"second": HOP["first"]}, "not_verbatim"),
        ({"answer": " "}, "empty_answer"),
    ],
)
def test_a_question_that_one_passage_answers_is_refused(change, reason):
    task = ReadingComprehension(forms=("multi_hop",), neighbours=True)
    case = case_for(ADA, neighbours=(TOWN,))
    results, _ = answered(task, case, lambda _: {"items": [HOP | change]})
    assert [item.reason for item in results] == [reason]


# --------------------------------------------------------------------------------- options


def test_wrong_options_that_the_document_names_come_first():
    row = {
        "question": "Where was Ada Lovelace born?", "answer": "London", "evidence": ["London"],
        "wrong": ["Paris", "Rome", "his engine", "the first program"],
    }  # fmt: skip
    (annotation,), _ = form("multiple_choice", row, wrong_options=3)
    assert set(annotation.finding.options) == {"London", "his engine", "the first program", "Paris"}


# ------------------------------------------------------------------------------ coreference

SHE = {
    "mention": "She", "before": "in 1815.", "refers_to": "Ada Lovelace", "before_that": "",
}  # fmt: skip


def test_what_a_pronoun_stands_for_is_a_place_in_the_text():
    (annotation,), _ = form("coreference", SHE)
    assert annotation.finding.spans[0].start == 0
    for example in examples(annotation):
        assert example.output == "Ada Lovelace"
        assert "“She”" in example.instruction
        assert "*She* worked with Charles Babbage on his engine" in example.instruction
        assert example.preferences == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"refers_to": "Mary Shelley"}, "not_verbatim"),
        ({"refers_to": "it"}, "no_name"),
        ({"refers_to": "She"}, "overlapping"),
        ({"mention": "Ada Lovelace", "before": "The notes of"}, "same_words"),
        ({"refers_to": "Charles Babbage"}, "answer_in_question"),
    ],
)
def test_references_that_teach_nothing_are_refused(change, reason):
    assert form("coreference", SHE | change) == ([], [reason])


# ------------------------------------------------------------------------------- word senses

HOLD = {
    "word": "notes", "before": "she published", "meaning": "explanations that go with a text",
    "others": ["signs for single tones", "short letters", "money made of paper"],
}  # fmt: skip


def test_the_sentence_decides_which_meaning_is_right():
    (annotation,), _ = form("word_sense", HOLD)
    letters = {example.output for example in examples(annotation, formats=("letter",))}
    assert len(letters) > 1
    assert annotation.finding.options.count(HOLD["meaning"]) == 1
    for change, reason in (
        ({"others": HOLD["others"][:2]}, "few_options"),
        ({"others": [*HOLD["others"][:2], HOLD["meaning"]]}, "few_options"),
        ({"meaning": "notes below a text"}, "circular"),
        ({"word": "remarks"}, "not_verbatim"),
        ({"word": "published notes on it"}, "no_word"),
    ):
        assert form("word_sense", HOLD | change) == ([], [reason]), change


# ---------------------------------------------------------------------------------- endings

END = {
    "beginning": "The notes of Ada Lovelace hold what",
    "ending": "many call the first program.",
    "wrong": ["nobody has ever read.", "she was told in Paris.", "had been lost before."],
}


def test_the_right_end_is_the_documents_own():
    (annotation,), _ = form("sentence_completion", END)
    assert annotation.finding.text.text.endswith("published notes on it.")
    for example in examples(annotation):
        assert END["ending"] not in example.input
        assert END["ending"] in example.instruction
        assert example.evidence[0].text == END["ending"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ending": "many call the first."}, "not_verbatim"),
        ({"ending": "program."}, "no_whole_sentence"),
        ({"beginning": "of Ada Lovelace hold what"}, "no_whole_sentence"),
        ({"wrong": ["a", "b"]}, "few_options"),
        ({"wrong": ["never built the engine", "a b c", "d e f"]}, "wrong_is_true"),
        (
            {"beginning": "Ada Lovelace was born in London", "ending": "in 1815."},
            "no_context",
        ),
    ],
)
def test_ends_that_are_no_ends_are_refused(change, reason):
    assert form("sentence_completion", END | change) == ([], [reason])


# ------------------------------------------------------------------------------- paraphrases

PAIR = {
    "sentence": "Ada Lovelace was born in London in 1815.",
    "same": "In 1815, London saw the birth of Ada Lovelace.",
    "different": "Ada Lovelace was born in 1815, but not in London.",
    "changed": "born in London",
}


def test_one_reply_gives_a_rewriting_and_a_yes_and_a_no():
    found, reasons = made(Paraphrases(), PAIR)
    assert not reasons
    assert [item.meta["form"] for item in found] == ["generation", *["identification"] * 2]
    assert [item.finding.answer for item in found] == [PAIR["same"], "yes", "no"]
    for item in found:
        for example in examples(item):
            assert example.input == PAIR["sentence"]
    assert PAIR["different"] in next(examples(found[2])).instruction
    only, _ = made(Paraphrases(forms=("generation",)), PAIR)
    assert len(only) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sentence": "She was born in London."}, "not_verbatim"),
        ({"sentence": "Ada Lovelace was born in London"}, "no_whole_sentence"),
        ({"sentence": TEXT.split(". ")[1] + "."}, "no_sentence_alone"),
        ({"same": "In 1816, London saw the birth of Ada Lovelace."}, "other_numbers"),
        ({"same": PAIR["sentence"]}, "copied"),
        ({"same": "Born 1815."}, "length"),
        ({"different": PAIR["sentence"]}, "no_look_alike"),
        ({"different": "Nobody ever heard of this."}, "no_look_alike"),
        ({"changed": "Ada"}, "not_changed"),
        ({"changed": ""}, "not_changed"),
    ],
)
def test_pairs_that_do_not_stand_are_refused_together(change, reason):
    assert made(Paraphrases(), PAIR | change) == ([], [reason])


# ------------------------------------------------------------------------------ similarity

SHARED = {
    "first": "Ada Lovelace was born in London in 1815.",
    "second": "London was founded by the Romans",
}


@pytest.mark.parametrize(
    ("grade", "shared", "reason"),
    [
        ("related", [SHARED], ""),
        ("unrelated", [], ""),
        ("unrelated", [SHARED], "settled"),
        ("same", [], "no_evidence"),
        ("same", [SHARED | {"second": "nowhere"}], "not_verbatim"),
        ("same", [{"first": SHARED["second"], "second": SHARED["first"]}], "not_verbatim"),
    ],
)
def test_a_grade_rests_on_what_both_passages_say(grade, shared, reason):
    found, reasons = made(
        PairSimilarity(neighbours=True),
        data={"grade": grade, "shared": shared},
        neighbours=(TOWN,),
    )
    assert reasons == ([reason] if reason else [])
    for item in found:
        assert item.finding.answer == GRADES[grade][1]
        assert item.documents == ("d", "t")
        for example in examples(item, ADA, TOWN):
            assert example.input.startswith("Passage 1:\n")
            assert all(answer in example.instruction for _, answer in GRADES.values())


# ------------------------------------------------------------------------------- entailment


def test_entailment_has_two_answers_in_equal_numbers():
    rows = [
        {"kind": "follows", "claim": f"Lovelace and Babbage shared a city {i}.", "evidence": ["London"]}
        for i in range(2)
    ] + [
        {"kind": "contradicted", "claim": "Babbage finished what he planned.", "evidence": ["never built"]},
        {"kind": "open", "claim": "Babbage read all of the notes.", "evidence": []},
        {"kind": "open", "claim": "Lovelace was fond of horses.", "evidence": []},
    ]  # fmt: skip
    found, reasons = made(Claims(entailment=True, claims=2), *rows)
    answers = [item.finding.answer for item in found]
    assert answers.count(OPTIONS["follows"]) == answers.count(NOT_SETTLED) == 2
    assert reasons == ["unbalanced"]
    assert all(len(item.finding.options) == 2 for item in found)


# -------------------------------------------------------------------------------- generalist


@pytest.mark.parametrize(
    ("skill", "output", "reason"),
    [
        ("headings", "Life and work\nThe program that came first\nThe engine", ""),
        ("headings", "Life and work\nThe engine", "number_of_lines"),
        ("headings", "Life\nLife\nLife", "no_headings"),
        ("outline", "- born in London\n- wrote notes\n- no money for the engine", ""),
        ("outline", "born in London\nwrote notes\nno money for the engine", "no_list"),
        ("outline", "- born in London and wrote notes on an engine", "number_of_lines"),
        ("questions", "- Who wrote notes?\n- Who built nothing?\n- Where?", ""),
        ("questions", "- Who wrote notes.\n- Who built nothing.\n- Where.", "no_list"),
        ("title", "Ada Lovelace\nand her notes", "several_lines"),
        ("restyle", TEXT, "copied_run"),
        ("simplify", TEXT, "copied_run"),
        ("explain", TEXT, "copied_run"),
    ],
)
def test_each_skill_has_its_check(skill, output, reason):
    text = TEXT.replace(". The notes", ".\nThe notes").replace(". Babbage", ".\nBabbage")
    document = Document("d", f"{text} It was to be very large.", language="en")
    data = {"output": output, "support": ["was born in London"]}
    found, reasons = made(Generalist(skills=(skill,)), data=data, document=document)
    assert reasons == ([reason] if reason else [])
    assert [item.task for item in found] == ([] if reason else [skill])


def test_a_skill_that_does_not_fit_leaves_its_turn_to_the_next():
    one = Document("d", f"{TEXT} {TEXT.replace('Ada', 'Bea')}", language="en")
    results, _ = answered(
        Generalist(skills=("headings", "title")),
        case_for(one),
        lambda _: {"output": "Ada Lovelace's notes", "support": ["London"]},
    )
    assert [item.task for item in results] == ["title"]
    results, asked = answered(Generalist(skills=("headings",)), case_for(one), lambda _: {})
    assert (results[0].reason, asked) == ("no_skill_fits", [])


def test_manners_and_audiences_are_the_recipes():
    task = Generalist(skills=("restyle",), styles=("a sermon",))
    words = (
        "London was where Lovelace came into the world; her notes on the engine followed later, "
    )
    data = {"output": words * 3, "support": ["London"]}
    text = f"{TEXT} {TEXT.replace('Ada', 'Bea')}"
    document = Document("d", text, language="en")
    (annotation,), _ = made(task, data=data, document=document)
    assert "a sermon" in annotation.finding.question
    with pytest.raises(ValueError, match="'styles' is empty"):
        Generalist(styles=())


# ------------------------------------------------------------------- without a model: go on


def test_a_continuation_follows_what_is_shown_in_one_part(volcano):
    (annotation,) = mined(Continuation(min_given=20, min_words=20), case_for(volcano))
    finding, given = annotation.finding, annotation.meta["input"]
    at = volcano.text.index(given)
    assert volcano.text[at + len(given) : finding.output.start].strip() == ""
    assert not re.search(r"\nHistory\.", given + finding.output.text)
    for example in examples(annotation, volcano):
        assert example.input == given
        assert example.output == finding.output.text


def test_a_paragraph_alone_is_cut_behind_a_sentence():
    words = "The volcano erupted again in that year and the ash fell on the town below it. "
    document = Document("d", "The town lies below a volcano and has many visitors. " + words * 8)
    (annotation,) = mined(Continuation(), case_for(document))
    assert annotation.meta["input"].endswith(".")
    assert "paragraph" in annotation.finding.instruction


def test_entries_and_other_matters_are_no_continuation():
    entry = "Video of the falling {} flowers with a green ground for films, and soft music for weddings and for other films.\n"
    entries = "".join(entry.format(word) for word in ("red", "white", "blue", "pink", "large"))
    teasers = (
        "The minister resigned on Friday after a long debate. He had been in office for years. " * 3
    )
    other = (
        "A striped fish lives under stones along warm shores. Nobody has counted its eggs yet. " * 3
    )
    for text in (entries * 3, f"{teasers}\n{other}"):
        (item,) = mined(Continuation(), case_for(Document("d", text, language="en")))
        assert item.reason == "no_cut"


def test_documents_in_other_languages_get_no_english_instruction():
    words = "Der Vulkan ist seit jenem Jahr wieder still, doch die Asche liegt noch auf den Dächern der Stadt. "
    document = Document("d", "Die Stadt liegt nahe an einem Vulkan. " + words * 8, language="de")
    (annotation,) = mined(Continuation(), case_for(document))
    (refused,) = compose(annotation, {"d": document}, Compose(), 0)
    assert isinstance(refused, Rejected)
    assert refused.reason == "no_wording"
    (example,) = compose(annotation, {"d": document}, Compose(cross_lingual=True), 0)
    assert isinstance(example, Example)


def test_no_model_is_asked_for_what_no_instruction_is_worded_for():
    job = sample_recipe(llm={"kind": "fake"}, tasks=[{"kind": "claims"}, {"kind": "custom", **OWN}])
    german = Document(
        "d", "Der Vulkan ist still, doch die Asche liegt auf der Stadt. " * 9, language="de"
    )
    claims, own = job.tasks
    mining = mining_of(job, claims, case_for(german))
    with pytest.raises(StopIteration) as stop:
        next(mining)
    assert [item.reason for item in stop.value.value] == ["no_wording"]
    assert next(mining_of(job, own, case_for(german)))  # its instruction is the model's
    job = dataclasses.replace(job, compose=Compose(cross_lingual=True))
    assert next(mining_of(job, claims, case_for(german)))
    templated = {k for k in kinds("tasks") if getattr(part(k), "templated", False)}
    asking = {k for k in kinds("tasks") if part(k).needs_model}
    assert asking - templated == {"custom", "reverse_instruction", "rewritten_answer"}


def part(kind):
    return importlib.import_module(f"miner.tasks.{kind}").PART


# ------------------------------------------------------------------------- records of others


def test_records_come_from_a_card_of_json_lines(tmp_path):
    rows = [
        {"definition": "Give the opposite of the word.", "input": "warm", "output": "cold"},
        {"definition": "Give the opposite of the word.", "input": "", "output": "dry"},
    ]
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    source = JsonLines(path=str(path), text="output", meta=("definition", "input"))
    (file,) = source.files()
    first, second = (row.content for row in source.read(file))
    (annotation,) = mined(TaskRecord(), case_for(first))
    (example,) = compose(annotation, {first.id: first}, Compose(), 0)
    assert (example.instruction, example.input, example.output) == (
        "Give the opposite of the word.", "warm", "cold",
    )  # fmt: skip
    assert mined(TaskRecord(), case_for(second)) == [Rejected("no_field", "input")]


def record(**meta):
    return Document("r", "They were late.", meta=meta, language="en")


def test_a_record_is_asked_for_by_the_recipes_templates():
    task = TaskRecord(
        name="grammar", templates=("Correct the mistakes in this sentence.",), input="wrong"
    )
    (annotation,) = mined(task, case_for(record(wrong="They was late.")))
    first = next(examples(annotation, record(wrong="They was late."), length_clause=1))
    assert (first.task, first.input, first.output) == (
        "grammar",
        "They was late.",
        "They were late.",
    )
    assert first.instruction == "Correct the mistakes in this sentence."
    assert first.style == "record"


def test_a_records_own_definition_is_an_instruction():
    known = record(definition="Make the verb agree. Use {braces} 100%.", input="They was late.")
    (annotation,) = mined(TaskRecord(), case_for(known))
    assert annotation.finding.instruction == "Make the verb agree. Use {braces} 100%."
    (item,) = mined(TaskRecord(), case_for(record(input="x")))
    assert (item.reason, item.detail) == ("no_field", "definition")
    with pytest.raises(ValueError, match="stands in a template too"):
        TaskRecord(templates=("Say {input} again.",))


# ------------------------------------------------------------------------------ Bonito's table

SIXTEEN = {
    "exqa", "mcqa", "qg", "qa", "ynqa", "coref", "paraphrase", "paraphrase_id", "sent_comp",
    "sentiment", "summarization", "text_gen", "topic_class", "wsd", "te", "nli",
}  # fmt: skip


def test_each_of_bonitos_types_is_reached_by_the_options_that_the_page_names():
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (`\{[^|]*\}`) \|$", PAGE, re.MULTILINE)
    assert {name for name, _ in rows} == SIXTEEN
    assert len(rows) == 16
    for name, options in rows:
        table = tomllib.loads(f"task = {options.strip('`')}")["task"]
        part = importlib.import_module(f"miner.tasks.{table.pop('kind')}").PART
        build(part, table, f"docs/tasks.md, {name}")


def test_every_form_and_skill_is_on_the_page_and_can_be_named():
    assert set(get_args(reading_comprehension.Form)) == set(FORMS)
    assert set(get_args(generalist.Skill)) == set(SKILLS)
    for name in FORMS:
        assert f"`{name}`" in PAGE, name
    for name in SKILLS:
        assert f"`{name}`" in PAGE, name
    assert set(kinds("tasks")) >= {"continuation", "task_record", "paraphrases", "pair_similarity"}
