"""Dates, money, percentages and quantities in English text, by linear patterns and value checks.

What is found is meant to be complete in its passage: `find` also says which numbers it could not
account for, so that a passage with a doubtful number can be left alone.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re
from dataclasses import dataclass

LABELS = ("date", "money", "percentage", "quantity")

_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|"
    r"Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:1\d{3}|20\d{2})"
_ERA = r"(?: ?(?:(?:BCE?|AD|CE)\b|A\.D\.|B\.C\.))"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety)"
)
_SCALE = r"(?:[ \u00a0-]?(?:thousand|million|billion|trillion))"
_AMOUNT = rf"(?:(?:{_NUMBER}){_SCALE}?|(?:{_WORDS}|a hundred){_SCALE}?)"
_UNIT = (
    r"(?:(?:square |cubic )?(?:kilomet(?:er|re)s?|met(?:er|re)s?|centimet(?:er|re)s?|"
    r"millimet(?:er|re)s?|nanomet(?:er|re)s?|micromet(?:er|re)s?|miles?|feet|foot|inch(?:es)?|yards?)"
    r"(?: per (?:second|hour|day))?|"
    r"light[- ]years?|hectares?|acres?|kilograms?|kilogrammes?|milligrams?|grams?|tonnes?|tons|ounces?|"
    r"lit(?:er|re)s?|millilit(?:er|re)s?|gallons?|"
    r"degrees (?:Celsius|Fahrenheit)|kelvins?|(?:kilo|mega|giga)?watts?|(?:kilo)?volts?|"
    r"(?:kilo|mega|giga)?hertz|(?:kilo|mega|giga|tera)bytes?|(?:kilo)?joules?|(?:kilo)?calories|"
    r"km/h|mph|km[²2]?|sq ?(?:mi|km|ft)|cm|mm|nm|µm|kg|mg|lbs?|oz|ml|kHz|MHz|GHz|Hz|kW|MW|GW|kV|MB|GB|"
    r"TB|kB|°C|°F|° ?[CF]|ft|m[²³]|m|g)"
)
_CURRENCY = r"(?:(?:US|U\.S\.|A|C|CA|AU|NZ|HK)? ?\$|€|£|¥|₹)"
_CURRENCY_WORD = (
    r"(?:(?:US|U\.S\.|American|Canadian|Australian) )?(?:dollars?|euros?|cents|rupees|yen|yuan|rubles|"
    r"francs|USD|EUR|GBP)"
)
_BETWEEN = r"(?: ?[-–] ?| to )"


def _pattern(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$€£¥₹.,/-])(?:{body})(?![\w])")


# In order of precedence: what an earlier one has taken, a later one cannot have.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("money", re.compile(
        rf"(?<![\w$€£¥₹])(?:{_CURRENCY} ?(?:{_NUMBER})(?:{_BETWEEN}{_CURRENCY}? ?(?:{_NUMBER}))?"
        rf"(?:{_SCALE}|[mkb]n?)?(?: USD| AUD| CAD)?|{_AMOUNT} {_CURRENCY_WORD})(?!\w)"
    )),
    ("percentage", re.compile(
        rf"(?<![\w.,-])(?:(?:{_NUMBER}|{_WORDS})(?:{_BETWEEN}(?:{_NUMBER}|{_WORDS}))?"
        rf"(?: ?%| ?percent\b| ?per cent\b))"
    )),
    ("date", _pattern(
        rf"{_DAY} (?:of )?{_MONTH}(?:(?:,? |,){_YEAR}{_ERA}?)?|{_MONTH} {_DAY}(?:(?:,? |,){_YEAR}{_ERA}?)?|"
        rf"{_MONTH},? (?:of )?{_YEAR}|{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    )),
    ("date", _pattern(
        rf"{_YEAR}s|\d{{1,2}}(?:st|nd|rd|th)[ -]centur(?:y|ies){_ERA}?|(?:AD ?)\d{{1,4}}|\d{{1,4}}{_ERA}"
    )),
    ("quantity", re.compile(
        rf"(?<![\w$€£¥₹.,/-])(?:-|−)?{_AMOUNT}(?:{_BETWEEN}{_AMOUNT})?[ -]?{_UNIT}(?![\w²³/])"
    )),
    ("date", re.compile(
        rf"(?<![\w-])(?:(?<=\()|(?<=\b[Ii]n )|(?<=[Ss]ince )|(?<=[Uu]ntil )|(?<=[Bb]efore )|"
        rf"(?<=[Aa]fter )|(?<=[Dd]uring )|(?<=[Ff]rom ))"
        rf"{_YEAR}(?: ?[-–] ?{_YEAR})?(?![\w-])(?![–/][\w])(?!,\d)(?! (?:people|men|women|children|\w+s)\b)"
    )),
    ("date", re.compile(
        rf"(?<![\w-])(?:(?<=\b[Bb]y )|(?<=\bto )|(?<=\band )|(?<=\bor )|(?<=[Aa]round )|"
        rf"(?<=\d, )|(?<=[Bb]orn )){_YEAR}(?=[.,;)](?!\d))"
    )),
)  # fmt: skip

_DIGITS = re.compile(r"\d[\d,.]*")
_COUNT = re.compile(r"(?:\d{1,3}|\d{1,3}(?:,\d{3})+)(?= [a-z])")
_DOUBTFUL_WORD = re.compile(
    rf"\b(?:pounds?|stone|knots|decades?|centur(?:y|ies)|BCE?|AD|dollars?|euros?|cents?|percent\w*|"
    rf"per cent|degrees?|miles?|met(?:er|re)s?|kilo\w+|feet|inch(?:es)?|acres?|hectares?|"
    r"horsepower|decibels?|carats?|barrels?|bushels?|fathoms?|amp(?:ere)?s?|ohms?|newtons?|pascals?|parsecs?|"
    r"pints?|quarts?|calories|bits?|bytes?|lumens?|astronomical units?|kelvins?|"
    r"pesos?|lira|shillings?|pence|pennies|krone[rn]?|kron[ao]r?|baht|dinars?|dirhams?|ringgit|guilders?|ducats?|"
    r"rials?|riyals?|shekels?|florins?|"
    r"twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|"
    rf"{_MONTH[3:-1]})\b"
    r"|(?<=\d )(?:mi|ha|yds?|nmi|hp|bhp|dB|psi|rpm|kph|m/s|km/s|mi/h|cc|ppm|in(?=[).,;:]| tall| long| wide| high| deep| thick))(?![\w/])"
)
"""Units, currencies and months: where one of them stands, a value may have been missed."""
_CLOCK = re.compile(r"\b\d{1,2}(?::\d{2}| ?[ap]\.?m\b)")


@dataclass(frozen=True)
class Value:
    """A typed value, by offsets into the text that was searched."""

    start: int
    end: int
    label: str


def find(text: str) -> tuple[list[Value], list[str]]:
    """The values of a text in order, and the bits that may be values but match no rule.

    Returns:
        Values that do not overlap; and doubtful bits, empty if the values are surely all.
    """
    taken = [False] * len(text)
    values: list[Value] = []
    for label, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            while text[start:end].startswith(" "):
                start += 1
            if not any(taken[start:end]) and _plausible(label, text[start:end]):
                taken[start:end] = [True] * (end - start)
                values += _each_year(text, Value(start, end, label))
    values.sort(key=lambda value: value.start)
    return values, _doubts(text, taken)


def _each_year(text: str, value: Value) -> list[Value]:
    """The two years of "1809 – 1896", each a date of its own as in "from 1809 to 1896"."""
    years = re.fullmatch(rf"({_YEAR}) ?[-–] ?({_YEAR})", text[value.start : value.end])
    if value.label != "date" or years is None:
        return [value]
    first = Value(value.start, value.start + years.end(1), "date")
    return [first, Value(value.start + years.start(2), value.end, "date")]


def _plausible(label: str, found: str) -> bool:
    """Whether the value can be read: a percentage below 10,000, an amount that is not empty."""
    number = re.search(_NUMBER, found)
    if number is None:
        return True
    value = float(number[0].replace(",", ""))
    return value < 10_000 if label == "percentage" else True


def _doubts(text: str, taken: list[bool]) -> list[str]:
    doubts = []
    for match in _DIGITS.finditer(text):
        if any(taken[match.start() : match.end()]):
            continue
        count = _COUNT.match(text, match.start())
        if not count and not _CLOCK.match(text, match.start()):
            doubts.append(match[0])
    words = _DOUBTFUL_WORD.finditer(text)
    return doubts + [match[0] for match in words if not taken[match.start()]]
