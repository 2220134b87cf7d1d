"""Replace addresses, telephone, card and account numbers by placeholders of their kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.clean.placeholders import Replacing, treat
from miner.errors import choices
from miner.personal_data import PERSONAL_DATA, find_personal_data

if TYPE_CHECKING:
    from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class PersonalData:
    """Take personal data out of texts; what was there is counted in signals by kind.

    Attributes:
        kinds: Which kinds: email, ip_address, ipv6_address, card_number, iban,
            social_security_number, phone_number.
        action: Whether to replace, only to count, or to drop the document.
    """

    kinds: tuple[str, ...] = tuple(PERSONAL_DATA)
    action: Replacing = "replace"

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in PERSONAL_DATA:
                raise ValueError(f"kinds: no kind '{kind}'; {choices(kind, PERSONAL_DATA)}")

    def clean(self, document: Document) -> Document | Rejected:
        """The document without personal data, or why it is turned away."""
        found = [f for f in find_personal_data(document.text) if f[0] in self.kinds]
        return treat(document, "personal_data", self.action, found)


PART: type[Cleaner] = PersonalData
