"""Names that models and people give to nodes: cleaned, compared, and kept from being instructions.

A name goes on into other prompts, ids and reports, so what is not plainly a name is refused.
"""

from __future__ import annotations

import re
import unicodedata

from miner.prompts import clean
from miner.types import Rejected

MAX_CHARS = 80
MAX_WORDS = 12
SURELY = 60.0
"""Margin of log-likelihood. Lists of 20 English titles, names of persons among them, stay below 26;
ten Spanish, German or French names reach 200."""

_NUMBERING = re.compile(
    r"^(?:[-*•–—]+\s*|\(?\d{1,3}[.):]\s+|(?:session|week|lecture|module|unit|chapter|part|class)\s+"
    r"\d{1,3}\s*[:.–—-]\s*)+",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[{}<>|`\\\[\]@#=~^]|https?:|www\.|\.(?:com|org|net)\b|\n")
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|reveal|obey)\b|"
    r"\b(?:system|previous|above|earlier|following)\s+(?:prompt|message|instruction|text|rule)s?\b|"
    r"\b(?:instructions?|prompts?)\s+(?:above|before|below)\b|"
    r"\b(?:your|my) (?:response|reply|answer|message|output)s?\b|"
    r"\byou (?:are|must|should|will|can)\b|\b(?:respond|reply|answer|output|print|say|write) "
    r"(?:only|with|exactly|the word)\b|\bas an? (?:ai|language model|assistant)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^(?:please |kindly )?(?:explain|draft|provide|write|develop|describe|break|use|replace|"
    r"render|misspell|scramble|jumble|anagram|rearrange|remove|modify|add|enhance|integrate|insert|tell|"
    r"give|list|create|generate|make|produce|compose|translate|summari[sz]e|convert|repeat|show|find|"
    r"solve|identify|name|state|suggest|recommend|mention|include|end|begin|start|act|pretend)"
    r" (?:me|us|an?|the|your|this|these|all|any|each|every|down|up|about|how|what|why|as|"
    r"with)\b|^(?:please |kindly )?(?:explain|describe|summari[sz]e|tell|provide)\b ",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"^(?:here (?:is|are)|sure\b|certainly|of course|note that|i (?:can|am|will|have|'m)\b|"
    r"this (?:is|list)|the following|let me|please)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|an?) ")


def usable(raw: str) -> str | Rejected:
    """The name in a raw string, or why there is none that can be used."""
    name = " ".join(_NUMBERING.sub("", clean(raw).strip()).strip(" \t*_\"'“”.,;:").split(" "))
    name = re.sub(r"[ \t]+", " ", name)
    if not any(c.isalpha() for c in name):
        return Rejected("no_name", raw[:MAX_CHARS])
    if len(name) > MAX_CHARS or len(name.split()) > MAX_WORDS:
        return Rejected("long_name", raw[:MAX_CHARS])
    if any(p.search(name) for p in (_ORDER, _REQUEST, _CHATTER)):
        return Rejected("instruction", raw[:MAX_CHARS])
    if _MARKUP.search(name) or name.endswith(("?", "!")):
        return Rejected("no_name", raw[:MAX_CHARS])
    return name


def note(raw: str, chars: int = 300) -> str:
    """A description of one line; empty if it reads like an instruction."""
    text = " ".join(clean(raw).split())
    if _ORDER.search(text) or _MARKUP.search(text):
        return ""
    return text if len(text) <= chars else text[:chars].rsplit(" ", 1)[0] + " ..."


def fold(name: str) -> str:
    """What names have in common that differ only in case, accents, marks, article or plural."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    words = _ARTICLE.sub("", " ".join(plain.replace(" s ", " ").split())).split()
    return " ".join(_singular(word) for word in words if word != "and")


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ics")):
        return word[:-1]
    return word


def slug(name: str) -> str:
    """A name as part of an id: small letters and digits of any script, joined by hyphens."""
    plain = unicodedata.normalize("NFKC", name.casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain)
    return "-".join(kept.split())[:60].strip("-") or "unnamed"


def foreign(text: str, language: str) -> bool:
    """Whether a text is surely in another language; short ones are judged by their script."""
    letters = [c for c in text if c.isalpha()]
    latin = sum(c.isascii() or "LATIN" in unicodedata.name(c, "") for c in letters)
    if language in _LATIN and letters and latin * 2 < len(letters):
        return True
    if len(letters) < 80:  # the identifier guesses
        return False
    import py3langid

    scores = {str(code): float(score) for code, score in py3langid.rank(text)}
    best = max(scores.values())
    return best - scores.get(language, best) > SURELY


_LATIN = {"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "pl", "cs", "ro", "tr", "vi"}
