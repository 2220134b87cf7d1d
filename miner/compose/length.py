"""The length clause of LongForm: the instruction states how long the answer is, and it is true.

The number is counted in the output; sentences and paragraphs exactly, words rounded so that a
person could have said it, by at most 5 %. `stated` reads a clause back, and `holds` verifies it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from miner.text import paragraphs, sentences, words

if TYPE_CHECKING:
    from miner.compose.dice import Dice

Unit: TypeAlias = Literal["sentences", "words", "paragraphs"]

_SPACELESS = {"zh", "ja", "th", "lo", "km", "my", "yue"}
_CLAUSES = {
    "sentences": (
        "Answer in {n} sentences.",
        "Use {n} sentences.",
        "Keep it to {n} sentences.",
        "Write {n} sentences.",
        "It should be {n} sentences long.",
    ),
    "words": (
        "Write about {n} words.",
        "Aim for about {n} words.",
        "Use around {n} words.",
        "The text should be about {n} words long.",
        "Keep it to about {n} words.",
    ),
    "paragraphs": (
        "Write {n} paragraphs.",
        "Answer in {n} paragraphs.",
        "Use {n} paragraphs.",
        "It should have {n} paragraphs.",
        "Structure it in {n} paragraphs.",
    ),
}
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_STATED = re.compile(rf"(\d+|{'|'.join(_NUMBERS[1:])}) (sentence|word|paragraph)s?\b")


def count(text: str, unit: Unit, language: str = "en") -> int:
    """How many sentences, words or paragraphs a text has."""
    if unit == "words":
        return len(words(text))
    return len(sentences(text, language)) if unit == "sentences" else len(paragraphs(text))


def clause(text: str, language: str, dice: Dice) -> tuple[str, str] | None:
    """A sentence that states the length of a text, and its short form such as "length:words=120".

    None where no clause would be natural: a single sentence, fifty of them, words where a script
    has none. Headings are neither sentences nor paragraphs, so beside them only words count.
    """
    counts: dict[Unit, int] = {}
    plain = all(len(words(text[a:b])) >= 6 for a, b in paragraphs(text))
    if plain and 2 <= (n := count(text, "sentences", language)) <= 12:
        counts["sentences"] = n
    if plain and 2 <= (n := count(text, "paragraphs")) <= 8:
        counts["paragraphs"] = n
    if language not in _SPACELESS and 30 <= (n := len(words(text))) <= 1000:
        counts["words"] = _rounded(n)
    if not counts:
        return None
    unit = dice.choose(tuple(counts))
    number = counts[unit]
    shown = _NUMBERS[number] if number <= 10 and dice.chance(0.5) else str(number)
    return dice.choose(_CLAUSES[unit]).replace("{n}", shown), f"length:{unit}={number}"


def stated(instruction: str) -> tuple[Unit, int] | None:
    """The length that an instruction asks for, from the last place that states one."""
    found = _STATED.findall(instruction.lower())
    if not found:
        return None
    number, unit = found[-1]
    value = int(number) if number.isdigit() else _NUMBERS.index(number)
    return f"{unit}s", value  # type: ignore[return-value]


def holds(text: str, unit: Unit, number: int, language: str = "en") -> bool:
    """Whether a text has the stated length; words within 5 %."""
    true = count(text, unit, language)
    return abs(true - number) * 20 <= true if unit == "words" else true == number


def _rounded(n: int) -> int:
    step = 5 if n < 100 else 10 if n < 200 else 20 if n < 500 else 50
    return round(n / step) * step
