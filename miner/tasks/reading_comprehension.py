"""A model asks questions on passages; answers stand in the text, or rest on quotes from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from miner.tasks.asking import (
    TEXT,
    Asking,
    items_of,
    language_name,
    list_schema,
    one_of,
    spread,
    within,
)
from miner.tasks.cues import instruction_in
from miner.tasks.finding import annotate, dice
from miner.types import Annotation, Answers, Passage, Rejected, Reply, Request, Span, Task

if TYPE_CHECKING:
    import random

    from miner.types import Case, Mining

Form = Literal[
    "extractive", "multi_span", "abstractive", "yes_no", "multiple_choice", "unanswerable"
]
_LIST = {"type": "array", "items": TEXT}
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "extractive": list_schema(question=TEXT, answer=TEXT, before=TEXT),
    "multi_span": list_schema(question=TEXT, answers=_LIST),
    "abstractive": list_schema(question=TEXT, answer=TEXT, evidence=_LIST),
    "yes_no": list_schema(question=TEXT, answer=one_of(("yes", "no")), evidence=_LIST),
    "multiple_choice": list_schema(question=TEXT, answer=TEXT, wrong=_LIST, evidence=_LIST),
    "unanswerable": list_schema(question=TEXT, looks_answered_by=TEXT),
}


@dataclass(frozen=True)
class ReadingComprehension:
    """Forms take turns over the passages, so that each form sees every part of a document."""

    needs_model: ClassVar[bool] = True
    forms: tuple[Form, ...] = (
        "extractive", "multi_span", "abstractive", "yes_no", "multiple_choice", "unanswerable",
    )  # fmt: skip
    passages: int = 3
    questions: int = 2
    """Questions of one form on one passage."""
    wrong_options: int = 3
    max_words: int = 220
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        if not self.forms:
            raise ValueError("'forms' is empty")

    def mine(self, case: Case) -> Mining:
        """All requests in one round."""
        pieces = spread(case, self.passages, self.max_words)
        if not pieces:
            return [Rejected("no_passage")]
        rng = dice(case, "reading_comprehension")
        turn = rng.randrange(len(self.forms))
        forms = [self.forms[(turn + i) % len(self.forms)] for i in range(len(pieces))]
        asked = [
            (piece, form, self._request(case, piece, form))
            for piece, form in zip(pieces, forms, strict=True)
        ]
        replies = yield [request for _, _, request in asked]
        results: list[Annotation | Rejected] = []
        for (piece, form, request), reply in zip(asked, replies, strict=True):
            items = items_of(reply)
            if isinstance(items, Rejected) or isinstance(reply, Rejected):
                results.append(items if isinstance(items, Rejected) else Rejected("failed"))
                continue
            made = [self._read(case, piece, form, item, rng) for item in items[: self.questions]]
            if form == "yes_no":
                made = _balanced(made)
            for place, finding in enumerate(made):
                results.append(
                    finding
                    if isinstance(finding, Rejected)
                    else _annotated(case, piece, form, place, finding, request, reply)
                )
        return results

    def _request(self, case: Case, piece: Passage, form: str) -> Request:
        slots = {"count": str(self.questions), "language": language_name(case)}
        if form == "multiple_choice":
            slots["wrong"] = str(self.wrong_options)
        return self.asking.request(case, f"question_{form}", piece.text, _SCHEMAS[form], **slots)

    def _read(
        self, case: Case, piece: Passage, form: str, item: Mapping[str, Any], rng: random.Random
    ) -> Answers | Rejected:
        question = instruction_in(item["question"], max_words=60)
        if isinstance(question, Rejected):
            return question
        text = case.document.span(piece.start, piece.end)

        def quotes(texts: list[str]) -> tuple[Span, ...] | Rejected:
            found = [within(case.document, piece, quote) for quote in texts]
            for span in found:
                if isinstance(span, Rejected):
                    return span
            spans = tuple(span for span in found if isinstance(span, Span))
            return tuple(dict.fromkeys(spans)) or Rejected("no_evidence")

        if form == "unanswerable":
            return self._unanswerable(text, question, item["looks_answered_by"])
        if form == "extractive":
            span = within(case.document, piece, item["answer"], item["before"])
            return span if isinstance(span, Rejected) else Answers(text, question, (span,))
        spans = quotes(item["answers" if form == "multi_span" else "evidence"])
        if isinstance(spans, Rejected):
            return spans
        if form == "multi_span":
            if len(spans) < 2:
                return Rejected("single_span", question)
            return Answers(text, question, tuple(sorted(spans, key=lambda span: span.start)))
        answer = item["answer"].strip()
        if not answer:
            return Rejected("empty_answer", question)
        if form == "multiple_choice":
            return self._choice(text, question, answer, item["wrong"], spans, rng)
        return Answers(text, question, spans, answer)

    def _choice(
        self,
        text: Span,
        question: str,
        answer: str,
        wrong: list[str],
        spans: tuple[Span, ...],
        rng: random.Random,
    ) -> Answers | Rejected:
        others = list(dict.fromkeys(option.strip() for option in wrong if option.strip()))
        others = [option for option in others if option.casefold() != answer.casefold()]
        if len(others) < self.wrong_options:
            return Rejected("few_options", question)
        options = [answer, *others[: self.wrong_options]]
        rng.shuffle(options)
        return Answers(text, question, spans, answer, tuple(options))

    def _unanswerable(self, text: Span, question: str, trap: str) -> Answers | Rejected:
        """The passage must hold what misleads, or the question is off the subject."""
        if trap.strip() and trap.strip() not in text.text:
            return Rejected("not_verbatim", trap[:120])
        return Answers(text, question)


def _balanced(made: list[Answers | Rejected]) -> list[Answers | Rejected]:
    """As many yes as no: what is too many on one side is put aside."""
    kept: list[Answers | Rejected] = []
    counts = {"yes": 0, "no": 0}
    least = min(sum(isinstance(m, Answers) and m.answer == side for m in made) for side in counts)
    for finding in made:
        if isinstance(finding, Answers) and len(made) > 1:
            counts[finding.answer] += 1
            if counts[finding.answer] > max(1, least):
                kept.append(Rejected("unbalanced", finding.question))
                continue
        kept.append(finding)
    return kept


def _annotated(
    case: Case,
    piece: Passage,
    form: str,
    place: int,
    finding: Answers,
    request: Request,
    reply: Reply,
) -> Annotation:
    return annotate(
        case, "reading_comprehension", finding, key=f"{piece.start}.{form}.{place}",
        asked=[request], replies=[reply], meta={"form": form},
    )  # fmt: skip


PART: type[Task] = ReadingComprehension
