"""A second model, asked the same on the same text, says the same: agreement between two models.

What one model finds and another does not is where annotations are wrong most often. Questions,
choices and classifications are asked again. What is extracted is extracted again, by the task's own
prompts, and compared piece by piece: label and place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miner.checks.answerable import ABSENT, word_f1
from miner.checks.findings import Item, items
from miner.checks.opinions import OfModel, Opinion, is_open, request_for, scored
from miner.types import (
    Annotation,
    Answers,
    Attributes,
    Check,
    Document,
    Entities,
    Events,
    Labels,
    Phrases,
    Recalled,
    Rejected,
    Relations,
    Reply,
    Request,
    Writing,
)


@dataclass(frozen=True)
class SecondOpinion(OfModel):
    """Refuses what another model answers otherwise."""

    model: str
    """Name of the second model in the recipe's `models`."""
    overlap: float = 0.6
    """F1 of words from which two answers are the same."""
    agreement: float = 0.6
    """F1 of pieces, equal in label and place, from which two extractions are the same."""

    def __post_init__(self) -> None:
        for name, value in (("overlap", self.overlap), ("agreement", self.agreement)):
            if not 0 <= value <= 1:
                raise ValueError(f"'{name}' is a share from 0 to 1, and not {value}")

    def compares(self, item: Annotation) -> bool:
        """Whether it is an extraction that a model made."""
        extracted = isinstance(item.finding, Entities | Relations | Attributes | Events | Phrases)
        return extracted and bool(item.request_ids)

    def compare(
        self, item: Annotation, others: Sequence[Annotation | Rejected]
    ) -> Annotation | Rejected:
        """Agreement with what another model extracted from the same text, for the same labels."""
        same = [other for other in others if isinstance(other, Annotation) and _alike(item, other)]
        if not same:
            refused = [other for other in others if isinstance(other, Rejected)]
            return Rejected(
                "no_answer", "; ".join(f"{o.reason}: {o.detail}" for o in refused)[:160]
            )
        mine, theirs = _pieces(item), {k: v for other in same for k, v in _pieces(other).items()}
        both = mine.keys() & theirs.keys()
        f1 = 2 * len(both) / (len(mine) + len(theirs)) if mine or theirs else 1.0
        if f1 < self.agreement:
            alone = [
                *(mine[k] for k in mine.keys() - both),
                *(theirs[k] for k in theirs.keys() - both),
            ]
            told = "; ".join(sorted(f"{words} ({label})" for label, _, words in alone))
            return Rejected("disagrees", f"F1 {f1:.2f}; only one found {told[:160]}")
        ids = dict.fromkeys((*item.request_ids, *(id for o in same for id in o.request_ids)))
        return dataclasses.replace(
            item,
            scores={**item.scores, "second_opinion": round(f1, 4)},
            request_ids=tuple(ids),
        )

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


def _alike(item: Annotation, other: Annotation) -> bool:
    """Whether two extractions are of one kind, from one text."""
    mine, theirs = item.finding, other.finding
    if type(mine) is not type(theirs) or isinstance(mine, Writing | Recalled):
        return False
    return not isinstance(theirs, Writing | Recalled) and mine.text == theirs.text


def _pieces(item: Annotation) -> dict[tuple[Any, ...], Item]:
    """What is claimed, by label and place; by place alone where each model names its own labels."""
    closed = isinstance(item.finding, Phrases) or bool(getattr(item.finding, "schema", ()))
    return {piece[:2] if closed else piece[1:2]: piece for piece in items(item.finding)}


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
