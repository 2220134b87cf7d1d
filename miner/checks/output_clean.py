"""A text to be learnt as an answer holds no page furniture, no markup, and no cut sentence.

A piece of writing is checked as a whole. Other findings are checked where a document's words are
shown at length: an answer's spans for markup, a text to work on for a beginning within a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.checks.residue import furnishings
from miner.types import Annotation, Answers, Check, Document, Recalled, Rejected, Span, Writing

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
RECORD = "record"
"""Style of answers that a data set's record holds: "yes" is whole, though no sentence."""
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
        finding = item.finding
        if isinstance(finding, Writing):
            why = self._written(finding.output, documents, whole=finding.style == RECORD)
        elif isinstance(finding, Recalled):
            return None
        elif isinstance(finding, Answers):
            why = cut_start(finding.text) or self._answered(finding)
        else:
            why = cut_start(finding.text)
        return why if why and why.reason not in self.allow else None

    def _written(
        self, span: Span, documents: Mapping[str, Document], *, whole: bool
    ) -> Rejected | None:
        for kind, line in furnishings(span.text):
            if kind not in self.allow:
                return Rejected(kind, line.strip()[:200])
        if whole:
            return None
        document = documents.get(span.document)
        text = document.text if document else span.text
        return cut_start(span, text) or cut_end(span, text)

    def _answered(self, finding: Answers) -> Rejected | None:
        for span in finding.spans:
            if len(span.text.split()) >= MIN_WORDS_OF_A_SENTENCE:
                for kind, line in furnishings(span.text):
                    if kind == "wiki":
                        return Rejected("wiki", line.strip()[:200])
        return None


def cut_start(span: Span, text: str = "") -> Rejected | None:
    """Why a piece of a text does not begin where a sentence does; None if it does."""
    head = span.text.strip()[:80]
    if not head:
        return Rejected("empty")
    before = text[max(span.start - 1, 0) : span.start]
    if (before.isalnum() and head[0].isalnum()) or head[0] in ",;:)]}。、，" or _runs_on(head):
        return Rejected("cut_start", head)
    return None


def cut_end(span: Span, text: str) -> Rejected | None:
    """Why a piece of a text ends within a sentence; None if it does not."""
    tail = span.text.rstrip()[-80:]
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
