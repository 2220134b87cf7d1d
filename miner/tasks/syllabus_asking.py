"""What the syllabus task says to a model: about a topic, about a talk, about passages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.prompts import Block, Prompt, document_block
from miner.taxonomy.tree import Session, Tree
from miner.types import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.types import Answers, Case, Passage, Recalled

PROMPTS = Path(__file__).parent / "prompts"
KINDS = (
    "explanation: how or why something is as it is",
    "comparison: what two or more things share and where they differ",
    "application: a concrete case that has to be worked out with what was taught",
    "cause and effect: what leads to something, or what follows from it",
    "overview: the main points of something, in order",
)
DIFFICULTIES = (
    "easy: a beginner who has just heard of the concepts can answer",
    "medium: the concepts have to be brought together",
    "hard: several steps of reasoning are needed",
)
QUESTION: Mapping[str, Any] = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}
ANSWER: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "answerable": {"type": "boolean"},
        "answer": {"type": "string"},
        "quotes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"passage": {"type": "integer"}, "quote": {"type": "string"}},
                "required": ["passage", "quote"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["answerable", "answer", "quotes"],
    "additionalProperties": False,
}
RECALL: Mapping[str, Any] = {
    "type": "object",
    "properties": {"answerable": {"type": "boolean"}, "answer": {"type": "string"}},
    "required": ["answerable", "answer"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Topic:
    """What one question is about."""

    turn: int
    sessions: tuple[Session, ...]
    concepts: tuple[tuple[str, ...], ...]
    """Of each session; none is empty."""
    kind: str
    difficulty: str

    @property
    def all(self) -> tuple[str, ...]:
        """The concepts of all sessions."""
        return tuple(concept for some in self.concepts for concept in some)


@dataclass(frozen=True, slots=True)
class Talk:
    """A topic, and what was said about it."""

    topic: Topic
    turns: tuple[tuple[str, str], ...] = ()

    def with_turn(self, finding: Answers | Recalled) -> Talk:
        """The talk with a question and its answer more."""
        return Talk(self.topic, (*self.turns, (finding.question, finding.answer)))

    def record(self, *, asked_by: str, grounded: bool) -> dict[str, Any]:
        """GLAN's record: where in the tree the question is from, and what kind it is."""
        topic, model = self.topic, asked_by == "model"
        return {
            "self_contained": not self.turns,
            "grounded": grounded,
            "asked_by": asked_by,
            "sessions": [session.name for session in topic.sessions],
            "concepts": [list(some) for some in topic.concepts],
            "plan": topic.turn,
            "kind": topic.kind.partition(":")[0] if model else "template",
            "difficulty": topic.difficulty.partition(":")[0] if model else "",
            "turn": len(self.turns),
            "passages": [],
        }

    def asked(self, question: str) -> str:
        """A question as one who has not followed the talk can understand it."""
        if not self.turns:
            return question
        said = " ".join(f"Question: {q} Answer: {a}" for q, a in self.turns)
        return f"{question} (Said before: {said})"


@dataclass(frozen=True, slots=True)
class Asking:
    """Messages, and the prompt's version."""

    messages: tuple[Message, ...]
    version: str


@cache
def _prompt(name: str) -> Prompt:
    return Prompt.read(PROMPTS / f"{name}.txt")


def question_prompt(case: Case, topic: Topic) -> Asking:
    """Ask for a question on a topic, with the whole syllabus as context (GLAN)."""
    tree = case.taxonomy
    syllabus = tree.syllabus(case.node.id) if isinstance(tree, Tree) else ()
    plan = "\n".join(
        f"{number}. {session.name}: {'; '.join(session.concepts)}"
        for number, session in enumerate(syllabus, 1)
    )
    names = [f'"{session.name}"' for session in topic.sessions]
    where = f"the session {names[0]}"
    if len(names) > 1:
        where = f"the sessions {' and '.join(names)} together"
    prompt = _prompt("syllabus_question")
    messages = prompt.render(
        course=case.node.name,
        path=" > ".join(tree.path(case.node.id)[:-1]) or case.node.name,
        plan=plan,
        where=where,
        concepts="; ".join(topic.all),
        kind=topic.kind,
        difficulty=topic.difficulty,
        language="English" if case.document.language in ("", "en") else "The same language",
    )
    return Asking(messages, prompt.version)


def follow_up_prompt(case: Case, talk: Talk) -> Asking:
    """Ask for the learner's next question."""
    prompt = _prompt("syllabus_follow_up")
    said = "\n".join(f"Learner: {q}\nTeacher: {a}" for q, a in talk.turns)
    messages = prompt.render(
        course=case.node.name, concepts="; ".join(talk.topic.all), conversation=said
    )
    return Asking(messages, prompt.version)


def answer_prompt(talk: Talk, question: str, passages: Sequence[Passage]) -> Asking:
    """Ask for an answer from passages; each is fenced as a document's text."""
    prompt = _prompt("syllabus_answer")
    blocks = "\n\n".join(
        f"Passage {number}:\n{document_block(passage.text)}"
        for number, passage in enumerate(passages, 1)
    )
    messages = prompt.render(question=talk.asked(question), passages=Block(blocks))
    return Asking(messages, prompt.version)


def recall_prompt(talk: Talk, question: str) -> Asking:
    """Ask for an answer from memory."""
    prompt = _prompt("syllabus_recall")
    return Asking(prompt.render(question=talk.asked(question)), prompt.version)
