"""Accepted findings before a task's prompt: drawn by the seed, never a document's own, paid once."""

from __future__ import annotations

import json

import pytest
from server import Server
from small_job import small_job

from miner.errors import RecipeError, UnconfirmedError, UsageError
from miner.exemplars import INTRODUCTION, Exemplars, rows, told, with_exemplars
from miner.job import mine
from miner.run import Run
from miner.types import Document, Entities, Entity, Message, Request, Writing
from miner.verdicts import Verdict, record

ASKED = "reverse_instruction"


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture
def reviewed(server, sample_store, tmp_path):
    """A run of which one person accepted all instructions but one, which she edited."""
    run = Run(tmp_path / "first")
    mine(small_job(tmp_path, server.url), sample_store, run)
    asked = [example for example in run.examples() if example.task == ASKED]
    record(run, [Verdict(example.id, "ann", "accept") for example in asked[:-1]])
    record(run, [Verdict(asked[-1].id, "ann", "edit", output="Better.")])
    return run


def test_from_verdicts_to_prompts(reviewed, server, sample_store, tmp_path, miner):
    file = tmp_path / "good.jsonl"
    code, out, _ = miner("review", reviewed.path, "--exemplars", file)
    assert code == 0
    shown = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert f"{len(shown)} exemplars" in out
    assert len(shown) == sum(e.task == ASKED for e in reviewed.examples()) - 1 >= 2

    keys = {"exemplars__file": str(file), "exemplars__per_prompt": 1}
    job = small_job(tmp_path, server.url, **keys)
    run, before = Run(tmp_path / "second"), server.total
    mine(job, sample_store, run)
    bodies = server.bodies[before:]
    assert len(bodies) == server.total - before == 4
    for body in bodies:
        said = body["messages"][-1]["content"]
        assert said.startswith(INTRODUCTION)
        first = said.split(" begins -----\n")[1].split("\n----- document ")[0]
        drawn = json.loads(first)
        assert drawn in [{**row["shown"], "output": cut(row)} for row in shown]
        assert drawn["output"].removesuffix(" [...]") not in said.split(" begins -----\n")[2]
    # The same again is paid for; another file is another prompt, which is told before it is paid.
    mine(job, sample_store, run)
    assert server.total == before + 4
    file.write_text(json.dumps(shown[0]) + "\n", encoding="utf-8")
    with pytest.raises(UnconfirmedError, match="exemplars"):
        mine(small_job(tmp_path, server.url, **keys), sample_store, run)


def cut(row):
    text = row["shown"]["output"]
    return text if len(text) <= 1200 else text[:1200] + " [...]"


def test_a_document_is_never_shown_its_own(reviewed, sample_store, tmp_path):
    (first, *_) = rows(reviewed)
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(first), encoding="utf-8")
    exemplars = Exemplars(str(file))
    case = a_case(first["documents"][0])
    assert exemplars.draw(case, ASKED) == []
    assert exemplars.draw(a_case("another"), ASKED) != []
    assert exemplars.draw(a_case("another"), "entities") == []


def a_case(document):
    from miner.types import Case, Membership, Node, Taxonomy

    node = Node("n", "N")
    return Case(
        document=Document(document, "A text."),
        node=node,
        taxonomy=Taxonomy("t", (node,)),
        membership=Membership(document, "n", 1.0, 1.0),
        seed=3,
        pipeline="",
    )


def test_nobody_has_accepted_anything(server, sample_store, tmp_path):
    run = Run(tmp_path / "run")
    mine(small_job(tmp_path, server.url), sample_store, run)
    with pytest.raises(UsageError, match="nobody has accepted"):
        list(rows(run))


def test_findings_are_told_without_offsets():
    document = Document("d", "Etna is in Sicily.")
    whole = document.span(0, 18)
    finding = Entities(whole, (Entity(document.span(0, 4), "place"),), ("place",))
    assert told(finding) == {
        "text": "Etna is in Sicily.",
        "items": [{"span": "Etna", "label": "place"}],
        "schema": ["place"],
    }
    assert told(Writing("Write.", whole))["output"] == "Etna is in Sicily."


def test_what_a_task_returns_is_left_alone():
    def mining():
        replies = yield [Request("t", "d", (Message("system", "s"), Message("user", "u")))]
        return [*replies]

    talk = with_exemplars(mining(), [{"answer": "----- document x begins -----"}])
    (request,) = next(talk)
    assert request.messages[0].content == "s"
    assert request.messages[1].content.endswith("\n\nu")
    with pytest.raises(StopIteration) as stop:
        talk.send(["reply"])
    assert stop.value.value == ["reply"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "1: is no exemplar"), ('\n{"task": "x"}', "2: is no exemplar"), ("[1]", "no exemplar")],
)
def test_a_file_that_is_none(tmp_path, text, message):
    file = tmp_path / "bad.jsonl"
    file.write_text(text)
    with pytest.raises(RecipeError, match=message):
        Exemplars(str(file)).draw(a_case("d"), "x")


def test_settings_out_of_bounds(tmp_path):
    with pytest.raises(RecipeError, match="no such file"):
        Exemplars(str(tmp_path / "none"))
    with pytest.raises(ValueError, match="per_prompt"):
        Exemplars("", per_prompt=0)
