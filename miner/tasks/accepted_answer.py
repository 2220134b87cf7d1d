"""Asks the question that an accepted answer of a Stack Exchange dump was given to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, whole
from miner.text import words
from miner.types import Rejected, Task, Writing

if TYPE_CHECKING:
    from miner.types import Case, Mining

_POINTS = re.compile(
    r"https?://|\bwww\.|\b(?:as|like) @?\w+ (?:said|says|mentioned|wrote|commented|pointed out)\b|"
    r"\b(?:(?:other|previous|accepted|above|below) (?:answers?|comments?)|"
    r"(?:your|my|the) comments?|your (?:edit|update|screenshot|picture|photo|image))\b|"
    r"(?m:^(?:edit|update)(?: ?\d+)?:)",
    re.IGNORECASE,
)
"""What an answer must not lean on, since its reader has the question alone."""
_SHOWS = re.compile(
    r"\b(?:see|in|look at|here (?:is|are)) (?:the |this |my |attached )*"
    r"(?:screenshots?|pictures?|photos?|images?|figures?|diagrams?)\b|"
    r"\benter image description\b|https?://|\b(?:jsfiddle|pastebin|imgur)\b",
    re.IGNORECASE,
)
"""What a question must not show, since a text can't."""
_THANKS = re.compile(
    r"(?:\s*(?:thanks?(?: you)?|many thanks|cheers|regards)\b[^.!?\n]{0,40}[.!]?)+\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class AcceptedAnswer:
    """Needs documents of the source `stack_exchange`: title and question stand in their meta.

    The instruction is what the asker wrote, so its style is "source", no template's (LongForm's
    structured corpora).
    """

    needs_model: ClassVar[bool] = False
    min_score: int = 1
    """Least score of the question as of the answer, where the dump knows it."""
    min_words: int = 25
    max_words: int = 1200
    max_question_words: int = 300
    """A longer question is asked by its title alone, if that is a question."""

    def mine(self, case: Case) -> Mining:
        """One instruction: the title, with the question's body below it."""
        yield from ()
        document = case.document
        question = str(document.meta.get("question") or "")
        title = " ".join(document.title.split())
        if "question" not in document.meta or not title:
            return [Rejected("no_question")]
        for key in ("question_score", "score"):
            score = document.meta.get(key, self.min_score)
            if isinstance(score, int) and score < self.min_score:
                return [Rejected("low_score", f"{key} {score}, at least {self.min_score}")]
        answer = whole(case)
        if not self.min_words <= len(words(answer.text)) <= self.max_words:
            return [Rejected("wrong_length", f"{len(words(answer.text))} words")]
        if leans := _POINTS.search(answer.text):
            return [Rejected("leans_on_page", leans[0])]
        instruction = self._asked(title, _THANKS.sub("", question).strip())
        if isinstance(instruction, Rejected):
            return [instruction]
        return [annotate(case, "accepted_answer", Writing(instruction, answer, "source"))]

    def _asked(self, title: str, body: str) -> str | Rejected:
        short = len(words(body)) <= self.max_question_words
        if body and short and not _SHOWS.search(body):
            return f"{title}\n\n{body}"
        if title.endswith("?") and len(words(title)) > 3:
            return title
        return Rejected("question_shows" if short else "question_too_long", title)


PART: type[Task] = AcceptedAnswer
