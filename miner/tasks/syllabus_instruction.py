"""Asks what a syllabus teaches, and answers from the node's documents with evidence (GLAN).

GLAN (Li et al. 2024, section 2.4) draws one or two class sessions and up to five key concepts,
shows the whole syllabus and lets a model write a question; a second call answers from memory. Here
the answer comes from passages of the documents that were selected for the node, with quotes that
are aligned to them, or there is none. Without a model, templates ask for the drawn concepts and the
answer is the stretch of a document that explains them, word for word.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from miner.prompts import Block, Prompt, document_block
from miner.tasks.cues import instruction_in
from miner.tasks.finding import annotate
from miner.tasks.retrieval import best_passages, content_words
from miner.tasks.syllabus_templates import answer_from, question_of
from miner.taxonomy.names import fold
from miner.taxonomy.plans import Draw
from miner.taxonomy.tree import Session, Tree
from miner.text import align
from miner.types import Annotation, Answers, Passage, Rejected, Reply, Request, Span, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.types import Case, Document, Mining

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
_QUESTION = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}
_ANSWER = {
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
MIN_QUOTE_WORDS = 4


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


@dataclass(frozen=True)
class SyllabusInstruction:
    """Needs a taxonomy with syllabi: a grown tree, or nodes of the level "session".

    Attributes:
        questions: Drawn for each document.
        seed: Of the draws. All documents of a node draw from one, so no plan comes twice.
        two_sessions: Share of questions over two sessions.
        kinds: Of questions, in turn.
        difficulties: In turn.
        passages: Shown for an answer.
        passage_words: Most words of one.
        held_out: Documents of each node, those after its first, whose questions are for testing.
        held_out_concepts: Share of all concepts that only such questions are about.
        min_support: Share of an answer's telling words that its quotes or its question must hold.
        templates: Ask by templates even where there is a model.
        temperature: Of questions; answers are given at `answer_temperature`.
        answer_temperature: GLAN's is 0.7.
        max_tokens: Of an answer.
        model: A name among the recipe's models, for questions.
        answer_model: The same, for answers.
    """

    needs_model: ClassVar[bool] = False
    wants_neighbours: ClassVar[bool] = True
    questions: int = 2
    seed: int = 0
    two_sessions: float = 0.5
    kinds: tuple[str, ...] = KINDS
    difficulties: tuple[str, ...] = DIFFICULTIES
    passages: int = 4
    passage_words: int = 160
    held_out: int = 0
    held_out_concepts: float = 0.2
    min_support: float = 0.5
    templates: bool = False
    temperature: float = 1.0
    answer_temperature: float = 0.7
    max_tokens: int = 1024
    model: str = ""
    answer_model: str = ""

    def __post_init__(self) -> None:
        if self.questions < 1 or self.passages < 1 or self.held_out < 0:
            raise ValueError("questions and passages are 1 or more, held_out is 0 or more")
        for name in ("two_sessions", "held_out_concepts", "min_support"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"'{name}' is a share between 0 and 1")
        if not (self.kinds and self.difficulties):
            raise ValueError("'kinds' and 'difficulties' must not be empty")

    def mine(self, case: Case) -> Mining:
        """Questions in one round, their answers in the next."""
        topics = self.topics(case)
        if isinstance(topics, Rejected):
            return [topics]
        if self.templates:
            return self._from_templates(case, topics)
        asks = [self._question_request(case, topic) for topic in topics]
        asked = yield asks
        if all(isinstance(r, Rejected) and r.reason == "no_model" for r in asked):
            return self._from_templates(case, topics)
        found: list[Annotation | Rejected] = []
        pending: list[_Pending] = []
        for topic, ask, reply in zip(topics, asks, asked, strict=True):
            ready = self._pending(case, topic, ask, reply)
            if isinstance(ready, Rejected):
                found.append(ready)
            else:
                pending.append(ready)
        answers = yield [item.request for item in pending]
        for item, reply in zip(pending, answers, strict=True):
            found.append(self._answered(case, item, reply))
        return found

    # -- what to ask about

    def topics(self, case: Case) -> list[Topic] | Rejected:
        """The plans that fall to this document, or why there are none."""
        import numpy as np

        tree = case.taxonomy
        sessions = tree.syllabus(case.node.id) if isinstance(tree, Tree) else ()
        if not sessions:
            return Rejected("no_syllabus", case.node.id)
        held = self._for_testing(case.rank)
        views = [self._view(session.concepts, held=held) for session in sessions]
        draw = Draw(
            (tuple(map(len, views)),),
            self.seed,
            self.two_sessions,
            (f"{case.node.id}|{'held out' if held else 'training'}",),
        )
        before = case.rank - 1 if held else max(0, case.rank - self.held_out)
        first = before * self.questions
        turns = np.arange(first, min(first + self.questions, len(draw)), dtype=np.int64)
        if not len(turns):
            return Rejected("plans_used_up", f"{case.node.id} has {len(draw)}")
        plans = draw.at(np.zeros(len(turns), dtype=np.int64), turns)
        return [
            Topic(
                int(turn),
                tuple(sessions[s] for s in plan.sessions),
                tuple(
                    tuple(views[s][c] for c in some)
                    for s, some in zip(plan.sessions, plan.concepts, strict=True)
                ),
                self.kinds[turn % len(self.kinds)],
                self.difficulties[turn // len(self.kinds) % len(self.difficulties)],
            )
            for turn, plan in zip(turns.tolist(), plans, strict=True)
        ]

    def _view(self, concepts: Sequence[str], *, held: bool) -> tuple[str, ...]:
        """The concepts for testing, or those for training: parted by name, over the whole tree."""
        if not self.held_out:
            return tuple(concepts)
        return tuple(c for c in concepts if self._is_held_out(c) == held)

    def _is_held_out(self, concept: str) -> bool:
        digest = hashlib.sha256(f"{self.seed}|{fold(concept)}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.held_out_concepts * 2**64

    def _pool(self, case: Case) -> list[Document]:
        """The document, then its neighbours on the same side of the split."""
        ranks = [i if i < case.rank else i + 1 for i in range(len(case.neighbours))]
        held = self._for_testing(case.rank)
        others = zip(ranks, case.neighbours, strict=True)
        return [case.document, *(d for rank, d in others if self._for_testing(rank) == held)]

    def _for_testing(self, rank: int) -> bool:
        """The surest document of a node is for training: it is often the only one."""
        return 1 <= rank <= self.held_out

    # -- with a model

    def _question_request(self, case: Case, topic: Topic) -> Request:
        prompt = Prompt.read(PROMPTS / "syllabus_question.txt")
        assert isinstance(case.taxonomy, Tree)  # noqa: S101 - topics() has seen to it
        plan = "\n".join(
            f"{number}. {session.name}: {'; '.join(session.concepts)}"
            for number, session in enumerate(case.taxonomy.syllabus(case.node.id), 1)
        )
        names = [f'"{session.name}"' for session in topic.sessions]
        where = f"the session {names[0]}"
        if len(names) > 1:
            where = f"the sessions {' and '.join(names)} together"
        messages = prompt.render(
            course=case.node.name,
            path=" > ".join(case.taxonomy.path(case.node.id)[:-1]) or case.node.name,
            plan=plan,
            where=where,
            concepts="; ".join(topic.all),
            kind=topic.kind,
            difficulty=topic.difficulty,
            language="English" if case.document.language in ("", "en") else "The same language",
        )
        return Request(
            task="syllabus_instruction",
            document=case.document.id,
            messages=messages,
            max_tokens=400,
            temperature=self.temperature,
            top_p=0.95,
            schema=_QUESTION,
            model=self.model,
            prompt_version=prompt.version,
        )

    def _pending(
        self, case: Case, topic: Topic, ask: Request, reply: Reply | Rejected
    ) -> _Pending | Rejected:
        """A question that may be answered, with its passages, or why not."""
        if isinstance(reply, Rejected):
            return reply
        question = instruction_in(str(reply.data["question"]))
        if isinstance(question, Rejected):
            return question
        query = " ".join((question, *topic.all))
        found = best_passages(self._pool(case), query, self.passages, self.passage_words)
        if not found:
            return Rejected("no_passages", question[:200])
        prompt = Prompt.read(PROMPTS / "syllabus_answer.txt")
        blocks = "\n\n".join(
            f"Passage {number}:\n{document_block(passage.text)}"
            for number, passage in enumerate(found, 1)
        )
        request = Request(
            task="syllabus_instruction",
            document=case.document.id,
            messages=prompt.render(question=question, passages=Block(blocks)),
            max_tokens=self.max_tokens,
            temperature=self.answer_temperature,
            top_p=0.95,
            schema=_ANSWER,
            model=self.answer_model or self.model,
            prompt_version=prompt.version,
        )
        return _Pending(topic, question, tuple(found), ask, reply, request)

    def _answered(
        self, case: Case, item: _Pending, reply: Reply | Rejected
    ) -> Annotation | Rejected:
        if isinstance(reply, Rejected):
            return reply
        answer = " ".join(str(reply.data["answer"]).split(" ")).strip()
        if not reply.data["answerable"] or not answer:
            return Rejected("abstained", item.question[:200])
        documents = {d.id: d for d in self._pool(case)}
        spans, lost = _evidence(reply.data["quotes"], item.passages, documents)
        if not spans:
            return Rejected("not_verbatim", "; ".join(lost)[:300] or "no quote")
        support = _support(answer, item.question, spans)
        if support < self.min_support:
            return Rejected("unsupported", f"{support:.2f} of the answer's words: {answer[:200]}")
        used = [span.document for span in spans]
        context = tuple(
            documents[p.document].span(p.start, p.end) for p in item.passages if p.document in used
        )
        finding = Answers(context[0], item.question, tuple(spans), answer, context=context[1:])
        return self._annotation(
            case,
            item.topic,
            finding,
            asked=[item.ask, item.request],
            replies=[item.reply, reply],
            scores={"support": round(support, 4), "quotes_lost": float(len(lost))},
            passages=item.passages,
        )

    # -- without one

    def _from_templates(self, case: Case, topics: Sequence[Topic]) -> list[Annotation | Rejected]:
        found: list[Annotation | Rejected] = []
        for topic in topics:
            answer = answer_from(self._pool(case), topic.all)
            if isinstance(answer, Rejected):
                found.append(answer)
                continue
            question = question_of(case.node.name, topic.all, case.node.id, topic.turn)
            finding = Answers(answer, question, (answer,))
            found.append(self._annotation(case, topic, finding))
        return found

    def _annotation(
        self,
        case: Case,
        topic: Topic,
        finding: Answers,
        *,
        asked: Sequence[Request] = (),
        replies: Sequence[Reply] = (),
        scores: dict[str, float] | None = None,
        passages: Sequence[Passage] = (),
    ) -> Annotation:
        """GLAN's record: where in the tree the question is from, and what its answer rests on."""
        meta: dict[str, Any] = {
            "self_contained": True,
            "grounded": True,
            "asked_by": "model" if replies else "template",
            "sessions": [session.name for session in topic.sessions],
            "concepts": [list(some) for some in topic.concepts],
            "plan": topic.turn,
            "kind": topic.kind.partition(":")[0] if replies else "template",
            "difficulty": topic.difficulty.partition(":")[0] if replies else "",
            "passages": [[p.document, p.start, p.end] for p in passages],
        }
        if self._for_testing(case.rank):
            meta["split"] = "test"
        made = annotate(
            case,
            "syllabus_instruction",
            finding,
            key=str(topic.turn),
            asked=asked,
            replies=replies,
            scores=scores,
            meta=meta,
        )
        spans = (finding.text, *finding.spans, *finding.context)
        return _resting_on(made, tuple(dict.fromkeys(span.document for span in spans)))


