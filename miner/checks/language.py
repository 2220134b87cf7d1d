"""Instruction and output are in the language that the example claims, and in its script."""

# ruff: noqa: SIM905 - a list of words
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.languages import CJK, NEAR, SCRIPTS, identify, script
from miner.text import base_language
from miner.types import Check, Document, Example, Rejected

LEAST_LETTERS, ALL_LETTERS = 20, 60
"""Letters of a text below which its language is not guessed, its script still is; and from which
`probability` is enough. In between it must be as good as certain."""

CERTAIN = 0.99
GLANCE, LOOKED_AT = 120, 400
"""Characters of a text that are looked at first, and those that its language is told by."""

FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        "the and that with from which were this not their they its his she you your what who "
        "when how where why does did are would should could been there these those into about "
        "than because while both being each has have for it".split()
    )
}
"""Words by whose share a text's language is plain: frequent ones that its neighbours seldom use."""

SHARED: Mapping[str, frozenset[str]] = {
    "en": frozenset("of to in is was as by on at an be had or he do can will but if a also".split())
}
"""As frequent ones that its neighbours use too: they count only beside the others."""

ENOUGH, FEWEST = 0.12, 3
"""Share of the first that tells a language, and how many there must be. English prose has 0.2 to
0.3."""
ENOUGH_OF_ALL, FEWEST_OF_ALL = 0.4, 2
"""Share of both that tells it, and how many there must be of the first."""


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
        start = text[:LOOKED_AT]
        if plainly(start, claimed):
            return ""
        letters = sum(map(str.isalpha, start))
        if letters < LEAST_LETTERS:
            return ""
        if letters >= ALL_LETTERS:  # the beginning is enough to see that all is well
            language, probability = identify(text[:GLANCE])
            if language == claimed and probability >= CERTAIN:
                return ""
        language, probability = identify(start)
        least = self.probability if letters >= ALL_LETTERS else max(self.probability, CERTAIN)
        sure = probability >= least and language not in {claimed, "zxx"}
        return language if sure and language not in NEAR.get(claimed, ()) else ""


def plainly(text: str, language: str) -> bool:
    """Whether a text is in a language by its function words, without a closer look."""
    known = FUNCTION_WORDS.get(language)
    if not known:
        return False
    words = text.lower().split()
    many = sum(map(known.__contains__, words))
    if many >= max(FEWEST, ENOUGH * len(words)):
        return True
    more = sum(map(SHARED[language].__contains__, words)) if many >= FEWEST_OF_ALL else 0
    return many + more >= max(FEWEST_OF_ALL, ENOUGH_OF_ALL * len(words))


PART: type[Check] = Language
