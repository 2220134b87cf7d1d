"""Placeholders for what must not stay in a text: of the same kind, and chosen by a hash.

A counter would make the output depend on which worker saw a document first. Numbers and addresses
are those set aside for examples (RFC 2606, 3849, 5737; 555-01xx), so none belongs to anybody and a
second pass finds nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from miner.clean.verdict import tagged
from miner.edits import edited
from miner.types import Document, Rejected

if TYPE_CHECKING:
    from miner.personal_data import Found

Replacing: TypeAlias = Literal["replace", "tag", "drop"]

_FORMS = {
    "email": "user{}@example.org",
    "ip_address": "192.0.2.{}",
    "ipv6_address": "2001:db8::{}",
    "phone_number": "202-555-01{:02}",
}


def placeholder(kind: str, value: str) -> str:
    """What stands for a value; the same for the same value, everywhere."""
    form = _FORMS.get(kind)
    if form is None:
        return f"[{kind.replace('_', ' ')}]"
    digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return form.format(int.from_bytes(digest, "little") % 100)


def treat(
    document: Document, cleaner: str, action: Replacing, found: Sequence[Found]
) -> Document | Rejected:
    """The document with what was found replaced or only counted, or a rejection for it."""
    if not found:
        return document
    counts = Counter(kind for kind, _, _ in found)
    if action == "drop":
        return Rejected("found", ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())))
    if action == "replace":
        text = document.text
        document = edited(document, [(s, e, placeholder(k, text[s:e])) for k, s, e in found])
    return tagged(document, {f"{cleaner}.{kind}": float(n) for kind, n in sorted(counts.items())})
