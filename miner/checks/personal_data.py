"""No e-mail address, telephone number or the like in an instruction or an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.errors import choices
from miner.personal_data import PERSONAL_DATA, find_personal_data
from miner.types import Check, Document, Example, Rejected


@dataclass(frozen=True)
class PersonalData:
    """Looks again at what a model wrote, and at what cleaning let through."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    allow: tuple[str, ...] = ()
    """Kinds that may stand."""
    input: bool = False
    """Whether the input is looked at too; it is a document's text, which cleaning has seen."""

    def __post_init__(self) -> None:
        for kind in self.allow:
            if kind not in PERSONAL_DATA:
                raise ValueError(f"'allow' has no kind '{kind}'; {choices(kind, PERSONAL_DATA)}")

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if there is none."""
        del documents
        parts = [item.instruction, item.output, item.input if self.input else ""]
        for part in filter(None, parts):
            for kind, start, end in find_personal_data(part):
                if kind not in self.allow:
                    # The detail stands in files that people pass on: it does not repeat the datum.
                    return Rejected(kind, f"{end - start} characters at {start}")
        return None


PART: type[Check] = PersonalData