@dataclass(frozen=True, slots=True)
class _Pending:
    """A question on its way to an answer."""

    topic: Topic
    question: str
    passages: tuple[Passage, ...]
    ask: Request
    reply: Reply
    request: Request


def _resting_on(annotation: Annotation, documents: tuple[str, ...]) -> Annotation:
    import dataclasses

    return dataclasses.replace(annotation, documents=documents)


def _evidence(
    quotes: Sequence[dict[str, Any]],
    passages: Sequence[Passage],
    documents: dict[str, Document],
) -> tuple[list[Span], list[str]]:
    """The quotes that stand in a document that was shown, and those that do not."""
    spans: list[Span] = []
    lost: list[str] = []
    for row in quotes:
        quote, number = str(row["quote"]).strip(), row["passage"]
        if len(quote.split()) < MIN_QUOTE_WORDS:
            lost.append(quote)
            continue
        shown = list(passages)
        if 1 <= number <= len(shown):
            shown.insert(0, shown.pop(number - 1))
        span = next(filter(None, (_inside(p, documents[p.document], quote) for p in shown)), None)
        if span is None:
            lost.append(quote)
        elif span not in spans:
            spans.append(span)
    return spans, lost


def _inside(passage: Passage, document: Document, quote: str) -> Span | None:
    """The quote's place in a passage; exact first, then as miner.text aligns it."""
    at = passage.text.find(quote)
    if at >= 0:
        return document.span(passage.start + at, passage.start + at + len(quote))
    found = align(document, quote)
    if isinstance(found, Rejected) or not passage.start <= found.start < found.end <= passage.end:
        return None
    return found


def _support(answer: str, question: str, spans: Sequence[Span]) -> float:
    """Share of an answer's telling words that stand in its evidence or its question."""
    said = set(content_words(answer))
    borne = set(content_words(question)).union(*(content_words(s.text) for s in spans))
    return len(said & borne) / max(1, len(said))


PART: type[Task] = SyllabusInstruction
