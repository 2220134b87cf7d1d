"""A model makes claims on passages: each follows, is contradicted, or is left open (inference).

Natural-language inference is one of Bonito's sixteen types (Nayak et al. 2024, arXiv 2402.18334).
The three kinds come in equal numbers, so that no answer is a good guess; what is settled carries
the quotes that settle it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, list_schema, one_of
from miner.tasks.finding import dice
from miner.tasks.reading import (
    Found,
    Shown,
    Unfit,
    alike,
    balanced,
    each,
    one_round,
    question_of,
    single,
)
from miner.types import Answers, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.tasks.asking import Items
    from miner.types import Case, Mining, Rejected

OPTIONS: Mapping[str, str] = {
    "follows": "It follows from the text.",
    "contradicted": "The text contradicts it.",
    "open": "The text leaves it open.",
}
NOT_SETTLED = "It does not follow from the text."
QUESTIONS = (
    "What does the text say about this claim? {claim}",
    "Is this claim borne out by the text? {claim}",
    "What does the text make of this claim? {claim}",
)
ENTAILMENT = (
    "Does the claim follow from the text? {claim}",
    "Can a reader of the text take this for true? {claim}",
    "If the text is right, must this be right too? {claim}",
)
_SCHEMA = list_schema(
    kind=one_of(tuple(OPTIONS)), claim=TEXT, evidence={"type": "array", "items": TEXT}
)


@dataclass(frozen=True)
class Claims:
    """Each passage gives as many claims of each kind; what is over is put aside."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    passages: int = 3
    claims: int = 1
    """Claims of each kind on one passage."""
    entailment: bool = False
    """Whether only two answers are told apart: it follows, or it does not."""
    max_words: int = 220
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        if self.passages < 1 or self.claims < 1:
            raise ValueError("'passages' and 'claims' are at least 1")

    @property
    def options(self) -> tuple[str, ...]:
        """The answers to choose from."""
        return (OPTIONS["follows"], NOT_SETTLED) if self.entailment else tuple(OPTIONS.values())

    def mine(self, case: Case) -> Mining:
        """All requests in one round."""
        slots = {"count": str(self.claims), "language": language_name(case)}
        shown = single(case, self.passages, self.max_words)
        asks = alike(shown, self.asking, "claims", _SCHEMA, slots, self._read)
        return one_round(case, "claims", asks)

    def _read(self, shown: Shown, data: Items) -> list[Found | Rejected]:
        items = list(data["items"])
        if self.entailment:  # what does not follow is contradicted or left open, by chance
            dice(shown.case, "entailment", shown.key).shuffle(items)
        made = each(items, partial(self._claim, shown))
        return balanced(made, self.options, most=self.claims)

    def _claim(self, shown: Shown, item: Mapping[str, Any]) -> Found:
        kind = str(item["kind"])
        claim = question_of(str(item["claim"]), max_words=50)
        if claim.rstrip(".") in shown.text.text:
            raise Unfit("copied", claim)
        if kind == "open" and item["evidence"]:
            raise Unfit("settled", claim)
        spans = () if kind == "open" else shown.quotes(map(str, item["evidence"]))
        answer = OPTIONS[kind]
        if self.entailment and kind != "follows":
            answer = NOT_SETTLED
        wording = dice(shown.case, "claims", claim).choice(
            ENTAILMENT if self.entailment else QUESTIONS
        )
        question = wording.replace("{claim}", claim)
        return Found(Answers(shown.text, question, spans, answer, self.options), {"form": kind})


PART: type[Task] = Claims
