"""An instruction can be understood by itself: no "this article" without one, no nameless "he"."""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.types import Check, Document, Example, Rejected

_TEXT = (
    r"(?:article|text|passage|document|page|web ?page|website|site|post|blog(?: post)?|paragraph|"
    r"excerpt|story|section|chapter|book|paper|study|report|review|essay|interview|video|podcast|"
    r"image|figure|picture|photo|table|chart|graph|map|diagram|list|recipe|tutorial|guide|author|"
    r"writer|speaker|narrator|blogger)"
)
_NEEDS_TEXT = re.compile(
    rf"\b(?:this|that|these|those) (?:\w+ )?{_TEXT}s?\b(?! (?:headings?|titles?))(?![^.?!\n]{{0,20}}:)"
    rf"|\bthe (?:above|following|below|given|provided|attached|aforementioned|same|present) "
    rf"(?:\w+ )?{_TEXT}s?\b"
    rf"|\bthe {_TEXT}s? (?:above|below|provided|given|attached)\b"
    rf"|\b(?:according to|based on|as (?:stated|mentioned|described|discussed|noted) (?:in|by)|"
    rf"mentioned in|described in|discussed in|stated in|in|from|by) the "
    rf"(?:article|text|passage|document|post|paragraph|excerpt|author|writer|narrator|speaker)\b(?! of\b)"
    rf"|\bthe (?:author|writer|narrator|speaker|passage|text|article|excerpt)(?:'s|’s)? "
    rf"(?:say|state|mention|claim|argue|describe|explain|suggest|recommend|use|refer|discuss|think|"
    rf"believe|opinion|view|point)\w*\b"
    r"|\b(?:as )?(?:mentioned|described|discussed|listed|shown|stated|noted) (?:above|below|earlier|"
    r"previously)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"^\W*(?:(?:who|what|when|where|why|how|which|whose|whom)\b(?: \w+){0,3} )?"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|'s) "
    r"(?P<who>he|she|they|it|his|her|their|its|this|these|those|him|them)\b(?! (?:is|was)? ?(?:true|"
    r"possible|important|necessary|said|that|likely|raining|better|safe|legal|normal|worth|called|"
    r"mean|take|cost|like|matter)\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?<!^)(?<![.!?:] )\b[A-Z][\w’'-]+")


@dataclass(frozen=True)
class Standalone:
    """Refuses instructions that point at a text, a person or a thing that is not there."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if the instruction has a referent for all it points at."""
        del documents
        if item.input:
            return None  # the input is what "this text" means, and who "he" is
        asked = item.instruction
        if match := _NEEDS_TEXT.search(asked):
            return Rejected("no_referent", match.group())
        match = _PRONOUN.search(asked)
        if match and not _NAMED.search(asked[: match.start("who")]):
            return Rejected("no_antecedent", asked[:160])
        return None


PART: type[Check] = Standalone
