"""Forms that an instruction demands of its answer: so many items, sentences or words, a list."""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re
from functools import cache

from miner.text import paragraphs, sentences, words
from miner.types import Rejected

NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
_UNIT = r"(?P<unit>sentences?|words?|paragraphs?)"
_LENGTH = re.compile(
    rf"\b(?P<how>at least|at most|no more than|no fewer than|no less than|not more than|up to|under|"
    rf"over|fewer than|less than|more than|maximum of|minimum of|about|around|approximately|roughly|"
    rf"exactly|in|of)?\s*(?:a |an )?(?P<low>\d{{1,5}}|one|two|three|four|five|six|seven|eight|nine|ten|"
    rf"eleven|twelve|fifteen|twenty)(?:\s*(?:-|–|to|or)\s*(?P<high>\d{{1,5}}|two|three|four|five|six|"
    rf"seven|eight|nine|ten))?[\s-]*{_UNIT}\b",
    re.IGNORECASE,
)
_ITEMS = re.compile(
    r"\b(?P<count>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)"
    r"(?: \w+){0,2} (?P<what>tips|ways|steps|reasons|facts|ideas|points|bullet points|examples|items|"
    r"benefits|advantages|disadvantages|methods|rules|lessons|questions|suggestions|features|things)\b",
    re.IGNORECASE,
)
_UNITS = ("sentence", "word", "paragraph")
_COUNTED = (
    "tips", "ways", "steps", "reasons", "facts", "ideas", "points", "examples", "items", "benefits",
    "advantages", "methods", "rules", "lessons", "questions", "suggestions", "features", "things",
)  # fmt: skip
"""Words without which nothing is demanded: most instructions have none of them."""
_LIST = re.compile(
    r"\b(?:bullet(?:ed)? (?:points?|list)|bullets|numbered list|in (?:a )?list form|as a list|"
    r"in the form of a list)\b",
    re.IGNORECASE,
)
_STEPS = re.compile(r"\bstep[- ]by[- ]step\b|\bnumbered steps\b", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:in|as) (?:a |the form of a )?table\b|\bmarkdown table\b", re.IGNORECASE)
_ITEM_LINE = re.compile(
    r"^\s*(?:[-*•◦▪–—+]\s|\(?\d{1,3}[.)]\s|step \d+|\d{1,2}\s?[:–-]\s)",
    re.IGNORECASE | re.MULTILINE,
)
_ORDER = re.compile(
    r"\b(?:first(?:ly)?|second(?:ly)?|then|next|after that|afterwards|finally|lastly|once)\b",
    re.IGNORECASE,
)

AT_MOST = frozenset(
    ("at most", "no more than", "not more than", "up to", "under", "fewer than", "less than",
     "maximum of")
)  # fmt: skip
AT_LEAST = frozenset(
    ("at least", "no fewer than", "no less than", "over", "more than", "minimum of")
)
ABOUT = frozenset(("about", "around", "approximately", "roughly"))

TOLERANCE = 0.2
"""Relative, for "about", and for any number of words."""


def broken_demand(asked: str, output: str) -> Rejected | None:
    """What an instruction demands and its output is not; None if all demands are met."""
    for match in _lengths(asked):
        if why := _broken_length(match, output):
            return why
    counted = _items(asked)
    listed, steps = _LIST.search(asked), _STEPS.search(asked)
    items = len(_ITEM_LINE.findall(output)) if counted or listed or steps else 0
    for match in counted:
        count = _value(match["count"])
        # A number that only counts the items off does not say how many there are.
        if items != count and not _says(count, _ITEM_LINE.sub(" ", output)):
            return Rejected("items", f"{match.group()}: {items} list items")
    if listed and items < 2:
        return Rejected("no_list", asked[:160])
    if steps and items < 2 and len(_ORDER.findall(output)) < 2:
        return Rejected("no_steps", asked[:160])
    if _TABLE.search(asked) and output.count("|") < 4 and output.count("\t") < 2:
        return Rejected("no_table", asked[:160])
    return None


def without_demands(asked: str) -> str:
    """An instruction without the numbers that speak of the answer's form."""
    for match in (*_lengths(asked), *_items(asked)):
        asked = asked.replace(match.group(), " ")
    return asked


def _lengths(asked: str) -> list[re.Match[str]]:
    lowered = asked.lower()
    return [*_LENGTH.finditer(asked)] if any(unit in lowered for unit in _UNITS) else []


def _items(asked: str) -> list[re.Match[str]]:
    lowered = asked.lower()
    return [*_ITEMS.finditer(asked)] if any(word in lowered for word in _COUNTED) else []


def _broken_length(match: re.Match[str], output: str) -> Rejected | None:
    unit = match["unit"].lower().rstrip("s")
    low = _value(match["low"])
    high = _value(match["high"]) if match["high"] else low
    how = (match["how"] or "").lower()
    size = _size(unit, output)
    slack = TOLERANCE if how in ABOUT or unit == "word" else 0.0
    least = 0 if how in AT_MOST else low * (1 - slack)
    most = float("inf") if how in AT_LEAST else high * (1 + slack)
    if least <= size <= most:
        return None
    return Rejected("length", f"{match.group().strip()}: it has {size} {unit}s")


def _size(unit: str, output: str) -> int:
    if unit == "word":
        return len(words(output))
    return len(sentences(output) if unit == "sentence" else paragraphs(output))


def _value(text: str) -> int:
    return int(text) if text.isdigit() else NUMBER_WORDS[text.lower()]


@cache
def _said(count: int) -> re.Pattern[str]:
    word = next((w for w, value in NUMBER_WORDS.items() if value == count), str(count))
    return re.compile(rf"\b(?:{count}|{word})\b", re.IGNORECASE)


def _says(count: int, output: str) -> bool:
    return bool(_said(count).search(output))
