"""Every span of an annotation is exactly its document's text at its offsets, without exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.checks.findings import spans
from miner.types import Annotation, Check, Document, Rejected, Span


@dataclass(frozen=True)
class Grounded:
    """Refuses spans that are not verbatim, that lie outside the text, or in an unnamed document."""

    subject: ClassVar[Literal["annotation", "example"]] = "annotation"

    def check(self, item: Annotation, documents: Mapping[str, Document]) -> Rejected | None:
        """None if every span is true."""
        for span in spans(item.finding):
            if span.document not in item.documents:
                return Rejected("unnamed_document", f"{span.document} is not in its documents")
            if why := untrue(span, documents):
                return why
        return None


def untrue(span: Span, documents: Mapping[str, Document]) -> Rejected | None:
    """Why a span is not true of its document; None if it is."""
    document = documents.get(span.document)
    if document is None:
        return Rejected("unknown_document", span.document)
    if not span.holds(document.text):
        there = document.text[max(span.start, 0) : max(span.end, 0)]
        return Rejected(
            "not_verbatim",
            f"[{span.start}, {span.end}) of {span.document} is {there[:80]!r}, "
            f"not {span.text[:80]!r}",
        )
    return None


PART: type[Check] = Grounded
