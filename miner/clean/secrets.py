"""Replace keys and tokens, which give access to something, by placeholders of their kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.clean.placeholders import Replacing, treat
from miner.personal_data import find_secrets

if TYPE_CHECKING:
    from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class Secrets:
    """Take secrets out of texts; what was there is counted in signals by kind.

    Attributes:
        action: Whether to replace, only to count, or to drop the document.
    """

    action: Replacing = "replace"

    def clean(self, document: Document) -> Document | Rejected:
        """The document without secrets, or why it is turned away."""
        return treat(document, "secrets", self.action, find_secrets(document.text))


PART: type[Cleaner] = Secrets
