"""Every evidence span of an example is exact, and its documents are the ones it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.checks.findings import finding_of
from miner.checks.grounded import untrue
from miner.types import Check, Document, Example, Recalled, Rejected


@dataclass(frozen=True)
class Evidence:
    """Refuses an example whose evidence is absent or untrue, or whose documents have changed.

    What a model recalled (a recipe has to ask for it) has none, names no document, and is labelled.
    """

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if the evidence is there and true."""
        if not item.evidence:
            recalled = isinstance(finding_of(item), Recalled) and not item.documents
            return None if recalled else Rejected("no_evidence")
        for span in item.evidence:
            if span.document not in item.documents:
                return Rejected("unnamed_document", f"{span.document} is not in its documents")
            if why := untrue(span, documents):
                return why
        for id, digest in zip(item.documents, item.document_sha256, strict=False):
            if id in documents and documents[id].sha256 != digest:
                return Rejected("other_text", f"{id} is not the text this example was made from")
        return None


PART: type[Check] = Evidence
