"""Asks for an e-mail by its subject; the answer is the message without quotes and signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice
from miner.tasks.structure import language_of, trim
from miner.text import words
from miner.types import Rejected, Task, Writing

if TYPE_CHECKING:
    from miner.types import Case, Document, Mining

_WORDINGS = (
    "Write an e-mail with the subject “{subject}”.",
    "Draft an e-mail. The subject line is “{subject}”.",
    "Please compose an e-mail whose subject reads “{subject}”.",
    "Subject: {subject}\n\nWrite the e-mail that goes with this subject line.",
    "I need an e-mail under the subject “{subject}”. Write it for me.",
)
_HEADER = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9-]*):[ \t]*(?P<value>[^\n]*(?:\n[ \t]+\S[^\n]*)*)\n?"
)
_KNOWN = {"from", "to", "subject", "date", "message-id"}
_REPLY = re.compile(r"(?:re|fwd?|aw|wg|sv|antw)(?:\[\d+\])?:", re.IGNORECASE)
_QUOTED = re.compile(
    r"^(?:>|[ \t]*-{2,} ?(?:original message|forwarded (?:by|message))\b|On [^\n]{6,120} wrote:|"
    r"From: [^\n]+\n(?:Sent|To|Date): |-- ?$|_{20,}$)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the sender's own words end: an older message, or a signature."""
_ATTACHED = re.compile(
    r"\b(?:attached|attachment|enclosed|see below|below is)\b|<<[^>\n]+>>|"
    r"\w\.(?:docx?|xlsx?|pptx?|pdf)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Email:
    """Needs messages with their header lines on top, or a subject in the document's meta.

    Answers to other messages and messages that speak of an attachment are left alone: what they
    rest on is not there (LongForm's structured corpora).
    """

    needs_model: ClassVar[bool] = False
    min_words: int = 30
    max_words: int = 800
    min_subject_words: int = 2

    def mine(self, case: Case) -> Mining:
        """One instruction for one message."""
        yield from ()
        document = case.document
        if language_of(document) != "en":
            return [Rejected("language")]
        subject, start = _subject(document)
        if not subject:
            return [Rejected("no_subject")]
        if _REPLY.match(subject):
            return [Rejected("reply", subject)]
        if len(words(subject)) < self.min_subject_words:
            return [Rejected("short_subject", subject)]
        quoted = _QUOTED.search(document.text, start)
        start, end = trim(document.text, start, quoted.start() if quoted else len(document.text))
        body = document.text[start:end]
        if not self.min_words <= len(words(body)) <= self.max_words:
            return [Rejected("wrong_length", f"{len(words(body))} words")]
        if attached := _ATTACHED.search(body):
            return [Rejected("leans_on_attachment", attached[0])]
        wording = dice(case, "email").choice(_WORDINGS).replace("{subject}", subject)
        finding = Writing(wording, document.span(start, end), "template")
        return [annotate(case, "email", finding)]


def _subject(document: Document) -> tuple[str, int]:
    """The subject line and where the message's body begins; empty where there is none."""
    place, headers = 0, dict[str, str]()
    while header := _HEADER.match(document.text, place):
        headers.setdefault(header["name"].lower(), " ".join(header["value"].split()))
        place = header.end()
    if len(_KNOWN & headers.keys()) >= 2 and document.text[place : place + 1] in {"\n", ""}:
        return headers.get("subject", ""), place
    return " ".join(str(document.meta.get("subject") or "").split()), 0


PART: type[Task] = Email
