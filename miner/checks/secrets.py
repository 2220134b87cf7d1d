"""No key, token or password in an instruction, an input or an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.personal_data import find_secrets
from miner.types import Check, Document, Example, Rejected


@dataclass(frozen=True)
class Secrets:
    """Refuses what would hand a credential on."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if there is none."""
        del documents
        for kind, start, end in find_secrets(f"{item.instruction}\n{item.input}\n{item.output}"):
            return Rejected(kind, f"{end - start} characters")  # never the secret itself
        return None


PART: type[Check] = Secrets
