"""A model sums up, simplifies, outlines, entitles or explains a passage; quotes show the support."""

# ruff: noqa: E501 - a sentence is easier to judge on one line

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from miner.tasks.asking import TEXT, Asking, language_name, object_schema, spread, within
from miner.tasks.finding import annotate, dice
from miner.text import words
from miner.types import Annotation, Answers, Passage, Rejected, Reply, Request, Span, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining

Skill = Literal["summary", "title", "outline", "simplify", "explain", "headline", "questions"]
# What the model is asked, what an instruction says, and bounds: words of the output as a share of
# the passage's.
_SKILLS: dict[str, tuple[str, tuple[str, ...], float, float]] = {
    "summary": (
        "Sum the document up in two or three sentences of your own, without anything it does not say.",
        ("Summarise the text in two or three sentences.", "Sum up the main points of the text briefly.", "What does this text say, in short?"),
        0.05, 0.6,
    ),
    "title": (
        "Write a title for the document: what it is about, in at most ten words, without ornament.",
        ("Give the text a fitting title.", "Suggest a title for this text.", "What would be a good title for this text?"),
        0.0, 0.3,
    ),
    "headline": (
        "Write a newspaper headline that reports the main thing the document says, in at most twelve words.",
        ("Write a headline for this text.", "How would a newspaper headline put this text?"),
        0.0, 0.3,
    ),
    "outline": (
        "Outline the document: three to eight short points in its order, one a line, each begun with a hyphen.",
        ("Outline the text in short points.", "Make an outline of this text, as a list with hyphens.", "List the points of the text in order."),
        0.05, 0.9,
    ),
    "simplify": (
        "Tell what the document says again in plain words and short sentences for a learner of the language. Leave nothing important out and add nothing.",
        ("Rewrite the text in simple language.", "Say this in plain words for a learner of the language.", "Make this text easier to read without changing what it says."),
        0.4, 1.6,
    ),
    "explain": (
        "Explain what the document says to a curious twelve-year-old, in a short paragraph, with nothing that it does not support.",
        ("Explain this text to a twelve-year-old.", "How would you explain this text to a child who asks about it?"),
        0.2, 1.5,
    ),
    "questions": (
        "Write three to five questions that the document answers, one a line, each begun with a hyphen and understandable without the document.",
        ("Write a few questions that this text answers, as a list with hyphens.", "Which questions does this text answer? List three to five, each behind a hyphen."),
        0.05, 0.9,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Generalist:
    """Skills take turns along a node's documents; the output is the model's, its support is quoted."""

    needs_model: ClassVar[bool] = True
    skills: tuple[Skill, ...] = ("summary", "title", "outline", "simplify", "explain", "questions")
    passages: int = 1
    max_words: int = 350
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        if not self.skills:
            raise ValueError("'skills' is empty")

    def mine(self, case: Case) -> Mining:
        """One skill a passage."""
        pieces = spread(case, self.passages, self.max_words, min_words=60)
        if not pieces:
            return [Rejected("no_passage")]
        skills = [self.skills[(case.rank + i) % len(self.skills)] for i in range(len(pieces))]
        requests = [self._request(case, p, s) for p, s in zip(pieces, skills, strict=True)]
        replies = yield requests
        return [
            self._annotated(case, piece, skill, request, reply)
            for piece, skill, request, reply in zip(pieces, skills, requests, replies, strict=True)
        ]

    def _request(self, case: Case, piece: Passage, skill: str) -> Request:
        schema = object_schema(output=TEXT, support={"type": "array", "items": TEXT})
        return self.asking.request(
            case, "generalist", piece.text, schema,
            assignment=_SKILLS[skill][0], language=language_name(case),
        )  # fmt: skip

    def _annotated(
        self, case: Case, piece: Passage, skill: str, request: Request, reply: Reply | Rejected
    ) -> Annotation | Rejected:
        if isinstance(reply, Rejected):
            return reply
        output = reply.data["output"].strip()
        _, wordings, least, most = _SKILLS[skill]
        share = len(words(output)) / max(1, len(words(piece.text)))
        if not output or not least <= share <= most:
            return Rejected("length", f"{skill}: {share:.2f} of the passage")
        found = [within(case.document, piece, quote) for quote in reply.data["support"]]
        spans = tuple(span for span in found if isinstance(span, Span))
        if len(spans) < len(found) or not spans:
            return Rejected("unsupported", f"{skill}: {len(found) - len(spans)} untrue quotes")
        instruction = dice(case, skill, piece.start).choice(wordings)
        text = case.document.span(piece.start, piece.end)
        finding = Answers(text, instruction, tuple(dict.fromkeys(spans)), output)
        return annotate(
            case, skill, finding, key=str(piece.start), asked=[request], replies=[reply],
            meta={"instruction": True},
        )  # fmt: skip


PART: type[Task] = Generalist
