"""Evaluation: scores that can be worked out by hand, gold in every form, and a whole run of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server import Server

from miner.checks.findings import items
from miner.errors import SourceError, UsageError
from miner.evaluation.answering import measure
from miner.evaluation.evaluate import evaluate
from miner.evaluation.gold import Gold, form_of, of_reviews, read
from miner.evaluation.scores import Score, covered, f1
from miner.job import Recipe
from miner.run import Run, dump_finding
from miner.tasks.typed_values import TypedValues
from miner.types import Document, Entities, Entity, Labels
from miner.verdicts import Verdict, record

TEXT = "The bridge cost $3 million. It was opened on 4 May 1999 by the queen. In 1970 it was not there."
DOCUMENT = Document("d", TEXT, language="en")


def at(quote, document=DOCUMENT):
    start = document.text.index(quote)
    return document.span(start, start + len(quote))


def entities(*pairs, schema=("date", "money"), document=DOCUMENT):
    found = tuple(Entity(at(quote, document), label) for quote, label in pairs)
    return Entities(document.span(0, len(document.text)), found, schema)


def test_scores_by_hand():
    score = Score()
    true = entities(("$3 million", "money"), ("4 May 1999", "date"), ("1970", "date"))
    found = entities(("$3 million", "money"), ("4 May 1999", "date"), ("1999", "date"))
    score.add("d", items(true), items(found))
    figures = score.figures()
    assert figures["all"]["precision"] == pytest.approx(2 / 3)
    assert figures["all"]["recall"] == pytest.approx(2 / 3)
    assert figures["by_label"]["money"]["f1"] == 1.0
    assert figures["by_label"]["date"]["f1"] == pytest.approx(0.5)
    assert figures["missed"] == [{"document": "d", "label": "date", "text": "1970"}]
    assert figures["wrong"] == [{"document": "d", "label": "date", "text": "1999"}]


def test_a_right_place_with_a_wrong_label_is_both():
    score = Score()
    score.add("d", items(entities(("1970", "date"))), items(entities(("1970", "money"))))
    assert (score.figures()["all"]["wrong"], score.figures()["all"]["missed"]) == (1, 1)


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=20))
def test_intervals_hold_their_scores(rows):
    from collections import Counter

    score = Score(rows=[tuple(Counter(x=n) for n in row) for row in rows])
    figures = score.figures()["all"]
    assert 0 <= figures["f1"] <= 1
    for name in ("precision", "recall"):
        low, high = figures[f"{name}_95"]
        assert low - 1e-9 <= figures[name] <= high + 1e-9 or figures["found"] == 0
    low, high = figures["f1_95"]
    assert 0 <= low <= high <= 1


def test_f1_at_its_edges():
    assert f1(0, 5, 5) == 0
    assert f1(5, 0, 0) == 1


def test_gold_outside_of_what_was_read_is_not_missed():
    true = entities(("4 May 1999", "date"), ("1970", "date"))
    first = DOCUMENT.span(0, 60)
    assert [item[2] for item in covered(true, [first])] == ["4 May 1999"]


# ---------------------------------------------------------------------------------------- gold


def test_gold_of_columns(tmp_path):
    path = tmp_path / "gold.conll"
    path.write_text("Ann I-PER\nSmith I-PER\nlives O\nin O\nYork I-LOC\n. O\n\n", encoding="utf-8")
    (gold,) = read("wikigold", path)
    assert gold.document.text.startswith("Ann Smith lives in York")
    labels = [(e.label, e.span.text) for e in gold.findings[0].items]
    assert labels == [("person", "Ann Smith"), ("place", "York")]
    (gold,) = read("conll", path, {"PER": "human"})
    assert gold.findings[0].items[0].label == "human"


def test_gold_of_findings(tmp_path):
    row = {"id": "d", "text": TEXT, "finding": json.loads(dump_finding(entities(("1970", "date"))))}
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    (gold,) = read("findings", path)
    assert gold.findings == (entities(("1970", "date")),)
    path.write_text('{"id": 3}\n', encoding="utf-8")
    with pytest.raises(SourceError, match=r"gold\.jsonl:1"):
        read("findings", path)


def test_unknown_gold(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'wikigold'"):
        read("wikigolf", tmp_path / "x")
    with pytest.raises(SourceError, match="no such file"):
        read("wikigold", tmp_path / "x")


def test_what_people_accepted_is_gold(made_run):
    run, store = made_run
    with pytest.raises(UsageError, match="nobody has accepted"):
        of_reviews(run, store)
    record(run, [Verdict("x-d-a1", "ann", "accept"), Verdict("x-q-c3", "ann", "reject", "wrong")])
    (gold,) = of_reviews(run, store)
    assert gold.document.id == "a1"
    assert isinstance(gold.findings[0], Entities)


# ---------------------------------------------------------------------------------- evaluating


def texts():
    for number, letter in enumerate("abcdefghijkl"):
        day, year = f"4 May 19{number + 70}", f"12 June 19{number + 71}"
        text = (
            f"The bridge of place {letter} cost $3 million to build. It was opened on {day} by the "
            f"queen and her family. The road over it was widened on {year}, when more cars came."
        )
        document = Document(f"d{number}", text, language="en")
        pairs = (("$3 million", "money"), (day, "date"), (year, "date"))
        schema = ("date", "money", "person")
        yield Gold(document, (entities(*pairs, schema=schema, document=document),))


def test_rules_on_gold(tmp_path):
    job = Recipe(name="x", tasks=(TypedValues(),))
    run = Run(tmp_path / "run")
    table = evaluate(job, run, list(texts()), "bridges", n=8)
    figures = table["tasks"]["typed_values"]
    assert figures["all"]["precision"] == figures["all"]["recall"] == 1.0
    assert set(figures["by_label"]) <= {"date", "money"}
    saved = json.loads((run.path / "evaluation.json").read_text())
    assert saved["bridges"]["tasks"]["typed_values"]["all"] == figures["all"]
    assert evaluate(job, run, list(texts()), "bridges", n=8) == table
    evaluate(job, run, list(texts()), "again", n=3)
    assert set(json.loads((run.path / "evaluation.json").read_text())) == {"again", "bridges"}


def test_gold_that_no_task_finds(tmp_path):
    gold = [Gold(DOCUMENT, (Labels(DOCUMENT.span(0, 20), ("good",), ("good", "bad")),))]
    job = Recipe(name="x", tasks=(TypedValues(),))
    with pytest.raises(UsageError, match="none of the recipe's tasks"):
        evaluate(job, Run(tmp_path / "run"), gold, "moods")


# --------------------------------------------------------------------------------- answering

SQUAD = {
    "data": [
        {
            "title": "Bridge",
            "paragraphs": [
                {
                    "context": TEXT,
                    "qas": [
                        {"id": str(i), "question": q, "answers": [{"text": a, "answer_start": TEXT.index(a)}]}
                        for i, (q, a) in enumerate(
                            [
                                ("What did the bridge cost?", "$3 million"),
                                ("When was it opened?", "4 May 1999"),
                                ("By whom was it opened?", "the queen"),
                                ("When was it not there?", "1970"),
                            ]
                        )
                    ],
                }
            ],
        }
    ]
}  # fmt: skip


def teacher(body):
    """Knows three answers, one of them by halves, and holds its peace on the fourth."""
    prompt = "\n".join(m["content"] for m in body["messages"])
    assert TEXT in prompt
    said = {"cost": "$3 million.", "When was it opened": "in May 1999", "opened?": "Queen"}
    return next(
        (a for key, a in said.items() if key in prompt.rpartition("Question: ")[2]), "not stated"
    )


@pytest.fixture
def squad(tmp_path):
    path = tmp_path / "bridge.json"
    path.write_text(json.dumps(SQUAD), encoding="utf-8")
    return path


RECIPE = """
name = "asked"
[[tasks]]
kind = "typed_values"
"""


def test_a_model_answers_gold_questions(miner, squad, tmp_path):
    recipe = tmp_path / "asked.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    with Server(answer=teacher) as server:
        arguments = ("evaluate", recipe, "--gold", f"xquad:{squad}", "--run", tmp_path / "run")
        model = ("--llm", server.url, "--model", "m", "--json")
        code, out, err = miner(*arguments, *model)
        assert code == 0, err
        answers = json.loads(out)["tasks"]["answering"]
        assert miner(*arguments, *model)[1] == out
        assert server.total == 4
    told = answers["answers"]
    assert told["questions"] == 4
    assert told["exact"] == 0.5  # the cost, and the queen without her article
    assert told["f1"] == pytest.approx((1 + 1 + 2 * 2 / 6 + 0) / 4)
    assert told["exact_95"][0] < 0.5 < told["exact_95"][1]
    assert [row["text"] for row in answers["missed"]] == [
        "When was it not there? '1970' | not stated"
    ]
    assert [row["text"][:19] for row in answers["wrong"]] == ["When was it opened?"]


@pytest.mark.parametrize(
    ("said", "true", "exact", "score"),
    [
        ("The Queen.", ["the queen"], True, 1.0),
        ("queen of England", ["the queen", "the queen of England"], True, 1.0),
        ("a queen and a king", ["the queen"], False, 0.5),
        ("not stated", [], True, 1.0),
        ("1970", [], False, 0.0),
        ("", ["1970"], False, 0.0),
    ],
)
def test_answers_are_measured_as_squad_does(said, true, exact, score):
    assert measure(said, true) == (exact, pytest.approx(score))


def test_a_file_alone_is_known_by_its_form(squad, tmp_path):
    assert form_of(squad) == "squad"
    for name, text, form in (
        ("a.jsonl", '{"id": "1", "text": "x", "finding": {}}', "findings"),
        ("b.jsonl", '{"text": "x", "label": "y"}', "labels"),
        ("c.json", "[{}]", "redocred"),
        ("d.txt", "Ann I-PER\n", "conll"),
    ):
        path = tmp_path / name
        path.write_text(text)
        assert form_of(path) == form
