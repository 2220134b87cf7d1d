"""Mend mojibake, entities, control characters and Unicode form, by ftfy."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from miner.edits import replaced
from miner.types import Cleaner, Document, Rejected

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# What ftfy could change in ASCII: entities, control characters, escape codes, line ends.
_ASCII_TROUBLE = re.compile(r"[&\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Repair:
    """Text as it was meant. Headings and links that a change touches lose their place.

    Attributes:
        quotes: Whether curly quotes become straight ones.
        width: Whether full-width letters become ordinary ones.
        form: The Unicode form of the text, or none.
    """

    quotes: bool = False
    width: bool = True
    form: Literal["NFC", "NFKC", "none"] = "NFC"

    def clean(self, document: Document) -> Document | Rejected:
        """The document mended, title too; Rejected("empty") if nothing is left."""
        text, title = self._fixed(document.text), self._fixed(document.title)
        if not text.strip():
            return Rejected("empty", "nothing but control characters")
        if text != document.text:
            document = replaced(document, text)
        if title != document.title:
            document = dataclasses.replace(document, title=title)
        return document

    def _fixed(self, text: str) -> str:
        if text.isascii() and not _ASCII_TROUBLE.search(text):
            return text
        import ftfy

        return cast("str", ftfy.fix_text(text, _configuration(self)))


@functools.cache
def _configuration(repair: Repair) -> TextFixerConfig:
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        uncurl_quotes=repair.quotes,
        fix_character_width=repair.width,
        normalization=None if repair.form == "none" else repair.form,
        explain=False,
    )


PART: type[Cleaner] = Repair
