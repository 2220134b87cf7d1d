"""A model classifies passages by a question of yours: sentiment, intent, genre, or any labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, object_schema, one_of, spread, within
from miner.tasks.finding import annotate
from miner.types import Annotation, Labels, Passage, Rejected, Reply, Request, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining

_KNOWN = {
    "sentiment": ("positive", "negative", "neutral", "mixed"),
    "intent": ("to inform", "to persuade", "to instruct", "to entertain", "to sell", "to ask"),
    "genre": (
        "encyclopedia article", "news report", "opinion piece", "review", "how-to guide", "story",
        "product page", "forum post", "biography", "scientific text", "legal text", "announcement",
    ),
    "formality": ("formal", "neutral", "informal"),
    "register": ("expert", "general reader", "learner"),
}  # fmt: skip


@dataclass(frozen=True)
class Classification:
    """The label comes with a quote that shows it; one that is not in the text refuses the label."""

    needs_model: ClassVar[bool] = True
    name: str = "sentiment"
    """What is classified; it is also the task's name. Five are known, any other needs `labels`."""
    labels: tuple[str, ...] = ()
    passages: int = 1
    max_words: int = 200
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        if len(self.options) < 2:
            raise ValueError(
                f"'{self.name}' needs at least two 'labels'; known without: {', '.join(_KNOWN)}"
            )
        if len(set(self.options)) < len(self.options):
            raise ValueError("two 'labels' are the same")

    @property
    def options(self) -> tuple[str, ...]:
        """The labels to choose from."""
        return self.labels or _KNOWN.get(self.name, ())

    def mine(self, case: Case) -> Mining:
        """One label a passage."""
        pieces = spread(case, self.passages, self.max_words)
        if not pieces:
            return [Rejected("no_passage")]
        requests = [self._request(case, piece) for piece in pieces]
        replies = yield requests
        return [
            self._annotated(case, piece, request, reply)
            for piece, request, reply in zip(pieces, requests, replies, strict=True)
        ]

    def _request(self, case: Case, piece: Passage) -> Request:
        schema = object_schema(label=one_of((*self.options, "unclear")), quote=TEXT)
        labels = "\n".join(f"- {label}" for label in self.options)
        return self.asking.request(
            case, "classification", piece.text, schema,
            question=self.name, labels=labels, language=language_name(case),
        )  # fmt: skip

    def _annotated(
        self, case: Case, piece: Passage, request: Request, reply: Reply | Rejected
    ) -> Annotation | Rejected:
        if isinstance(reply, Rejected):
            return reply
        label = reply.data["label"]
        if label == "unclear":
            return Rejected("abstained")
        shown = within(case.document, piece, reply.data["quote"])
        if isinstance(shown, Rejected):
            return shown
        text = case.document.span(piece.start, piece.end)
        finding = Labels(text, (label,), self.options, self.name)
        return annotate(
            case, self.name, finding, key=str(piece.start), asked=[request], replies=[reply],
            meta={"shown_by": shown.text},
        )  # fmt: skip


PART: type[Task] = Classification
