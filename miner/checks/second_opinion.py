"""A second model, asked the same on the same text, says the same: agreement between two models.

What one model finds and another does not is where annotations are wrong most often. Asked are
questions, choices and classifications; extractions are left to people and to *complete*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from miner.checks.answerable import ABSENT, word_f1
from miner.checks.opinions import OfModel, Opinion, is_open, request_for, scored
from miner.types import Annotation, Answers, Check, Document, Labels, Rejected, Reply, Request


@dataclass(frozen=True)
class SecondOpinion(OfModel):
    """Refuses what another model answers otherwise."""

    model: str
    """Name of the second model in the recipe's `models`."""
    overlap: float = 0.6
    """F1 of words from which two answers are the same."""

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Ask once, and compare."""
        request = self._request(item, documents)
        if request is None:
            return item
        replies = yield [request]
        reply = replies[0]
        if not isinstance(reply, Reply):
            return Rejected("no_answer", f"{reply.reason}: {reply.detail}")
        said = _said(reply)
        if not self._agrees(item, said):
            return Rejected("disagrees", f"{_asked(item)}: {'; '.join(said)[:160]}")
        return scored(item, replies, second_opinion=1.0)

    def _request(self, item: Annotation, documents: Mapping[str, Document]) -> Request | None:
        finding = item.finding
        options = getattr(finding, "options", ())
        if isinstance(finding, Labels | Answers) and options:
            schema = {
                "type": "object",
                "properties": {
                    "chosen": {"type": "array", "items": {"type": "string", "enum": list(options)}}
                },
                "required": ["chosen"],
                "additionalProperties": False,
            }
            listed = "\n".join(f"- {option}" for option in options)
            return request_for(
                "second_opinion", item, documents, schema=schema, question=_asked(item),
                options=listed, model=self.model,
            )  # fmt: skip
        if isinstance(finding, Answers) and not (finding.turns or finding.context or is_open(item)):
            return request_for(
                "answerable", item, documents, question=finding.question, max_tokens=160,
                model=self.model,
            )  # fmt: skip
        return None

    def _agrees(self, item: Annotation, said: Sequence[str]) -> bool:
        finding = item.finding
        if isinstance(finding, Labels):
            return set(said) == set(finding.labels)
        if not isinstance(finding, Answers):
            return False
        true = [finding.answer] if finding.answer else [span.text for span in finding.spans]
        if not true:
            return said[0].lower().rstrip(".") == ABSENT
        if finding.options:
            return set(said) == set(true)
        return any(word_f1(said[0], answer) >= self.overlap for answer in true)


def _asked(item: Annotation) -> str:
    finding = item.finding
    question = getattr(finding, "question", "")
    if isinstance(finding, Labels):
        some = "Which of these apply" if finding.multiple else "Which one of these applies, if any"
        return f"{some} ({question})?" if question else f"{some}?"
    return str(question)


def _said(reply: Reply) -> list[str]:
    return [*reply.data["chosen"]] if reply.data is not None else [reply.text.strip()]


PART: type[Check] = SecondOpinion
