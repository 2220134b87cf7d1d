"""A model that sees the document finds every claim of instruction and answer in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from miner.alignment import align
from miner.checks.opinions import Opinion, pair, request_for, scored
from miner.types import Annotation, Check, Document, Rejected, Reply

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
class Supported:
    """Refuses what the document does not say. A quote that is not in it supports nothing."""

    subject: ClassVar[Literal["annotation", "example"]] = "annotation"
    needs_model: ClassVar[bool] = True

    model: str = ""

    def check(self, item: Annotation, documents: Mapping[str, Document]) -> Rejected | None:
        """Nothing can be told without a model."""
        del item, documents
        return None

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Ask for a verdict with its quote."""
        told = pair(item)
        if told is None:
            return item
        asked, answer = told
        replies = yield [
            request_for(
                "supported", item, documents, schema=SCHEMA, instruction=asked, answer=answer,
                model=self.model,
            )
        ]  # fmt: skip
        reply = replies[0]
        if not isinstance(reply, Reply):
            return Rejected("no_verdict", f"{reply.reason}: {reply.detail}")
        quote = str(reply.data["quote"])
        if reply.data["verdict"] != "supported":
            return Rejected("unsupported", quote[:200])
        if isinstance(align(documents[item.documents[0]], quote), Rejected):
            return Rejected("quote_not_in_document", quote[:200])
        return scored(item, replies, supported=1.0)


PART: type[Check] = Supported
