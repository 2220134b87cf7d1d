"""A model that sees the document finds every claim of instruction and answer in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miner.alignment import align
from miner.checks.opinions import OfModel, Opinion, about_pair
from miner.types import Annotation, Check, Document, Rejected

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["supported", "unsupported"]},
        "quote": {"type": "string"},
    },
    "required": ["verdict", "quote"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Supported(OfModel):
    """Refuses what the document does not say. A quote that is not in it supports nothing."""

    model: str = ""

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Ask for a verdict with its quote."""
        document = documents[item.documents[0]]

        def judge(data: Mapping[str, str]) -> Mapping[str, float] | Rejected:
            quote = data["quote"]
            if data["verdict"] != "supported":
                return Rejected("unsupported", quote[:200])
            if isinstance(align(document, quote), Rejected):
                return Rejected("quote_not_in_document", quote[:200])
            return {"supported": 1.0}

        return about_pair("supported", item, documents, SCHEMA, judge, "no_verdict", self.model)


PART: type[Check] = Supported
