"""A model classifies passages by a question of yours: sentiment, intent, genre, or any labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, object_schema, one_of
from miner.tasks.reading import Found, Shown, Unfit, alike, one_round, single
from miner.types import Labels, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Case, Mining, Rejected

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
    templated: ClassVar[bool] = True
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
        schema = object_schema(label=one_of((*self.options, "unclear")), quote=TEXT)
        slots = {
            "question": self.name,
            "labels": "\n".join(f"- {label}" for label in self.options),
            "language": language_name(case),
        }
        shown = single(case, self.passages, self.max_words)
        asks = alike(shown, self.asking, "classification", schema, slots, self._read)
        return one_round(case, self.name, asks)

    def _read(self, shown: Shown, data: Mapping[str, str]) -> list[Found | Rejected]:
        if data["label"] == "unclear":
            raise Unfit("abstained")
        quote = shown.quote(data["quote"])
        finding = Labels(shown.text, (data["label"],), self.options, self.name)
        return [Found(finding, {"shown_by": quote.text})]


PART: type[Task] = Classification
