"""Which other names of a text could stand in a blank: with one, the answer is no longer sure.

No rule here knows what a name names. So what a name is like is read from where it stands: behind
"in" and "near" stand places, behind "the" stands what has an article. A name that could be of the
kind that the blank asks for is a rival, and in doubt it is one.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re

from miner.dates import DAYS, MONTHS

_CAPITAL = re.compile(
    r"(?:[A-Z][\w’'-]*[\w]|[A-Z])(?:(?: (?:of|of the|de|von|van|del|da|la|le|and the) | )[A-Z][\w’'-]*[\w])*"
)
_PLACE_BEFORE = re.compile(
    r"\b(?:in|at|near|into|around|outside|across|throughout|within|inside|north|south|east|west|"
    r"northern|southern|eastern|western|central)(?: of)?(?: the)? \Z",
    re.IGNORECASE,
)
_PERHAPS_PLACE_BEFORE = re.compile(r"(?:\b(?:from|to|of|and|or)(?: the)?|[\w)],) \Z", re.IGNORECASE)
_ARTICLE_BEFORE = re.compile(r"\b(?:the|an?|his|her|its|their|this|that|these) \Z", re.IGNORECASE)
_DEMONYM = re.compile(
    r"(?:\w+(?:an|ish|ese|ic)|French|Greek|Dutch|German|Welsh|Swiss|Czech|Thai|Iraqi|Israeli|Pakistani)"
    r"(?:-\w+)? (?!(?:and|or|in|at|on|of|to|is|was|are|were|has|had|for|by|with|from|as|but|who|which|that|did|"
    r"could|would|can|may|will|became|also|then|when|where|while|until|since|after|before|through|during)\b)[a-z]"
)
_MONTH = re.compile(rf"(?:{MONTHS}|{DAYS})s?\Z")
_STARTERS = frozenset(
    word.capitalize()
    for word in re.findall(
        r"[a-z]+",
        "a after all also although an and another any around as at because before being both but by common despite "
        "did different due during each early even every few first for four from had having he her here his however i "
        "if in instead it its just last late later like long many may modern more most much my new no not now of often "
        "old on once one only or other others our out over part people several she since six some soon still such ten "
        "than that the their then there these they this those though three through to today together two under until "
        "up upon using very was we well were what when where which while who with within without you young your",
    )
)
"""Words with a capital only because a sentence begins."""


def rivals(before: str, sentence: str, name: str, place: int) -> list[str]:
    """The names that could be meant.

    Args:
        before: What is shown.
        sentence: The sentence that has the blank.
        name: What was blanked.
        place: Its offset in the sentence.
    """
    local = bool(_PLACE_BEFORE.search(sentence, 0, place))
    article = bool(_ARTICLE_BEFORE.search(sentence, 0, place))
    known = set(name.split())
    found = []
    for match in _CAPITAL.finditer(before):
        other = _without_starter(before, match)
        if not other or other == name or other in sentence or _MONTH.match(other):
            continue
        if is_adjective(before, match.end() - len(other)):
            continue
        if (
            set(other.split()) > known
            and other.endswith(name)
            and not _differs(before, other, name)
        ):
            continue  # "John Keats" of "Keats"
        start = match.end() - len(other)
        if bool(_ARTICLE_BEFORE.search(before, 0, start)) != article:
            continue
        is_place = bool(_PLACE_BEFORE.search(before, 0, start))
        if (
            not is_place
            if not local
            else is_place or _PERHAPS_PLACE_BEFORE.search(before, 0, start)
        ):
            found.append(other)
    return found


def is_adjective(text: str, start: int) -> bool:
    """Whether it is said of a noun behind it, as "European" of an airport."""
    return bool(_DEMONYM.match(text, start))


def _without_starter(text: str, match: re.Match[str]) -> str:
    """The name without a word that only has a capital because a sentence begins."""
    first, _, rest = match[0].partition(" ")
    begins = not text[: match.start()].strip() or text[: match.start()].rstrip()[-1:] in '.!?"”\n:'
    if not begins:
        return match[0]
    if first in _STARTERS:
        return rest
    small = re.search(rf"(?<![\w-]){re.escape(first.lower())}\b", text)
    return rest if small and first.lower() != first else match[0]


def _differs(text: str, longer: str, name: str) -> bool:
    """Whether yet another name of the text ends in this one: "Thomas Keats" and "John Keats"."""
    others = {m[0] for m in _CAPITAL.finditer(text) if m[0].endswith(f" {name}")}
    return bool({other for other in others if other != longer})
