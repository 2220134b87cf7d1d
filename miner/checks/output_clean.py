"""A text to be learnt as an answer holds no page furniture, no markup, and no cut sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.checks.residue import furniture
from miner.types import Annotation, Check, Document, Rejected, Span, Writing

ENDS = ".!?…。！？؟।॥։።។။¶"
CLOSERS = "\"'’”»」』）)]}*_›"
LIST_ITEM = re.compile(r"^\s*(?:[-*•◦▪–—+]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
TRAILING = re.compile(
    r"(?:,|;|:|…|\.\.\.|\b(?:and|or|but|the|a|an|of|to|in|with|for|by|from|that|which|is|are|was))$",
    re.IGNORECASE,
)
MORE = re.compile(
    r"(?:\[\s*(?:…|\.\.\.)\s*\]|\(\s*more\s*\)|\bread more|(?:…|\.\.\.)\s*»?)\W*$", re.IGNORECASE
)
MIN_WORDS_OF_A_SENTENCE = 8
"""A last line of fewer words without a full stop is taken for a list's item or a caption."""


@dataclass(frozen=True)
class OutputClean:
    """Refuses writing outputs that no person would hand in as an answer."""

    subject: ClassVar[Literal["annotation", "example"]] = "annotation"

    allow: tuple[str, ...] = ()
    """Kinds of residue that do not matter here: navigation, legal, share, byline, call_to_action,
    cookie, dangling, wiki, cut_start, cut_end."""

    def check(self, item: Annotation, documents: Mapping[str, Document]) -> Rejected | None:
        """None if the output is clean, or if it is no piece of writing."""
        if not isinstance(item.finding, Writing):
            return None
        span = item.finding.output
        for line in span.text.splitlines():
            kind = furniture(line)
            if kind and kind not in self.allow:
                return Rejected(kind, line.strip()[:200])
        document = documents.get(span.document)
        why = cut(span, document.text if document else span.text)
        return why if why and why.reason not in self.allow else None


def cut(span: Span, text: str) -> Rejected | None:
    """Why a piece of a text begins or ends within a sentence; None if it does neither."""
    head, tail = span.text.strip()[:80], span.text.rstrip()[-80:]
    if not head:
        return Rejected("empty")
    before = text[max(span.start - 1, 0) : span.start]
    if (before.isalnum() and head[0].isalnum()) or head[0] in ",;:)]}。、，" or _runs_on(head):
        return Rejected("cut_start", head)
    after = text[span.end : span.end + 1]
    last = span.text.rstrip().splitlines()[-1].strip()
    if MORE.search(tail) or (after.isalnum() and tail[-1:].isalnum() and after.isascii()):
        return Rejected("cut_end", tail)
    bare = last.rstrip(CLOSERS)
    if bare.endswith(tuple(ENDS)):
        return None
    # Closing marks alone ("... (1999)") do not end a sentence, a list's item needs no end.
    long = len(last.split()) >= MIN_WORDS_OF_A_SENTENCE and not LIST_ITEM.match(last)
    if long or TRAILING.search(last):
        return Rejected("cut_end", tail)
    return None


def _runs_on(head: str) -> bool:
    """Whether a text begins with a lower-case word, as the rest of a sentence does."""
    first = head.split(maxsplit=1)[0]
    # iPhone, eBay and dates such as "c. 1900" are fair beginnings.
    return first.isalpha() and first.islower() and first.isascii() and len(first) > 1


PART: type[Check] = OutputClean
