"""Instruction and output are in the language that the example claims, and in its script."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from miner.text import base_language
from miner.types import Check, Document, Example, Rejected

LEAST_LETTERS, ALL_LETTERS = 20, 60
"""Letters of a text below which its language is not guessed, its script still is; and from which
`probability` is enough. In between it must be as good as certain."""

CERTAIN = 0.99
GLANCE = 120
"""Characters that are looked at first."""


@dataclass(frozen=True)
class Language:
    """Refuses an instruction in another script than its language's, or an output in another one.

    Short texts are judged by their script alone. Where the documents' language is unknown, only the
    two parts are compared with each other.
    """

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    probability: float = 0.9
    """Least probability with which another language must be identified."""
    cross_lingual: bool = False
    """Whether an instruction may be in another language than its output."""

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if both are in their language, as far as can be told."""
        del documents
        claimed = base_language(item.language)
        parts = {"output": item.output}
        if not self.cross_lingual:
            parts["instruction"] = item.instruction
        for name, text in parts.items():
            if claimed and (found := self._other(text, claimed)):
                return Rejected(name, f"{found}, not {claimed}: {text[:80]}")
        if not (claimed or self.cross_lingual):
            asked, given = script(item.instruction), script(item.output)
            if asked and given and asked != given:
                return Rejected("scripts", f"asked in {asked}, answered in {given}")
        return None

    def _other(self, text: str, claimed: str) -> str:
        """The other language or script that a text is in; empty if it fits the claimed one."""
        found = script(text)
        wanted = SCRIPTS.get(claimed, "LATIN")
        if found and found != wanted and not {found, wanted} <= CJK:
            return found.capitalize()
        letters = sum(map(str.isalpha, text[:400]))
        if letters < LEAST_LETTERS:
            return ""
        if letters >= ALL_LETTERS:  # the beginning is enough to see that all is well
            language, probability = _identifier().classify(text[:GLANCE])
            if language == claimed and probability >= CERTAIN:
                return ""
        language, probability = _identifier().classify(text[:400])
        least = self.probability if letters >= ALL_LETTERS else max(self.probability, CERTAIN)
        sure = probability >= least and language not in {claimed, "zxx"}
        return str(language) if sure and language not in NEAR.get(claimed, ()) else ""


CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA"})
SCRIPTS = {
    "ru": "CYRILLIC", "uk": "CYRILLIC", "bg": "CYRILLIC", "be": "CYRILLIC", "mk": "CYRILLIC",
    "kk": "CYRILLIC", "mn": "CYRILLIC", "el": "GREEK", "ar": "ARABIC", "fa": "ARABIC",
    "ur": "ARABIC", "he": "HEBREW", "yi": "HEBREW", "hi": "DEVANAGARI", "mr": "DEVANAGARI",
    "ne": "DEVANAGARI", "bn": "BENGALI", "ta": "TAMIL", "te": "TELUGU", "th": "THAI", "zh": "CJK",
    "ja": "CJK", "ko": "HANGUL", "ka": "GEORGIAN", "hy": "ARMENIAN", "gu": "GUJARATI",
    "pa": "GURMUKHI", "ml": "MALAYALAM", "kn": "KANNADA", "si": "SINHALA", "km": "KHMER",
    "my": "MYANMAR", "lo": "LAO", "am": "ETHIOPIC",
}  # fmt: skip
"""First word of the Unicode names of a language's letters; Latin where none is given."""

NEAR: Mapping[str, frozenset[str]] = {
    code: frozenset(group) - {code}
    for group in (
        ("hr", "bs", "sr", "sl"), ("nb", "no", "nn", "da", "sv"), ("id", "ms", "jv"), ("cs", "sk"),
        ("es", "gl", "an", "ca"), ("pt", "gl"), ("nl", "af", "li"), ("hi", "mr", "ne"),
        ("zh", "ja"), ("ru", "uk", "be", "bg"), ("fa", "ar", "ur"), ("en", "la"),
    )
    for code in group
}  # fmt: skip
"""Languages that short texts are often confused with: no ground to refuse one."""


def script(text: str) -> str:
    """The script of most letters, or empty where no script has three quarters of them."""
    text = text[:400]
    if text.isascii():
        return "LATIN" if any(map(str.isalpha, text)) else ""
    counts: Counter[str] = Counter()
    for character in text:
        if character.isalpha():
            name = unicodedata.name(character, "")
            counts[name.split(" ")[0].removesuffix("-LETTER")] += 1
    if not counts:
        return ""
    name, many = counts.most_common(1)[0]
    return name if many >= 0.75 * counts.total() else ""


@functools.cache
def _identifier() -> Any:
    from py3langid import langid

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


PART: type[Check] = Language
