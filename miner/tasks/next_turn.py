"""Continues a conversation: the turns so far are shown, the answer is the next speaker's turn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice
from miner.tasks.prose import flaw
from miner.tasks.structure import language_of
from miner.text import words
from miner.types import Rejected, Task, Writing

if TYPE_CHECKING:
    from miner.types import Case, Document, Mining, Span

_WORDINGS = (
    "Here is the beginning of a conversation. Write what {speaker} says next.\n\n{turns}",
    "Continue this dialogue with {speaker}'s next turn.\n\n{turns}",
    "{turns}\n\nWhat does {speaker} reply?",
    "Read the conversation and write {speaker}'s answer.\n\n{turns}",
    "The following people are talking. It is {speaker}'s turn; write it.\n\n{turns}",
)
_TURN = re.compile(
    r"^(?P<speaker>[A-Z][\w.'’-]*(?: [A-Z(][\w.'’)-]*){0,3})[ \t]*:[ \t]+(?=\S)", re.MULTILINE
)
_NO_SPEAKER = {
    "note", "source", "sources", "update", "address", "date", "time", "price", "author", "title",
    "subject", "from", "to", "ingredients", "directions", "summary", "warning", "example", "answer",
    "question", "step", "tip", "phone", "email", "location", "category", "tags", "isbn", "contact",
    "posts", "join date", "joined", "tagline", "thesis", "mission", "vision", "editor's note",
    "objective", "goal", "purpose", "status", "likes", "re", "quote", "editor’s note",
}  # fmt: skip
_LEANS = re.compile(
    r"\b(?:above|below|click|here:|https?:|see (?:the|our|my) |here\])", re.IGNORECASE
)


@dataclass(frozen=True)
class NextTurn:
    """Needs lines of the form "Name: words", by two speakers or more who take turns."""

    needs_model: ClassVar[bool] = False
    per_document: int = 2
    min_turns: int = 4
    """Turns that a text needs to be taken for a conversation."""
    context: int = 6
    """Most turns that are shown."""
    min_words: int = 6
    max_words: int = 300

    def mine(self, case: Case) -> Mining:
        """Up to `per_document` turns, each to be given after those before it."""
        yield from ()
        document = case.document
        if language_of(document) != "en":
            return [Rejected("language")]
        turns = _turns(document)
        speakers = [name for name, _ in turns]
        if len(turns) < self.min_turns or not _takes_turns(speakers):
            return [Rejected("no_conversation", f"{len(turns)} turns")]
        fit = [
            i
            for i in range(1, len(turns))
            if speakers[i] != speakers[i - 1]
            and speakers[i] in speakers[max(0, i - self.context) : i]
            and self.min_words <= len(words(turns[i][1].text)) <= self.max_words
            and _replies(turns, i, self.context)
        ]
        if not fit:
            return [Rejected("wrong_length", "no turn that fits")]
        rng = dice(case, "next_turn")
        found = []
        for i in sorted(rng.sample(fit, min(self.per_document, len(fit)))):
            shown = "\n".join(f"{s}: {t.text}" for s, t in turns[max(0, i - self.context) : i])
            wording = rng.choice(_WORDINGS).replace("{speaker}", speakers[i])
            finding = Writing(wording.replace("{turns}", shown), turns[i][1], "template")
            found.append(annotate(case, "next_turn", finding, key=str(turns[i][1].start)))
        return [*found]


def _turns(document: Document) -> list[tuple[str, Span]]:
    """Speakers and what they say; a turn ends where the next begins, or at a blank line."""
    starts = [m for m in _TURN.finditer(document.text) if m["speaker"].lower() not in _NO_SPEAKER]
    found = []
    for i, match in enumerate(starts):
        stop = starts[i + 1].start() if i + 1 < len(starts) else len(document.text)
        said = document.text[match.end() : stop].split("\n\n", 1)[0].rstrip()
        if said:
            found.append((match["speaker"], document.span(match.end(), match.end() + len(said))))
    return found


def _replies(turns: list[tuple[str, Span]], i: int, context: int) -> bool:
    """Whether a turn answers a question, and nothing between the turns shown was lost.

    What somebody says who was asked nothing is anybody's guess; one who speaks twice was asked
    something that is not there.
    """
    shown = turns[max(0, i - context) : i + 1]
    alternate = all(one[0] != other[0] for one, other in pairwise(shown))
    said = turns[i][1].text
    whole = "\n" not in said and not _LEANS.search(said) and not flaw(said)
    return alternate and whole and turns[i - 1][1].text.rstrip("\"”’' ").endswith("?")


def _takes_turns(speakers: list[str]) -> bool:
    """Whether people talk: few of them, each more than once, not the same one all the time."""
    distinct = len(set(speakers))
    changes = sum(a != b for a, b in pairwise(speakers))
    return 2 <= distinct <= max(2, len(speakers) // 2) and changes * 2 >= len(speakers) - 1


PART: type[Task] = NextTurn
