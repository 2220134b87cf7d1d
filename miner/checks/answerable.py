"""A model asked the question several times finds the same answer, and only with the text at hand.

Source: Source2Synth (arXiv 2409.08239) keeps what can be answered again; the closed-book try
refuses questions that teach nothing about reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from miner.checks.opinions import OfModel, Opinion, is_open, request_for, scored
from miner.shingles import tokens
from miner.types import Annotation, Answers, Check, Document, Rejected, Reply

ABSENT = "not stated"
ARTICLES = frozenset(("a", "an", "the"))


@dataclass(frozen=True)
class Answerable(OfModel):
    """Refuses questions whose answer does not come back, or comes without the text."""

    tries: int = 3
    least: int = 2
    """Tries that must agree with the answer."""
    closed_book: bool = True
    """Whether to refuse what the model answers without the text."""
    overlap: float = 0.6
    """F1 of words from which two answers are the same."""
    model: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.tries:
            raise ValueError("'least' is between 1 and 'tries'")

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Ask the question, and compare."""
        finding = item.finding
        if not isinstance(finding, Answers) or finding.options or finding.turns or finding.context:
            return item
        if is_open(item):
            return item
        requests = [
            request_for(
                "answerable", item, documents, question=finding.question, temperature=0.7,
                sample=number, max_tokens=160, model=self.model,
            )
            for number in range(self.tries)
        ]  # fmt: skip
        if self.closed_book:
            requests.append(
                request_for(
                    "closed_book", item, documents, question=finding.question, shown=False,
                    max_tokens=160, model=self.model,
                )
            )  # fmt: skip
        replies = yield requests
        said = [reply.text.strip() if isinstance(reply, Reply) else "" for reply in replies]
        true = [finding.answer] if finding.answer else [span.text for span in finding.spans]
        agreed = sum(self._same(text, true) for text in said[: self.tries])
        if agreed < self.least:
            heard = " | ".join(text[:60] for text in said[: self.tries])
            return Rejected("disagrees", f"{finding.question}: {heard}")
        if self.closed_book and true and self._same(said[-1], true):
            return Rejected("known_without_text", f"{finding.question}: {said[-1][:80]}")
        return scored(item, replies, answerable=agreed / self.tries)

    def _same(self, said: str, true: list[str]) -> bool:
        if not true:  # the text does not say: only the agreed words mean that
            return said.lower().rstrip(".") == ABSENT
        return any(word_f1(said, answer) >= self.overlap for answer in true)


def word_f1(one: str, other: str) -> float:
    """F1 of the words of two answers, articles apart (SQuAD's measure)."""
    a, b = (Counter(w for w in tokens(text) if w not in ARTICLES) for text in (one, other))
    shared = (a & b).total()
    return 2 * shared / (a.total() + b.total()) if shared else 0.0


PART: type[Check] = Answerable
