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
from typing import TYPE_CHECKING, Any, ClassVar

from miner.tasks.cues import instruction_in
from miner.tasks.finding import annotate
from miner.tasks.quoting import evidence, support
from miner.tasks.retrieval import best_passages
from miner.tasks.syllabus_asking import (
    ANSWER,
    DIFFICULTIES,
    KINDS,
    QUESTION,
    Asking,
    Talk,
    Topic,
    answer_prompt,
    follow_up_prompt,
    question_prompt,
)
from miner.tasks.syllabus_recalling import recalled
from miner.tasks.syllabus_templates import template_question
from miner.taxonomy.names import fold
from miner.taxonomy.plans import Draw
from miner.taxonomy.tree import Tree
from miner.types import Annotation, Answers, Passage, Rejected, Reply, Request, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.types import Case, Document, Mining

TEMPLATE_TRIES = 12
"""Plans looked at for a template's question: few are answered by what stands in a document."""


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
        held_out: Documents of each node, those after its first, whose questions are for testing;
            which they are is settled before any question is drawn.
        held_out_first: Share of nodes, by the hash of their ids, of which the first documents are
            held out instead: where the corpus made a syllabus, its own article answers best.
        held_out_concepts: Share of all concepts that only such questions are about.
        min_support: Share of an answer's telling words that its quotes or its question must hold.
        follow_ups: Further questions after each answer, as in a conversation.
        ungrounded: Questions for a node that the corpus has no document for, answered from the
            model's memory and labelled so; 0 leaves such a node alone.
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
    held_out_first: float = 0.25
    held_out_concepts: float = 0.2
    min_support: float = 0.5
    follow_ups: int = 0
    ungrounded: int = 0
    templates: bool = False
    temperature: float = 1.0
    answer_temperature: float = 0.7
    max_tokens: int = 1024
    model: str = ""
    answer_model: str = ""

    def __post_init__(self) -> None:
        if self.questions < 1 or self.passages < 1:
            raise ValueError("'questions' and 'passages' are at least 1")
        if min(self.held_out, self.follow_ups, self.ungrounded) < 0:
            raise ValueError("'held_out', 'follow_ups' and 'ungrounded' are at least 0")
        for name in ("two_sessions", "held_out_first", "held_out_concepts", "min_support"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"'{name}' is a share between 0 and 1")
        if not (self.kinds and self.difficulties):
            raise ValueError("'kinds' and 'difficulties' must not be empty")

    @property
    def without_documents(self) -> bool:
        """Whether it works at a node that the corpus has nothing for."""
        return self.ungrounded > 0

    def mine(self, case: Case) -> Mining:
        """Questions in one round, their answers in the next; then what follows from them."""
        topics = self.topics(case)
        if isinstance(topics, Rejected):
            return [topics]
        if not case.document.id:
            return (yield from recalled(self, case, topics))
        if self.templates:
            return self._from_templates(case)
        asks = [self.question_request(case, question_prompt(case, topic)) for topic in topics]
        asked = yield asks
        if all(isinstance(r, Rejected) and r.reason == "no_model" for r in asked):
            return self._from_templates(case)
        found: list[Annotation | Rejected] = []
        talks = [Talk(topic) for topic in topics]
        for number in range(self.follow_ups + 1):
            if number:
                asks = [self.question_request(case, follow_up_prompt(case, talk)) for talk in talks]
                asked = yield asks
            pending: list[_Pending] = []
            for talk, ask, reply in zip(talks, asks, asked, strict=True):
                ready = self._pending(case, talk, ask, reply)
                if isinstance(ready, Rejected):
                    found.append(ready)
                else:
                    pending.append(ready)
            answers = yield [item.request for item in pending]
            made = [
                (item, self._answered(case, item, reply))
                for item, reply in zip(pending, answers, strict=True)
            ]
            found += [result for _, result in made]
            talks = [
                item.talk.with_turn(result.finding)
                for item, result in made
                if isinstance(result, Annotation) and isinstance(result.finding, Answers)
            ]
        return found

    # -- what to ask about

    def topics(self, case: Case, tries: int = 1) -> list[Topic] | Rejected:
        """The plans that fall to this document, some for each question, or why there are none."""
        import numpy as np

        tree = case.taxonomy
        sessions = tree.syllabus(case.node.id) if isinstance(tree, Tree) else ()
        if not sessions:
            return Rejected("no_syllabus", case.node.id)
        held = self._for_testing(case.node.id, case.rank)
        views = [self._view(session.concepts, held=held) for session in sessions]
        draw = Draw(
            (tuple(map(len, views)),),
            self.seed,
            self.two_sessions,
            (f"{case.node.id}|{'held out' if held else 'training'}",),
        )
        sides = [self._for_testing(case.node.id, rank) for rank in range(case.rank)]
        before = sides.count(held)
        many = (self.questions if case.document.id else self.ungrounded) * tries
        first = before * many
        turns = np.arange(first, min(first + many, len(draw)), dtype=np.int64)
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
        return self._draws(fold(concept), self.held_out_concepts)

    def _draws(self, name: str, share: float) -> bool:
        digest = hashlib.sha256(f"{self.seed}|{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < share * 2**64

    def _pool(self, case: Case) -> list[Document]:
        """The document, then its neighbours on the same side of the split."""
        ranks = [i if i < case.rank else i + 1 for i in range(len(case.neighbours))]
        held = self._for_testing(case.node.id, case.rank)
        others = zip(ranks, case.neighbours, strict=True)
        return [
            case.document,
            *(d for rank, d in others if self._for_testing(case.node.id, rank) == held),
        ]

    def _for_testing(self, node: str, rank: int) -> bool:
        """The surest document of most nodes is for training: it is often the only one."""
        first = 0 if self._draws(f"held out first|{node}", self.held_out_first) else 1
        return first <= rank < first + self.held_out

    # -- with a model

    def question_request(self, case: Case, asking: Asking) -> Request:
        """For a question."""
        return Request(
            task="syllabus_instruction",
            document=case.document.id,
            messages=asking.messages,
            max_tokens=400,
            temperature=self.temperature,
            top_p=0.95,
            schema=QUESTION,
            model=self.model,
            prompt_version=asking.version,
        )

    def answer_request(self, case: Case, asking: Asking, schema: Mapping[str, Any]) -> Request:
        """For an answer."""
        return Request(
            task="syllabus_instruction",
            document=case.document.id,
            messages=asking.messages,
            max_tokens=self.max_tokens,
            temperature=self.answer_temperature,
            top_p=0.95,
            schema=schema,
            model=self.answer_model or self.model,
            prompt_version=asking.version,
        )

    def _pending(
        self, case: Case, talk: Talk, ask: Request, reply: Reply | Rejected
    ) -> _Pending | Rejected:
        """A question that may be answered, with its passages, or why not."""
        if isinstance(reply, Rejected):
            return reply
        question = instruction_in(str(reply.data["question"]))
        if isinstance(question, Rejected):
            return question
        query = " ".join((question, *talk.topic.all))
        found = best_passages(self._pool(case), query, self.passages, self.passage_words)
        if not found:
            return Rejected("no_passages", question[:200])
        request = self.answer_request(case, answer_prompt(talk, question, found), ANSWER)
        return _Pending(talk, question, tuple(found), ask, reply, request)

    def _answered(
        self, case: Case, item: _Pending, reply: Reply | Rejected
    ) -> Annotation | Rejected:
        if isinstance(reply, Rejected):
            return reply
        answer = " ".join(str(reply.data["answer"]).split(" ")).strip()
        if not reply.data["answerable"] or not answer:
            return Rejected("abstained", item.question[:200])
        documents = {d.id: d for d in self._pool(case)}
        spans, lost = evidence(reply.data["quotes"], item.passages, documents)
        if not spans:
            return Rejected("not_verbatim", "; ".join(lost)[:300] or "no quote")
        share = support(answer, item.question, spans)
        if share < self.min_support:
            return Rejected("unsupported", f"{share:.2f} of the answer's words: {answer[:200]}")
        used = [span.document for span in spans]
        context = tuple(
            documents[p.document].span(p.start, p.end) for p in item.passages if p.document in used
        )
        finding = Answers(
            context[0],
            item.question,
            tuple(spans),
            answer,
            context=context[1:],
            turns=item.talk.turns,
        )
        return self._annotation(
            case,
            item.talk.topic,
            finding,
            asked=[item.ask, item.request],
            replies=[item.reply, reply],
            scores={"support": round(share, 4), "quotes_lost": float(len(lost))},
            passages=item.passages,
        )

    # -- without one

    def _from_templates(self, case: Case) -> list[Annotation | Rejected]:
        found: list[Annotation | Rejected] = []
        topics = self.topics(case, TEMPLATE_TRIES)
        if isinstance(topics, Rejected):
            return [topics]
        made_so_far = 0
        used: set[tuple[str, int]] = set()
        for topic in topics:
            if made_so_far == self.questions:
                break
            made = template_question(case.document, topic.all, f"{case.node.id}|{topic.turn}")
            if isinstance(made, Rejected):
                found.append(made)
                continue
            place = (made.answer.document, made.answer.start)
            if place in used:
                found.append(Rejected("answered_before", made.question))
                continue
            used.add(place)
            made_so_far += 1
            finding = Answers(made.answer, made.question, (made.answer,))
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
        asked_by = "model" if replies else "template"
        meta = Talk(topic, finding.turns).record(asked_by=asked_by, grounded=True)
        meta["passages"] = [[p.document, p.start, p.end] for p in passages]
        if self._for_testing(case.node.id, case.rank):
            meta["split"] = "test"
        made = annotate(
            case,
            "syllabus_instruction",
            finding,
            key=f"{topic.turn}.{len(finding.turns)}",
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

    talk: Talk
    question: str
    passages: tuple[Passage, ...]
    ask: Request
    reply: Reply
    request: Request


def _resting_on(annotation: Annotation, documents: tuple[str, ...]) -> Annotation:
    import dataclasses

    return dataclasses.replace(annotation, documents=documents)


PART: type[Task] = SyllabusInstruction
