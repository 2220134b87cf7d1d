"""A model that sees the document scores the pair from 1 to 5, as Humpback curates its own data.

Source: instruction back-translation (arXiv 2308.06259), where keeping fives alone did best. Ports
read the score out of prose and lost half of the replies; here it is one of five numbers of a JSON
schema, and anything else is asked for again by drive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miner.checks.opinions import OfModel, Opinion, about_pair
from miner.types import Annotation, Check, Document, Rejected

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
class Quality(OfModel):
    """Refuses pairs below a score."""

    least: int = 4
    """Lowest score that passes."""
    model: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.least <= 5:
            raise ValueError("'least' is a score from 1 to 5")

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Ask for a score."""

        def judge(data: Mapping[str, Any]) -> Mapping[str, float] | Rejected:
            score = int(data["score"])
            if score < self.least:
                return Rejected("low", f"{score}: {str(data['why'])[:160]}")
            return {"quality": float(score)}

        return about_pair("quality", item, documents, SCHEMA, judge, "no_score", self.model)


PART: type[Check] = Quality
