"""Plays the model that grows a tree: what it says stands in tests/data/glan/replies.json.

Good replies and bad ones: prose in place of a list, one subject ten times, an instruction for a
name, another language, a syllabus without sessions, one with 3,000, a quote that no passage holds. Of
other courses it copies the draft it is shown, and answers with the sentences that name the concepts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miner.types import Reply, Request

DATA = Path(__file__).parent / "data" / "glan"
REPLIES = json.loads((DATA / "replies.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Teacher:
    """A model in this process."""

    model: str = "teacher"

    async def complete(self, request: Request) -> Reply:
        """Answer from the prompt alone."""
        text = say("\n".join(m.content for m in request.messages))
        return Reply("", text, model=self.model, prompt_tokens=100, completion_tokens=50)


def answer(body: dict[str, Any]) -> str:
    """The same for tests.server."""
    return say("\n".join(m["content"] for m in body["messages"]))


def say(prompt: str) -> str:
    """What the teacher says to a prompt."""
    for mark, speak in (
        ("Set out from ", _list),
        ("Copy every one of the ", _copy_list),
        ("Plan this course.", _plan),
        ("Improve this plan.", _refine),
        ("Copy every class session", _copy_plan),
        ("Write one question.", _question),
        ("Answer the question from the passages above.", _answer),
        ("true if you know the answer well", _recall),
        ("Answer with one word: yes", lambda _: "yes"),
    ):
        if mark in prompt:
            return speak(prompt)
    raise AssertionError(prompt[:300])


def _list(prompt: str) -> str:
    topic = re.search(r"^Topic: (?:.* > )?(.*)$", prompt, re.MULTILINE)
    angle = re.search(r"Set out from (.*?), go through", prompt)
    assert topic
    assert angle
    for row in REPLIES["lists"]:
        if (row["discipline"], row["angle"]) == (topic[1], angle[1]):
            return row["notes"]
    return "I have nothing to add."


def _copy_list(prompt: str) -> str:
    found = [row["records"] for row in REPLIES["lists"] if row["notes"] in prompt]
    return json.dumps({"records": found[0] if found else []})


def _plan(prompt: str) -> str:
    course = re.search(r"^Course: (.*)$", prompt, re.MULTILINE)
    assert course
    for row in REPLIES["syllabi"]:
        if row["subject"] == course[1]:
            return row["notes"]
    return "No plan."


def _refine(prompt: str) -> str:
    """The draft, with a plainer name for what an article begins with."""
    found = re.findall(r"^\d+\. (.*?)(?:: overview)?: (.*)$", prompt, re.MULTILINE)
    return "\n".join(f"{i}. {name}: {concepts}" for i, (name, concepts) in enumerate(found, 1))


def _copy_plan(prompt: str) -> str:
    records: Any = next((r["records"] for r in REPLIES["syllabi"] if r["notes"] in prompt), None)
    if records is None:
        records = [
            {"name": name, "description": "", "concepts": concepts.split("; ")}
            for name, concepts in re.findall(r"^\d+\. (.*?): (.*)$", prompt, re.MULTILINE)
        ]
    if records == "3000":
        records = [
            {"name": f"Session on {i}", "description": "", "concepts": [f"concept {i}"]}
            for i in range(3000)
        ]
    return json.dumps({"records": records})


def _question(prompt: str) -> str:
    concepts = re.search(r"all of these key concepts: (.*?)\. They need", prompt)
    course = re.search(r"^Course: (.*)$", prompt, re.MULTILINE)
    assert concepts
    assert course
    names = concepts[1].replace("; ", " and ")
    return json.dumps({"question": f"What should be known of {names} in {course[1]}?"})


def _answer(prompt: str) -> str:
    question = re.search(r"^Question: What should be known of (.*) in ", prompt, re.MULTILINE)
    assert question
    asked = question[1].casefold().split(" and ")
    known = {row["concept"]: row for row in REPLIES["answers"]}
    rows = [known[concept] for concept in asked if concept in known]
    shown = re.split(r"^Passage (\d+):$", prompt, flags=re.MULTILINE)[1:]
    passages = dict(zip(map(int, shown[::2]), shown[1::2], strict=True))
    quotes = [
        {"passage": next((n for n, p in passages.items() if row["quote"] in p), 1), **_only(row)}
        for row in rows
    ]
    if len(rows) < len(asked):
        quotes = _said(asked, passages)
        rows = [{"answer": q["quote"]} for q in quotes]
    if not rows:
        return json.dumps({"answerable": False, "answer": "", "quotes": []})
    answer = " ".join(row["answer"] for row in rows)
    return json.dumps({"answerable": True, "answer": answer, "quotes": quotes})


def _said(asked: list[str], passages: dict[int, str]) -> list[dict[str, Any]]:
    """For each concept the first sentence that names it; nothing if one has none."""
    quotes: dict[str, int] = {}
    for concept in asked:
        named = re.compile(rf"(?<!\w){re.escape(concept)}(?!\w)", re.IGNORECASE)
        for number, passage in passages.items():
            sentences = re.split(r"(?<=[.!?])\s+", passage)[1:-1]
            if found := next((s for s in sentences if named.search(s) and len(s) > 40), ""):
                quotes.setdefault(found, number)
                break
        else:
            return []
    return [{"passage": number, "quote": quote} for quote, number in quotes.items()]


def _only(row: dict[str, str]) -> dict[str, str]:
    return {"quote": row["quote"]}


def _recall(prompt: str) -> str:
    question = re.search(r"^Question: What should be known of (.*) in ", prompt, re.MULTILINE)
    assert question
    known = {row["concept"]: row["answer"] for row in REPLIES["answers"]}
    said = [known[c] for c in question[1].casefold().split(" and ") if c in known]
    return json.dumps({"answerable": bool(said), "answer": " ".join(said)})
