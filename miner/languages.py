"""Which language and script a text is in, as far as its letters tell."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

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


_NO_LETTERS = bytes(n for n in range(128) if not chr(n).isalpha())


def script(text: str) -> str:
    """The script of most letters, or empty where no script has three quarters of them."""
    text = text[:400]
    plain = text.encode("ascii", "ignore")
    letters = len(plain.translate(None, _NO_LETTERS))
    if letters and letters >= 3 * (len(text) - len(plain)):
        return "LATIN"
    counts: Counter[str] = Counter()
    for character, many in Counter(text).items():
        if character.isalpha():
            counts[_script_of(character)] += many
    if not counts:
        return ""
    name, many = counts.most_common(1)[0]
    return name if many >= 0.75 * counts.total() else ""


@functools.lru_cache(maxsize=1 << 12)
def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0].removesuffix("-LETTER")


def readable(text: str, languages: Iterable[str]) -> bool:
    """Whether a text is in a script that one of the languages is written in, or in none surely."""
    found = script(text)
    scripts = {SCRIPTS.get(language, "LATIN") for language in languages}
    return not found or found in scripts or bool(found in CJK and scripts & CJK)


@functools.lru_cache(maxsize=64)
def identify(text: str) -> tuple[str, float]:
    """The likeliest language, by its code of ISO 639-1, and its probability (py3langid).

    The last texts are remembered: instructions by templates come again and again.
    """
    language, probability = identifier().classify(text)
    return str(language), float(probability)


@functools.cache
def identifier(among: tuple[str, ...] = ()) -> Any:
    """py3langid's identifier, with probabilities; of some languages alone where any are named."""
    from py3langid import langid

    if among:
        whole = identifier()
        tables = (whole.nb_ptc, whole.nb_pc, whole.nb_classes)
    else:
        whole = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
        # Its table is of float16: to widen it once, not at every text, saves a third of the time.
        tables = (whole.nb_ptc.astype("float32"), whole.nb_pc, whole.nb_classes)
    found = langid.LanguageIdentifier(
        *tables, whole.tk_nextmove, whole.tk_output, norm_probs=True, tk_row=whole.tk_row
    )
    if among:
        found.set_languages(among)
    return found
