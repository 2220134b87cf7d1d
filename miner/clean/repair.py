"""Mend mojibake, entities, control characters and Unicode form, by ftfy."""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from miner.edits import replaced
from miner.types import Cleaner, Document, Rejected

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# What ftfy could change beside mojibake and form: entities, control characters, line ends,
# ligatures, quotes and letters of full width. Text without any, which is most, need not go there.
# The pattern begins with a set of characters, which is found faster than a choice of several.
_TROUBLE = (
    r"[&\x00-\x08\x0b-\x1f\x7f-\x9f\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3"
    r"\u2028\u2029\u206a-\u206f\ud800-\udfff\ufb00-\ufb06\ufeff\ufff9-\ufffc{}]"
    r"(?:(?<!&)|#?[0-9A-Za-z]{{1,24}};)"
)
# ftfy's signs of mojibake are pairs beyond ASCII, but for those that begin with one of these.
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_SUSPECT = frozenset("\u0152\u0153\u00c2\u00c3")
_QUOTES = "\u02bc\u2018-\u201f"
_WIDTH = "\u3000\uff01-\uffee"


@dataclass(frozen=True)
class Repair:
    """Text as it was meant. Headings and links that a change touches lose their place.

    Attributes:
        quotes: Whether curly quotes become straight ones.
        width: Whether full-width letters and signs become ordinary ones; Chinese and Japanese
            are written with them.
        form: The Unicode form of the text, or none.
    """

    quotes: bool = False
    width: bool = False
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
        if self._is_fine(text):
            return text
        import ftfy

        return cast("str", ftfy.fix_text(text, _configuration(self)))

    def _is_fine(self, text: str) -> bool:
        """Whether ftfy would find nothing to do, told by its own signs in less time."""
        if _pattern(self.quotes, self.width).search(text):
            return False
        if text.isascii():
            return True
        if self.form != "none" and not unicodedata.is_normalized(self.form, text):
            return False
        runs = set(_BEYOND_ASCII.findall(text))
        if runs.isdisjoint(_SUSPECT) and max(map(len, runs)) == 1:
            return True
        from ftfy.badness import is_bad

        return not is_bad(text)


@functools.cache
def _pattern(quotes: bool, width: bool) -> re.Pattern[str]:  # noqa: FBT001 - two of Repair's fields
    return re.compile(_TROUBLE.format(_QUOTES * quotes + _WIDTH * width))


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
