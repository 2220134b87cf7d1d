"""A model makes claims on passages: each follows, is contradicted, or is left open (inference).

Natural-language inference is one of Bonito's sixteen types (Nayak et al. 2024, arXiv 2402.18334).
The three kinds come in equal numbers, so that no answer is a good guess; what is settled carries
the quotes that settle it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

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
from miner.types import Answers, Rejected, Reply, Span, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Annotation, Case, Mining, Passage

OPTIONS: Mapping[str, str] = {
    "follows": "It follows from the text.",
    "contradicted": "The text contradicts it.",
    "open": "The text leaves it open.",
}
QUESTIONS = (
    "What does the text say about this claim? {claim}",
    "Is this claim borne out by the text? {claim}",
    "What does the text make of this claim? {claim}",
)
_SCHEMA = list_schema(
    kind=one_of(tuple(OPTIONS)), claim=TEXT, evidence={"type": "array", "items": TEXT}
)


@dataclass(frozen=True)
class Claims:
    """Each passage gives as many claims of each kind; what is over is put aside."""

    needs_model: ClassVar[bool] = True
    passages: int = 3
    claims: int = 1
    """Claims of each kind on one passage."""
    max_words: int = 220
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        if self.passages < 1 or self.claims < 1:
            raise ValueError("'passages' and 'claims' are at least 1")

    def mine(self, case: Case) -> Mining:
        """All requests in one round."""
        pieces = spread(case, self.passages, self.max_words)
        if not pieces:
            return [Rejected("no_passage")]
        asked = [
            self.asking.request(
                case, "claims", piece.text, _SCHEMA,
                count=str(self.claims), language=language_name(case),
            )
            for piece in pieces
        ]  # fmt: skip
        replies = yield asked
        results: list[Annotation | Rejected] = []
        for piece, request, reply in zip(pieces, asked, replies, strict=True):
            items = items_of(reply)
            if isinstance(items, Rejected) or not isinstance(reply, Reply):
                results.append(items if isinstance(items, Rejected) else Rejected("failed"))
                continue
            read = [(str(item["kind"]), self._read(case, piece, item)) for item in items]
            for place, (kind, finding) in enumerate(self._balanced(read)):
                results.append(
                    finding
                    if isinstance(finding, Rejected)
                    else annotate(
                        case, "claims", finding, key=f"{piece.start}.{place}",
                        asked=[request], replies=[reply], meta={"form": kind},
                    )
                )  # fmt: skip
        return results

    def _read(self, case: Case, piece: Passage, item: Mapping[str, Any]) -> Answers | Rejected:
        claim = instruction_in(str(item["claim"]), max_words=50)
        if isinstance(claim, Rejected):
            return claim
        if claim.rstrip(".") in piece.text:
            return Rejected("copied", claim)
        found = [within(case.document, piece, str(quote)) for quote in item["evidence"]]
        for span in found:
            if isinstance(span, Rejected):
                return span
        spans = tuple(dict.fromkeys(span for span in found if isinstance(span, Span)))
        if bool(spans) == (item["kind"] == "open"):
            return Rejected("no_evidence" if not spans else "settled", claim)
        wording = dice(case, "claims", claim).choice(QUESTIONS)
        text = case.document.span(piece.start, piece.end)
        options = tuple(OPTIONS.values())
        return Answers(
            text, wording.replace("{claim}", claim), spans, OPTIONS[item["kind"]], options
        )

    def _balanced(
        self, read: list[tuple[str, Answers | Rejected]]
    ) -> list[tuple[str, Answers | Rejected]]:
        """As many of each kind as of the rarest."""
        good = [kind for kind, finding in read if isinstance(finding, Answers)]
        most = min(self.claims, *(good.count(kind) for kind in OPTIONS))
        kept: list[tuple[str, Answers | Rejected]] = []
        taken = dict.fromkeys(OPTIONS, 0)
        for kind, finding in read:
            if isinstance(finding, Answers):
                taken[kind] += 1
                if taken[kind] > most:
                    kept.append((kind, Rejected("unbalanced", finding.question)))
                    continue
            kept.append((kind, finding))
        return kept


PART: type[Task] = Claims
