"""A model that sees the document scores the pair from 1 to 5, as Humpback curates its own data.

Source: instruction back-translation (arXiv 2308.06259), where keeping fives alone did best. Ports
read the score out of prose and lost half of the replies; here it is one of five numbers of a JSON
schema, and anything else is asked for again by drive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from miner.checks.opinions import Opinion, pair, request_for, scored
from miner.types import Annotation, Check, Document, Rejected, Reply

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
        "why": {"type": "string"},
    },
    "required": ["score", "why"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Quality:
    """Refuses pairs below a score."""

    subject: ClassVar[Literal["annotation", "example"]] = "annotation"
    needs_model: ClassVar[bool] = True

    least: int = 4
    """Lowest score that passes."""
    model: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.least <= 5:
            raise ValueError("'least' is a score from 1 to 5")

    def check(self, item: Annotation, documents: Mapping[str, Document]) -> Rejected | None:
        """Nothing can be told without a model."""
        del item, documents
        return None

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Ask for a score."""
        told = pair(item)
        if told is None:
            return item
        asked, answer = told
        replies = yield [
            request_for(
                "quality", item, documents, schema=SCHEMA, instruction=asked, answer=answer,
                model=self.model,
            )
        ]  # fmt: skip
        reply = replies[0]
        if not isinstance(reply, Reply):
            return Rejected("no_score", f"{reply.reason}: {reply.detail}")
        score = int(reply.data["score"])
        if score < self.least:
            return Rejected("low", f"{score}: {str(reply.data['why'])[:160]}")
        return scored(item, replies, quality=float(score))


PART: type[Check] = Quality
