"""Which language a text is in, among near ones: the document's own label, and a second witness."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.clean.language import Language as Identifier
from miner.tasks.asking import spread
from miner.tasks.finding import annotate, dice
from miner.text import base_language
from miner.types import Document, Labels, Rejected, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Case, Mining

NAMES: Mapping[str, str] = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "mr": "Marathi",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish",
    "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""Code of ISO 639-1 to the name that an English instruction gives it."""
FAMILIES = (
    "de nl", "da no sv", "es pt ca it fr ro", "ru uk bg sr", "cs sk pl sl hr", "fi et hu", "lt lv",
    "ar fa ur he", "hi mr bn", "ta te", "ja zh ko", "id vi th", "en de nl fr",
)  # fmt: skip
"""Languages that look alike to those who know none of them: the hard negatives."""


@dataclass(frozen=True)
class Language:
    """Needs documents whose language is known, and a passage that py3langid takes for the same.

    English instructions on texts in other languages need `cross_lingual = true` in `[compose]`.
    """

    needs_model: ClassVar[bool] = False
    options: int = 5
    """Languages to choose from."""
    max_words: int = 60

    def __post_init__(self) -> None:
        if not 2 <= self.options <= len(NAMES):
            raise ValueError(f"'options' is between 2 and {len(NAMES)}")

    def mine(self, case: Case) -> Mining:
        """One passage with its language."""
        yield from ()
        code = base_language(case.document.language)
        if code not in NAMES:
            return [Rejected("unknown_language", case.document.language)]
        pieces = spread(case, 1, self.max_words, min_words=15)
        if not pieces:
            return [Rejected("no_passage")]
        witness = _witness().clean(Document("", pieces[0].text))
        if isinstance(witness, Rejected) or base_language(witness.language) != code:
            return [Rejected("languages_apart", code)]
        rng = dice(case, "language")
        near = sorted({n for family in FAMILIES if code in family.split() for n in family.split()})
        far = [other for other in NAMES if other not in near and other != code]
        wrong = [other for other in near if other != code]
        chosen = rng.sample(wrong, min(len(wrong), self.options - 1))
        chosen += rng.sample(far, self.options - 1 - len(chosen))
        options = [code, *chosen]
        rng.shuffle(options)
        text = case.document.span(pieces[0].start, pieces[0].end)
        names = tuple(NAMES[option] for option in options)
        return [annotate(case, "language", Labels(text, (NAMES[code],), names, "language"))]


@functools.cache
def _witness() -> Identifier:
    """Reads the passage itself, whatever the source says."""
    return Identifier(override=True, action="tag")


PART: type[Task] = Language
