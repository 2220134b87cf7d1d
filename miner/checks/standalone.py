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
    rf"|\bthe (?!same page\b)(?:above|following|below|given|provided|attached|aforementioned|same|present) "
    rf"(?:\w+ )?{_TEXT}s?\b"
    rf"|\bthe {_TEXT}s? (?:above|below|provided|given|attached)\b"
    rf"|\b(?:according to|based on|as (?:stated|mentioned|described|discussed|noted) (?:in|by)|"
    rf"mentioned in|described in|discussed in|stated in|in|from|by) the "
    rf"(?:article|text|passage|document|post|paragraph|excerpt|author|writer|narrator|speaker)\b(?! of\b)"
    rf"|\bthe (?:author|writer|narrator|speaker|passage|text|article|excerpt)(?:'s|’s)? "
    rf"(?:say|state|mention|claim|argue|describe|explain|suggest|recommend|use|refer|discuss|think|"
    rf"believe|opinion|view|point)\w*\b"
    r"|\b(?:as )?(?:mentioned|described|discussed|listed|shown|stated|noted) (?:above|below|earlier|"
    r"previously)\b"
    rf"|\b(?:my|our|his|her|their|your) (?:previous|last|earlier|next|recent) {_TEXT}s?\b"
    r"|\b\w+ mentioned (?:is|are|was|were|here|there|has|have|had)\b",
    re.IGNORECASE,
)
_DEMONSTRATIVE = re.compile(
    r"\b(?:this|these|those)(?: (?:type|kind|sort)s? of)? (?!(?:is|was|are|were|who|that|with|of|in|on|at|for|"
    r"and|or|as|can|may|do|does|did|will|would|should|has|have|had|year|month|week|morning|afternoon|evening|"
    r"century|time|day|days|way|ways|much|many|man|world|country's)\b)(?P<noun>[a-z][\w-]+)(?![^.?!\n]{0,60}[:“\"])"
    r"|\b(?:in|into|on|to|with|about|by|of|from|than|for|after|before) that (?!(?:is|was|are|were|which|way|"
    r"same|matter\b.*\bof)\b)[a-z]+"
    r"|\b(?:is|was|does|did|do|would|could|should|can|about|of|with) (?:this|these|those|that)(?: an?\b| the\b|\W*$)"
    r"|\b(?:do|does|did|should|would|could|can|will) (?:this|that) (?:be|work|answer|mean|happen|apply|make)\b"
    r"|\b(?:something|anything|everything|things?|stuff|people|someone|anyone|one|ones) like (?:this|that)\b"
    r"|\b(?:know|knew|say|said|do|did|done|think|mean|read|see|saw|hear|believe|pronounce|spell|explain|fix|"
    r"use|try|want|need|call) (?:this|that)(?: (?:right|ok|okay|too|now|then|already|yet))?\W*$",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?P<who>he|she|they|him|them|his|her|their|theirs|hers)\b", re.IGNORECASE)
