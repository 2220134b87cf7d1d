"""Questions at a node that the corpus holds nothing for, answered from memory as GLAN does it.

A recipe has to ask for it (`ungrounded`). What comes of it names no document, has no span and is
labelled, so that it can be told from what the corpus bears, and left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from miner.tasks.cues import instruction_in
from miner.tasks.finding import digest
from miner.tasks.syllabus_asking import (
    RECALL,
    Talk,
    follow_up_prompt,
    question_prompt,
    recall_prompt,
)
from miner.types import Annotation, Recalled, Rejected, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.tasks.syllabus_asking import Asking, Topic
    from miner.types import Case, Mining


class Asker(Protocol):
    """How the task asks a model."""

    @property
    def follow_ups(self) -> int:
        """Further questions after each answer."""
        ...

    def question_request(self, case: Case, asking: Asking) -> Request:
        """For a question."""
        ...

    def answer_request(self, case: Case, asking: Asking, schema: Mapping[str, Any]) -> Request:
        """For an answer."""
        ...


@dataclass(frozen=True, slots=True)
class _Pending:
    talk: Talk
    question: str
    ask: Request
    asked: Reply
    request: Request


def recalled(asker: Asker, case: Case, topics: Sequence[Topic]) -> Mining:
    """Questions in one round, what the model remembers in the next, and what follows."""
    found: list[Annotation | Rejected] = []
    talks = [Talk(topic) for topic in topics]
    for number in range(asker.follow_ups + 1):
        asks = [
            asker.question_request(
                case, follow_up_prompt(case, talk) if number else question_prompt(case, talk.topic)
            )
            for talk in talks
        ]
        replies = yield asks
        pending: list[_Pending] = []
        for talk, ask, reply in zip(talks, asks, replies, strict=True):
            if isinstance(reply, Rejected):
                found.append(reply)
                continue
            question = instruction_in(str(reply.data["question"]))
            if isinstance(question, Rejected):
                found.append(question)
                continue
            request = asker.answer_request(case, recall_prompt(talk, question), RECALL)
            pending.append(_Pending(talk, question, ask, reply, request))
        answers = yield [item.request for item in pending]
        talks = []
        for item, reply in zip(pending, answers, strict=True):
            result = _answered(case, item, reply)
            found.append(result)
            if isinstance(result, Annotation) and isinstance(result.finding, Recalled):
                talks.append(item.talk.with_turn(result.finding))
    return found


def _answered(case: Case, item: _Pending, reply: Reply | Rejected) -> Annotation | Rejected:
    if isinstance(reply, Rejected):
        return reply
    answer = str(reply.data["answer"]).strip()
    if not reply.data["answerable"] or not answer:
        return Rejected("abstained", item.question[:200])
    talk = item.talk
    return Annotation(
        id=digest("syllabus_instruction", case.node.id, talk.topic.turn, len(talk.turns)),
        task="syllabus_instruction",
        node=case.node.id,
        documents=(),
        finding=Recalled(item.question, answer, talk.turns),
        model=item.asked.model,
        prompt_version=item.ask.prompt_version,
        request_ids=(item.asked.request_id, reply.request_id),
        meta=talk.record(asked_by="model", grounded=False),
    )
