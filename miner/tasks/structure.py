"""The shape of a document: its title, lead and sections.

Headings come from `document.meta["headings"]`, from Markdown, or, in texts that have a title, from
the form that WikiExtractor leaves: a short line that ends in a full stop ("Early life."). The rules
are strict: a line that is doubtful is no heading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.text import base_language, words

if TYPE_CHECKING:
    from miner.types import Document, Span

_BRACKET = re.compile(r"\s*\([^()]*\)$")
_MARKDOWN = re.compile(r"^(#{1,4}) +(.{2,80}?)(?: +#+)?$", re.MULTILINE)
_SHORT_LINE = re.compile(r"^(?=[^\n]{3,64}$)[A-Z0-9][^\n.!?:;]*\.$", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|could|will|would|do|does|did|may|might|must|be|been|"
    r"became|become|made|died|said|says|used|won|went|got|he|she|it|they|you|we|i|this|that|these|"
    r"married|born|begins|began|starts?|ends?|won)\b",
    re.IGNORECASE,
)
_CALENDAR = re.compile(
    r"\d[\d\s–-]*(?:s|BC|AD)?|(?:January|February|March|April|May|June|July|August|September|"
    r"October|November|December)(?: \d{1,4})?|.*\b\d{1,2}(?:st|nd|rd|th) (?:century|millennium).*|"
    r"(?:Lists?|Index|Outline|Timeline|Glossary) of .*|.*\b(?:in|of) \d{4}|\d{4}.*|"
    r".* (?:disc|film|bibli)ography",
    re.IGNORECASE,
)
"""Titles of calendar pages and lists: their texts are entries, not prose on a subject."""
_POINTER = re.compile(
    r"\b(?:may|can|could|might) (?:also )?(?:refer to|mean|be)[^.\n]*:", re.IGNORECASE
)
_APPENDIX = {
    "references", "other websites", "external links", "related pages", "see also", "notes", "links",
    "further reading", "sources", "bibliography", "footnotes", "citations", "gallery", "books",
    "other pages", "notes and references", "related websites", "works cited", "more reading",
    "selected bibliography", "club career statistics", "international career statistics", "images",
    "career statistics", "statistics", "track listing", "filmography", "discography", "pictures",
    "sister cities", "twin towns", "reading", "websites", "reference", "more websites",
    "other articles", "literature", "related articles", "related topics", "other readings",
}  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A heading's words, and the offsets of the heading's line and of the body below it."""

    title: str
    heading: int
    start: int
    end: int
    level: int = 2


@dataclass(frozen=True)
class Outline:
    """A document's parts, as offsets. What stands behind `end` is appendix."""

    title: str
    lead: tuple[int, int]
    sections: tuple[Section, ...]
    end: int


def language_of(document: Document) -> str:
    """The document's language as templates go by; by its commonest words where none is given."""
    if document.language:
        return base_language(document.language)
    sample = [word.lower() for word in words(document.text[:1500])]
    common = {"the", "of", "and", "to", "in", "a", "is", "for", "that", "with", "was", "it", "on"}
    hits = sum(word in common for word in sample)
    return "en" if hits >= max(3, len(sample) * 0.15) else ""


def is_reference_page(document: Document) -> bool:
    """Whether a page only points elsewhere or lists: disambiguation, calendar pages, lists."""
    title = document.title.strip()
    if "disambiguation" in title.lower() or _CALENDAR.fullmatch(title):
        return True
    return bool(_POINTER.search(document.text[:300]))


def outline(document: Document) -> Outline:
    """The parts of a document."""
    text = document.text
    title = _BRACKET.sub("", document.title.strip())
    body = _after_title(text, document.title.strip())
    headings = _given(document) or _markdown(text) or (_extracted(text, body) if title else [])
    lead = trim(text, body, headings[0][1] if headings else len(text))
    sections = []
    for i, (name, start, end, level) in enumerate(headings):
        stop = headings[i + 1][1] if i + 1 < len(headings) else len(text)
        sections.append(Section(name, start, *trim(text, end, stop), level))
    end = len(text.rstrip())
    for i, section in enumerate(sections):
        if section.title.lower().strip(" .") in _APPENDIX:
            end = len(text[: section.heading].rstrip())
            sections = sections[:i]
            break
    return Outline(title, lead, tuple(sections), end)


def span_of(document: Document, start: int, end: int) -> Span | None:
    """The evidence [start, end), or None if it is empty."""
    return document.span(start, end) if start < end else None


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends; (start, start) if nothing is left."""
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    return start, max(start, end - (len(body) - len(body.rstrip())))


def _after_title(text: str, title: str) -> int:
    """Where the body begins: some extractors put the title on a line of its own first."""
    first = text.split("\n", 1)[0].strip()
    return len(text.split("\n", 1)[0]) if title and first.casefold() == title.casefold() else 0


# A heading here is (words, start of its line, end of its line, level).


def _given(document: Document) -> list[tuple[str, int, int, int]]:
    headings = document.meta.get("headings") or ()
    return [(str(h["title"]), int(h["start"]), int(h["end"]), int(h["level"])) for h in headings]


def _markdown(text: str) -> list[tuple[str, int, int, int]]:
    return [(m[2].strip(), m.start(), m.end(), len(m[1])) for m in _MARKDOWN.finditer(text)]


def _extracted(text: str, body: int) -> list[tuple[str, int, int, int]]:
    """Short lines with a full stop and no verb, each above a paragraph or one more heading."""
    lines = [m.span() for m in _LINE.finditer(text, body)]
    looks = [_looks_like_heading(text[a:b].strip()) for a, b in lines]
    below = len(lines)  # the next line that is no heading, found from the end upwards
    body_at = [0] * len(lines)
    for i in range(len(lines) - 1, -1, -1):
        body_at[i] = below
        below = below if looks[i] else i
    found = []
    for i, (start, end) in enumerate(lines):
        has_body = body_at[i] < len(lines) and body_at[i] - i <= 2
        crowded = i > 1 and looks[i - 1] and looks[i - 2]
        appendix = text[start:end].strip(" .").lower() in _APPENDIX
        if looks[i] and i > 0 and ((has_body and not crowded) or appendix):
            found.append((text[start:end].strip().rstrip("."), start, end, 2))
    return found


def _looks_like_heading(line: str) -> bool:
    if not _SHORT_LINE.fullmatch(line) or _VERB.search(line):
        return False
    bad_shape = re.search(r"[\"“(\[]|, \d|\b(?:p|pp|vol|ed)\b|^(?:on|the most)\b|^\d", line)
    return not bad_shape and 1 <= len(line.split()) <= 7