_IT = re.compile(
    r"^\W*(?:(?:and|but|or|so|also|if|when|what|why|how|who|where|which|is|was|does|did|do|should|would|could|"
    r"can|will|has|many|times|often|well|just|another|ok|q|look|see|notice|hope|(?:does|did|is|was|would|could|should|wo|has|ca)n['’]?t|"
    r"i|we|you|all|made|make|still|then|"
    r"really|ever|already|now|not|maybe|perhaps)\b\W*)*"
    r"(?P<who>(?<!why is )(?<!be )it)\b(?!(?-i: [A-Z]))(?! (?:that|true|possible|important|necessary|said|likely|raining|better|"
    r"safe|legal|normal|mean|means|take|takes|cost|costs|like|matter|called|feel|be|to|easy|hard|difficult)\b)",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(
    r"^\W*(?:(?:and|or),? \w|(?:also|then|besides|again|instead|otherwise|meanwhile|therefore|thus|hence|moreover|"
    r"furthermore|additionally|specifically|anyway), \w)",
    re.IGNORECASE,
)
"""How a question begins that goes on from something said before; "but" and "so" may be mere style."""
_THEN = re.compile(r"(?<!\bby )(?<!\bsince )\bthen\W*\?\W*$", re.IGNORECASE)
_SUPPOSES = re.compile(r"\b(?:if|when|suppose|given|assume|assuming)\b", re.IGNORECASE)
_EVENT = re.compile(
    r"^\W*(?:so )?what (?:just |really |actually |exactly )?(?:happened|happens|is happening|is going on)"
    r"(?: (?:here|there|next|then|now|after that|before that|today|again))?\W*$",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\bwhat (?:was|were) the (?:\w+ )?(?:average|median|total|percentage|number|rate|share|population|density|"
    r"income|score|result|size)\b(?! (?:\w+ )?of\b)|\bhow many\b.*\b(?:was|were) there\W*$",
    re.IGNORECASE,
)
"""A figure that was, is a figure of somewhere at some time: without a name or a number of nothing."""
_GENERIC = (
    r"(?:image|picture|photo|site|page|software|plugin|program|app|problem|issue|item|product|device|company|team|"
    r"country|city|town|village|movie|film|show|game|book|episode|song|album|novel|play|event|class|course|group|"
    r"statement|collection|quote|question|answer|study|experiment|project|building|graduate|movers?|shoes|"
    r"households?|norm)"
)
_DEFINITE = re.compile(
    rf"\bthe (?!same page\b)(?:(?:whole|first|last|second|two|three|other|full|same|actual|suspended|student) )?{_GENERIC}s?\b"
    r"(?! (?:of|that|which|who|whose|in|for|with|between|called|named|to|from|about|where|when|on|by|at|as)\b)"
    r"(?!['’]s|[\w-])",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?<!^)(?<![.!?:] )\b[A-Z][\w’'-]+|\b[A-Z]{2,}\b|[\"“«]")
_MARKED = re.compile(r"\d")
_CONTENT = re.compile(r"[^\W\d_]{3,}")
_EMPTY_WORDS = frozenset(
    (
        "and", "but", "not", "yet", "now", "then", "who", "what", "when", "where", "why", "how",
        "which", "whose", "whom", "are", "was", "were", "does", "did", "has", "have", "had",
        "can", "could", "will", "would", "should", "may", "might", "must", "the", "all", "any",
        "some", "much", "many", "just", "also", "even", "only", "very", "too", "more", "most",
        "first", "last", "other", "well", "often", "still", "ever", "never", "let", "tell",
        "say", "said", "says", "know", "think", "hope", "because", "than", "into", "from",
        "with", "about", "over", "under", "there", "here", "you", "your", "our", "its", "that",
        "this", "these", "those", "thing", "things", "something",
        "anything", "everything", "nothing", "way", "ways", "time", "times", "kind", "sort",
        "notice", "look", "looks", "see", "seem", "seems", "wonder", "guess", "feel", "felt", "take",
        "took", "get", "got", "make", "made", "want", "wanted", "need", "needed", "like"
    )
) | frozenset(
    f"{verb}n"
    for verb in ("does", "did", "is", "was", "are", "were", "would", "could", "should", "do", "wo", "has", "have")
)  # fmt: skip
"""Words of three letters and more, and what is left of "isn't", that no pronoun can stand for."""


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
        if match := _DEMONSTRATIVE.search(asked):
            # Its noun may stand before it: "Describe a leap year. When is this year ..."
            noun = match["noun"]
            if not (noun and noun.lower().rstrip("s") in asked[: match.start()].lower()):
                return Rejected("no_referent", match.group())
        match = None if _NAMED.search(asked) else _DEFINITE.search(asked)
        if match and match.group().split()[-1].lower() not in asked[: match.start()].lower():
            return Rejected("no_referent", match.group())
        if _EVENT.search(asked) or (_FIGURE.search(asked) and not _anchored(asked)):
            return Rejected("no_referent", asked[:160])
        leads = _LEADS_ON.match(asked) or (_THEN.search(asked) and not _SUPPOSES.search(asked))
        if leads and asked.rstrip().endswith("?"):
            return Rejected("leads_on", asked[:160])
        return _no_antecedent(asked)


def _anchored(asked: str) -> bool:
    """Whether a name, a quotation or a number says what an instruction is about."""
    return bool(_NAMED.search(asked) or _MARKED.search(asked))


def _no_antecedent(asked: str) -> Rejected | None:
    """Why a pronoun stands for nothing; None if there is something before it."""
    for pattern in (_PERSON, _IT):
        if match := pattern.search(asked):
            before = asked[: match.start("who")]
            words = {word.lower() for word in _CONTENT.findall(before)} - _EMPTY_WORDS
            if not words and not _NAMED.search(before):
                return Rejected("no_antecedent", asked[:160])
    return None


PART: type[Check] = Standalone
