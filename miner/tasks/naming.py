"""How an instruction names what an article is about, when a bracket tells its title from others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from miner.tasks.subject import is_role

if TYPE_CHECKING:
    from miner.tasks.subject import Subject

_BRACKET = re.compile(r"\(([^()]+)\)$")
_WORK = re.compile(
    r"\b(?:movie|film|series|song|album|book|novel|game|show|play|opera|magazine|EP|musical|poem)$"
)
_IS_WORK = re.compile(
    r"\s*(?:an?|the) (?:[\w’'#.,-]+ ){0,7}?(?:movie|film|song|single|album|novel|book|opera|"
    r"musical|sitcom|(?:television|TV|drama|comedy|web|animated) series|poem|painting|EP|"
    r"television (?:show|program))\b(?! (?:producer|director|actor|actress|star|critic|studio|"
    r"company|writer|editor|singer|maker|festival|award|genre|character|composer|artist|franchise|channel))"
)
"""What is said of a work, whose name stands in quotation marks."""
_KIND = re.compile(
    r"moon|planet|asteroid|constellation|crater|city|town|village|municipality|commune|island|river|lake|"
    r"mountain|district|province|region|country|plant|genus|bird|fish|animal|insect|dinosaur|ship|"
    r"company|band|language|programming language|operating system|software|website|newspaper|"
    r"chemical element|unit|instrument|card game|board game|dance|god|goddess|mythical creature"
)
_FIELD = re.compile(
    r"music|physics|chemistry|biology|mathematics|computing|computer science|law|economics|"
    r"linguistics|grammar|philosophy|geology|botany|anatomy|astronomy|statistics|psychology|"
    r"medicine|engineering|electronics|politics|sports?|ballet|poetry|architecture"
)


def named(subject: Subject, title: str, text: str) -> str:
    """The subject as one would write it: “Emma” (novel), the moon Oberon, a beat in music.

    Empty where the bracket is of another kind ("1868", "given name"), which nobody would say.
    """
    bracket = _BRACKET.search(title.strip())
    name = subject.phrase
    thing = subject.proper and not subject.person
    work = thing and _IS_WORK.match(text[subject.predicate : subject.predicate + 100])
    if not bracket:
        return f"“{name}”" if work else name
    told = bracket[1].strip()
    if _WORK.search(told):
        return f"“{name}” ({told})"
    if _FIELD.fullmatch(told):
        return f"{name} in {told}"
    kind = _KIND.fullmatch(told) or (subject.person and is_role(told) and told.islower())
    if kind and subject.proper and not name.startswith("the "):
        return f"the {told} {name}"
    return ""
