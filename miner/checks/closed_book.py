"""How often a model answers a question without the text: recorded, and refused from a share on.

A question that is answered from memory teaches nothing about reading; one that never is, is hard.
The share enters an example's difficulty. Source: closed-book tests of reading comprehension
(Kaushik and Lipton, arXiv 1808.04926).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from miner.checks.answerable import word_f1
from miner.checks.opinions import OfModel, Opinion, is_open, request_for, scored
from miner.types import Annotation, Answers, Check, Document, Rejected, Reply


@dataclass(frozen=True)
class ClosedBook(OfModel):
    """Records the share of tries that find the answer without the text."""

    tries: int = 3
    most: float = 1.0
    """Largest share that passes; 1 refuses nothing."""
    overlap: float = 0.6
    """F1 of words from which two answers are the same."""
    model: str = ""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError("'tries' is at least 1")

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Ask several times, and compare."""
        finding = item.finding
        if not isinstance(finding, Answers) or finding.turns or finding.context:
            return item
        if is_open(item):
            return item
        true = [finding.answer] if finding.answer else [span.text for span in finding.spans]
        if not true:
            return item
        options = f" ({'; '.join(finding.options)})" if finding.options else ""
        replies = yield [
            request_for(
                "closed_book", item, documents, question=f"{finding.question}{options}",
                shown=False, temperature=0.7, sample=number, max_tokens=160, model=self.model,
            )
            for number in range(self.tries)
        ]  # fmt: skip
        said = [reply.text.strip() for reply in replies if isinstance(reply, Reply)]
        if not said:
            return Rejected("no_answer", finding.question)
        known = sum(any(word_f1(text, t) >= self.overlap for t in true) for text in said)
        share = known / len(said)
        if share > self.most:
            return Rejected("known_without_text", f"{share:.0%} of tries: {finding.question}")
        return scored(item, replies, closed_book=round(share, 4))


PART: type[Check] = ClosedBook
