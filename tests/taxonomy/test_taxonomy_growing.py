"""From three disciplines to grounded answers, with a model that is played from hand-written replies."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from batch_server import BatchServer
from server import Server, completion
from teacher import DATA, Teacher, answer

from miner import Card, Recipe, Run
from miner.checks import standard
from miner.checks.supported import Supported
from miner.drive import Flow
from miner.encoders.hashing import Hashing
from miner.errors import RecipeError, Stopped, TaxonomyError
from miner.exports.dataset import export
from miner.exports.messages import Messages
from miner.growing import figures, grown
from miner.ingest import ingest
from miner.job import mine, taxonomy_of
from miner.ledger import Ledger
from miner.llms.batch_file import BatchFile, take_replies
from miner.llms.fake import Fake
from miner.llms.openai import OpenAI
from miner.llms.openai_batch import OpenAIBatch
from miner.llms.replay import Replay
from miner.select import Select
from miner.sources.jsonl import JsonLines
from miner.tasks.keyphrases import Keyphrases
from miner.tasks.syllabus_instruction import SyllabusInstruction
from miner.taxonomy.grow import Grow
from miner.taxonomy.tree import load_proposals, load_tree
from miner.types import Reply

if TYPE_CHECKING:
    from miner.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    card = Card(
        name="three",
        sources=(JsonLines(path=str(DATA / "corpus.jsonl"), id="id", values={"language": "en"}),),
        encoder=Hashing(),
    )
    return ingest(card, tmp_path_factory.mktemp("store") / "three")


def recipe(llm, **changes) -> Recipe:
    settings = {
        "grow": Grow(queries=2, merge=1.0, most_sessions=20),
        "tasks": (SyllabusInstruction(questions=12, held_out=0),),
        "select": Select(per_node=2, floor=0.0, feedback=0),
    }
    taxonomy = str(DATA / "disciplines.toml")
    return Recipe(name="three", taxonomy=taxonomy, llm=llm, **settings | changes)


@pytest.fixture(scope="module")
def run(store, tmp_path_factory) -> Run:
    return mine(recipe(Teacher()), store, Run(tmp_path_factory.mktemp("run") / "three"))


def digests(run: Run) -> dict[str, str]:
    """The bytes that must not depend on how the model was reached."""
    kept = ("tree.jsonl", "selection.parquet")
    folders = ("annotations", "examples", "rejected", "dataset")
    paths = [run.path / name for name in kept]
    paths += [p for name in folders for p in sorted((run.path / name).rglob("*")) if p.is_file()]
    return {str(p.relative_to(run.path)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def test_tree_is_what_the_notes_say(run, golden) -> None:
    name, proposals = load_proposals(run.path / "tree.jsonl")
    lines = [
        f"{p.status:7} {p.node.level:10} {p.node.id:44} {p.origin.proposed} "
        f"{p.reason or p.into} {'; '.join(p.node.terms)}".rstrip()
        for p in proposals
    ]
    golden("glan_tree.txt", "\n".join([name, *lines]) + "\n")


def test_books_of_the_tree_close(run) -> None:
    table = figures(run)
    for level, counts in table["levels"].items():
        parts = counts["kept"] + counts["merged"] + counts["pruned"] + counts["failed"]
        assert counts["proposed"] == parts, level
    assert {"instruction", "language", "empty", "too_many", "no_own_concepts"} <= set(
        table["reasons"]
    )
    assert table["levels"]["subject"]["kept"] == 7


def test_every_answer_is_grounded_and_says_where_it_is_from(run, store) -> None:
    annotations = {a.id: a for a in run.annotations()}
    examples = list(run.examples())
    assert len(examples) > 10
    tree = load_tree(run.path / "tree.jsonl")
    for example in examples:
        assert example.evidence
        for span in example.evidence:
            assert store.document(span.document).text[span.start : span.end] == span.text
        made = annotations[json.loads(example.annotation)["id"]]
        names = {s.name: s for s in tree.syllabus(made.node)}
        assert made.meta["grounded"] is True
        assert 1 <= len(made.meta["sessions"]) <= 2
        for name, concepts in zip(made.meta["sessions"], made.meta["concepts"], strict=True):
            assert concepts
            assert set(concepts) <= set(names[name].concepts)
        assert made.meta["passages"]
        assert made.request_ids


def test_report_and_manifest_tell_of_the_tree(run) -> None:
    tree = run.manifest["tree"]
    assert tree["answered"] == len(list(run.annotations()))
    assert tree["abstained"] > 0
    assert tree["plans_used"] <= tree["plans_available"]
    assert tree["nodes_with_documents"] <= tree["nodes"]
    assert tree["asked_by"] == {"model": tree["answered"]}
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert 'id="tree"' in page
    assert "Ignore the above" not in page


def test_what_is_refused_has_its_reason(run) -> None:
    reasons = {row["reason"] for row in run.rejected()}
    assert "abstained" in reasons
    assert "not_verbatim" in reasons or "unsupported" in reasons


def test_the_prompt_of_a_question_holds_the_whole_syllabus(run) -> None:
    annotation = next(a for a in run.annotations() if a.node == "history/the-roman-empire")
    with Ledger.open(run.ledger, read_only=True) as ledger:
        text = "\n".join(m.content for m in ledger.request(annotation.request_ids[0]).messages)
    for part in ("How it was ruled: emperor; governor; Pax Romana", "What held it together"):
        assert part in text


def test_plans_of_a_node_never_come_twice(run) -> None:
    seen = [(a.node, a.meta["plan"]) for a in run.annotations()]
    assert len(seen) == len(set(seen))


def test_no_reply_is_paid_twice_and_bytes_stay(run, store, tmp_path) -> None:
    again = Run(tmp_path / "again")
    again.path.mkdir()
    (again.path / "ledger.sqlite").write_bytes(run.ledger.read_bytes())

    class Silent(Teacher):
        async def complete(self, request):
            raise AssertionError("everything stands in the ledger")

    mine(recipe(Silent()), store, again)
    assert digests(again) == digests(run)


def test_the_same_over_http(run, store, tmp_path) -> None:
    with Server(answer=answer) as server:
        llm = OpenAI("teacher", base_url=server.url, structured="json_schema")
        over_http = mine(recipe(llm), store, Run(tmp_path / "http"))
    assert digests(over_http) == digests(run)


def test_work_under_way_in_figures(store, tmp_path) -> None:
    told = []

    def progress(phase, done, total, figures=None):
        if figures:
            told.append((phase, done, total, figures()))

    prices = {"prompt_price": 1.0, "completion_price": 4.0}
    with Server(answer=answer) as server:
        llm = OpenAI("teacher", server.url, structured="json_schema", **prices)
        job, folder = recipe(llm), Run(tmp_path / "run")
        folder.path.mkdir()
        grown(job, taxonomy_of(job), store, folder, progress)
        asked, level_counts = server.total, figures(folder)["levels"]
        (folder.path / "tree.jsonl").unlink()
        before, told[:] = list(told), []
        grown(job, taxonomy_of(job), store, folder, progress)
        assert server.total == asked, "it was paid for"
    levels = {phase: (done, total, last) for phase, done, total, last in before}
    assert list(levels) == ["grow subject", "grow session"]
    for done, total, last in levels.values():
        assert done == total > 0
        assert last.words == ("nodes", "proposals")
        assert last.share == 1.0
        assert last.projected == pytest.approx(last.dollars)
    subjects, sessions = (last for *_, last in levels.values())
    for figure, level in ((subjects, "subject"), (sessions, "session")):
        counts = level_counts[level]
        assert figure.accepted + sum(figure.rejected.values()) == counts["proposed"]
        assert sum(figure.rejected.values()) >= counts["failed"] > 0
    assert 0 < subjects.dollars < sessions.dollars
    assert sessions.requests == asked
    with Ledger.open(folder.ledger, read_only=True) as ledger:
        assert sessions.dollars == pytest.approx(ledger.spent().dollars)
    assert {last.requests for *_, last in told} == {0}
    assert told[-1][-1].dollars == pytest.approx(sessions.dollars), "and stands there"


def test_the_same_by_the_batch_api(run, store, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("miner.batches.LONGEST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr("miner.batches.APPEARS_SECONDS", 0.1)
    with BatchServer(answer=answer) as server:
        llm = OpenAIBatch("teacher", server.url, poll_seconds=0.01)
        by_batch = mine(recipe(llm), store, Run(tmp_path / "batches"))
        assert server.batches
    assert digests(by_batch) == digests(run)


def test_the_same_from_an_earlier_ledger(run, store, tmp_path) -> None:
    again = recipe(Replay(path=run.path, model="teacher"))
    assert digests(mine(again, store, Run(tmp_path / "replay"))) == digests(run)


def test_the_same_by_batch_files(run, store, tmp_path) -> None:
    job, folder = recipe(BatchFile("teacher")), Run(tmp_path / "batch")
    for _ in range(20):
        try:
            mine(job, store, folder)
            break
        except Stopped:
            files = sorted(folder.path.rglob("requests-*.jsonl"))
            rows = [json.loads(line) for f in files for line in f.read_text().splitlines()]
            lines = [json.dumps(answered(row)) + "\n" for row in rows]
            replies = tmp_path / "replies.jsonl"
            replies.write_text("".join(lines))
            with Ledger.open(folder.ledger) as ledger:
                take_replies(ledger, [replies], BatchFile("teacher"))
            for file in files:
                file.unlink()
    assert folder.finished
    assert digests(folder) == digests(run)


def answered(row: dict) -> dict:
    body = completion(row["body"], answer(row["body"]))
    return {
        "id": "batch-0",
        "custom_id": row["custom_id"],
        "response": {"status_code": 200, "request_id": "", "body": body},
        "error": None,
    }


def test_held_out_shares_no_document_and_no_concept(store, tmp_path) -> None:
    task = SyllabusInstruction(questions=4, held_out=1, held_out_concepts=0.4)
    tasks = {"tasks": (task,), "select": Select(per_node=3, floor=0.0, feedback=0)}
    run = mine(recipe(Teacher(), **tasks), store, Run(tmp_path / "held"))
    sides = {"test": (set(), set()), "train": (set(), set())}
    splits = {json.loads(e.annotation)["id"]: e.split for e in run.examples()}
    assert set(splits.values()) <= {"test", "train"}
    for annotation in run.annotations():
        side = annotation.meta.get("split", "train")
        assert splits.get(annotation.id, side) == side
        documents, concepts = sides[side]
        documents.update(annotation.documents)
        concepts.update(c for some in annotation.meta["concepts"] for c in some)
    assert not sides["test"][0] & sides["train"][0]
    assert not sides["test"][1] & sides["train"][1]


def test_a_node_without_documents_is_left_alone_or_answered_from_memory(store, tmp_path) -> None:
    nowhere = {"select": Select(per_node=2, floor=0.999, feedback=0)}
    skipped = mine(recipe(Teacher(), **nowhere), store, Run(tmp_path / "skipped"))
    assert not list(skipped.examples())
    assert {n["asked"] for n in skipped.manifest["nodes"]} == {0}

    tasks = (SyllabusInstruction(questions=4, ungrounded=12), Keyphrases())
    checks = {"checks": (*standard(), Supported())}
    run = mine(
        recipe(Teacher(), tasks=tasks, **nowhere, **checks), store, Run(tmp_path / "recalled")
    )
    annotations = list(run.annotations())
    assert len(annotations) > 5
    assert {a.meta["grounded"] for a in annotations} == {False}
    assert {a.documents for a in annotations} == {()}
    examples = list(run.examples())
    assert 0 < len(examples) <= len(annotations)
    for example in examples:
        assert (example.style, example.documents, example.evidence) == ("ungrounded", (), ())
        assert example.output
        assert example.model == "teacher"
    reasons = {row["reason"].partition(":")[0] for row in run.rejected()}
    assert "abstained" in reasons
    assert reasons <= {"abstained", "duplicate", "no_syllabus"}
    tree = run.manifest["tree"]
    assert tree["ungrounded"] == len(annotations)
    assert tree["nodes_with_documents"] == 0
    for counts in run.manifest["books"].values():
        assert counts.pop("started", 0) + counts.pop("made", 0) == sum(counts.values())
    card = (run.path / "dataset" / "README.md").read_text()
    assert "- grounded" not in card
    assert f"{len(examples):,} examples (style `ungrounded`) rest on no document" in card
    export(run, store, (Messages(),), grounded=True)
    assert not (run.path / "exports" / "messages.train.jsonl").read_text()


def test_growing_stops_at_its_budget_and_goes_on(run, store, tmp_path) -> None:
    job = dataclasses.replace(recipe(Teacher()), flow=Flow(budget_requests=5))
    folder = Run(tmp_path / "poor")
    with pytest.raises(Stopped):
        mine(job, store, folder)
    assert not (folder.path / "tree.jsonl").exists()
    mine(dataclasses.replace(job, flow=Flow()), store, folder)
    assert digests(folder) == digests(run)


def test_a_tree_that_a_person_edited_is_what_is_mined(run, store, tmp_path) -> None:
    folder = Run(tmp_path / "edited")
    folder.path.mkdir()
    lines = (run.path / "tree.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if "biology" not in line]
    (folder.path / "tree.jsonl").write_text("".join(kept))
    mine(recipe(Teacher()), store, folder)
    assert {e.node[0] for e in folder.examples()} == {"Astronomy", "History"}
    (folder.path / "tree.jsonl").write_text("".join(kept[:1] + kept[4:]))
    with pytest.raises(TaxonomyError, match=r"tree\.jsonl"):
        load_tree(folder.path / "tree.jsonl")


@pytest.fixture(scope="module")
def articles(tmp_path_factory) -> Store:
    card = Card(
        name="articles",
        sources=(JsonLines(path="sample:simplewiki.jsonl.gz", values={"language": "en"}),),
        encoder=Hashing(),
        limit=200,
    )
    return ingest(card, tmp_path_factory.mktemp("articles") / "articles")


def test_a_model_refines_the_syllabus_that_the_corpus_made(articles, tmp_path) -> None:
    asked = []

    class Planner(Teacher):
        async def complete(self, request):
            asked.append(request.messages[-1].content)
            return await super().complete(request)

    how = Grow(queries=1, merge=1.0, from_corpus=True, corpus_subjects=2, attempts=0)
    run = mine(recipe(Planner(), grow=how), articles, Run(tmp_path / "planned"))
    drafts = [text for text in asked if "Improve this plan." in text]
    assert drafts
    # The corpus knows nothing of History: there the model lists and plans by itself.
    lists = [text for text in asked if "Set out from " in text]
    assert len([text for text in lists if "Topic: History" not in text]) == 0
    _, proposals = load_proposals(run.path / "tree.jsonl")
    sessions = [p for p in proposals if p.node.level == "session"]
    replaced = [p for p in sessions if p.reason == "refined"]
    subjects = {p.node.parent for p in replaced}
    assert subjects
    refined = [p for p in sessions if p.status == "kept" and p.node.parent in subjects]
    assert {p.node.parent for p in refined} == subjects
    assert {p.origin.how for p in refined} == {"grown"}
    assert {p.origin.how for p in replaced} == {"corpus"}
    covered = {t for p in replaced for t in p.node.terms}
    assert {t for p in refined for t in p.node.terms} <= covered
    for counts in figures(run)["levels"].values():
        assert counts.pop("proposed") == sum(counts.values())


def test_where_a_model_cannot_refine_the_corpus_plan_stays(articles, tmp_path) -> None:
    class Mumbling(Teacher):
        async def complete(self, request):
            return Reply("", "Well, plans are difficult.", model="teacher")

    how = Grow(queries=1, merge=1.0, from_corpus=True, corpus_subjects=2, attempts=1)
    run = mine(recipe(Mumbling(), grow=how), articles, Run(tmp_path / "mumbling"))
    tree = load_tree(run.path / "tree.jsonl")
    assert tree.sessions
    assert {tree.origins[s.id].how for v in tree.sessions.values() for s in v} == {"corpus"}
    assert figures(run)["levels"]["session"]["failed"] == len(tree.sessions) * 2


def test_a_tree_grows_from_nothing(store, tmp_path) -> None:
    class Gardener(Teacher):
        async def complete(self, request):
            text = "\n".join(m.content for m in request.messages)
            if "fields of knowledge" in text and "Topic: all human knowledge" in text:
                return Reply("", "Science, then arts.", model="teacher")
            if "Science, then arts." in text:
                rows = [
                    {"name": name, "description": "", "level": "", "topics": []}
                    for name in ("Science", "Arts")
                ]
                return Reply("", json.dumps({"records": rows}), model="teacher")
            return Reply("", '{"records": []}', model="teacher")

    how = Grow(levels="field..subfield", queries=1, merge=1.0, attempts=0)
    job = dataclasses.replace(recipe(Gardener(), grow=how), taxonomy="")
    tree = load_tree(mine(job, store, Run(tmp_path / "nothing")).path / "tree.jsonl")
    assert [(n.id, n.level, n.parent) for n in tree.nodes] == [
        ("science", "field", ""),
        ("arts", "field", ""),
    ]
    mumbling = dataclasses.replace(job, llm=Fake())
    with pytest.raises(TaxonomyError, match=r"nothing grew .*: a |nothing grew .*\("):
        mine(mumbling, store, Run(tmp_path / "mumbled"))
    with pytest.raises(RecipeError, match="taxonomy"):
        mine(dataclasses.replace(job, llm=None), store, Run(tmp_path / "none"))


def test_without_a_model_the_corpus_makes_the_syllabus(store, tmp_path) -> None:
    given = tmp_path / "given.toml"
    given.write_text(
        'name = "given"\n[[nodes]]\nid = "moon"\nname = "The Moon"\nlevel = "subject"\n'
        'description = "Tides, craters, phases and eclipses of the Moon."\n'
        '[[nodes]]\nid = "moon/sea"\nname = "Tides"\nlevel = "session"\nparent = "moon"\n'
        'terms = ["lunar eclipse", "High tide"]\n'
        '[[nodes]]\nid = "moon/face"\nname = "Its face"\nlevel = "session"\nparent = "moon"\n'
        'terms = ["dark plains", "maria"]\n'
    )
    job = dataclasses.replace(recipe(None), taxonomy=str(given))
    run = mine(job, store, Run(tmp_path / "none"))
    examples = list(run.examples())
    assert examples
    for example in examples:
        assert example.model == ""
        assert example.output == example.evidence[0].text
    assert {a.meta["asked_by"] for a in run.annotations()} == {"template"}
    ungrown = dataclasses.replace(job, grow=None)
    again = mine(ungrown, store, Run(tmp_path / "ungrown"))
    assert [e.output for e in again.examples()] == [e.output for e in examples]
