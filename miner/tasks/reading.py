"""What tasks share that ask a model about passages: one round, and a verdict on each item.

A task says what it shows, how it asks and how an item of a reply is read. A reply that fails takes
nothing else with it; an item that does not stand is turned away with its reason, others stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from miner.prompts import Block, document_block
from miner.tasks.asking import Asking, spread, within
from miner.tasks.cues import instruction_in
from miner.tasks.finding import annotate
from miner.tasks.retrieval import best_passages
from miner.types import Answers, Case, Finding, Passage, Rejected, Request, Span

if TYPE_CHECKING:
    from miner.types import Annotation, Document, Mining


class Unfit(Exception):  # noqa: N818 - it is a verdict on an item
    """An item of a reply that is not used, and why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.why = Rejected(reason, detail)


@dataclass(frozen=True)
class Shown:
    """What one request shows: a passage, or several, of the document and of its neighbours."""

    case: Case
    passages: tuple[Passage, ...]

    @property
    def text(self) -> Span:
        """The first passage, as evidence."""
        return self._span(self.passages[0])

    @property
    def context(self) -> tuple[Span, ...]:
        """The other passages."""
        return tuple(map(self._span, self.passages[1:]))

    @property
    def block(self) -> Block:
        """The passages as a prompt shows them: each in its fence, two of them with numbers."""
        fences = [document_block(passage.text) for passage in self.passages]
        if len(fences) == 1:
            return fences[0]
        return Block("\n\n".join(f"Passage {i}:\n{fence}" for i, fence in enumerate(fences, 1)))

    @property
    def key(self) -> str:
        """Names the passages among those of the document."""
        own = self.case.document.id
        return "+".join(
            f"{p.start}" if p.document == own else f"{p.document}@{p.start}" for p in self.passages
        )

    def quote(self, text: str, before: str = "", *, among: Sequence[Passage] = ()) -> Span:
        """A quote as a span of the first passage that has it; offsets are ours, never the model's.

        Args:
            text: What the model copied.
            before: What stands right before it, to choose among several places.
            among: The passages that may hold it; all when empty.

        Raises:
            Unfit: It stands in none of them.
        """
        found = Rejected("not_verbatim", text[:200])
        for passage in among or self.passages:
            place = within(self._document(passage), passage, text, before)
            if isinstance(place, Span):
                return place
            found = place
        raise Unfit(found.reason, found.detail)

    def quotes(self, texts: Iterable[str]) -> tuple[Span, ...]:
        """Each quote once.

        Raises:
            Unfit: One stands nowhere, or there is none.
        """
        spans = tuple(dict.fromkeys(self.quote(text) for text in texts))
        if not spans:
            raise Unfit("no_evidence")
        return spans

    def _span(self, passage: Passage) -> Span:
        return self._document(passage).span(passage.start, passage.end)

    def _document(self, passage: Passage) -> Document:
        documents = (self.case.document, *self.case.neighbours)
        return next(d for d in documents if d.id == passage.document)


@dataclass(frozen=True)
class Found:
    """What an item of a reply became, and what composing should know of it."""

    finding: Finding
    meta: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""
    """Its name in every row, where it is not the task's."""


@dataclass(frozen=True)
class Ask:
    """A request, and how its reply is read; `read` may raise Unfit."""

    shown: Shown
    request: Request
    read: Callable[[Any], Sequence[Found | Rejected]]
    key: str = ""
    """Tells it from others on the same passages."""


def one_round(case: Case, task: str, asks: Sequence[Ask | Rejected]) -> Mining:
    """Ask everything at once; what comes back becomes annotations and reasons, in order."""
    put = [ask for ask in asks if isinstance(ask, Ask)]
    results: list[Annotation | Rejected] = [why for why in asks if isinstance(why, Rejected)]
    if not put:
        return results or [Rejected("no_passage")]
    replies = yield [ask.request for ask in put]
    for ask, reply in zip(put, replies, strict=True):
        if isinstance(reply, Rejected):
            results.append(reply)
            continue
        try:
            made = ask.read(reply.data)
        except Unfit as unfit:
            made = [unfit.why]
        start = ".".join(filter(None, (ask.shown.key, ask.key)))
        for place, item in enumerate(made):
            results.append(
                item
                if isinstance(item, Rejected)
                else annotate(
                    case, item.task or task, item.finding, key=f"{start}.{place}",
                    asked=[ask.request], replies=[reply], meta=item.meta,
                    documents=tuple(p.document for p in ask.shown.passages),
                )
            )  # fmt: skip
    return results


def alike(
    pieces: Iterable[Shown],
    asking: Asking,
    prompt: str,
    schema: Mapping[str, Any],
    slots: Mapping[str, str],
    read: Callable[[Shown, Any], Sequence[Found | Rejected]],
) -> list[Ask]:
    """The same question about each of several texts."""
    return [
        Ask(
            piece,
            asking.request(piece.case, prompt, piece.block, schema, **slots),
            partial(read, piece),
        )
        for piece in pieces
    ]


def each(
    items: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Found]
) -> list[Found | Rejected]:
    """Every item by itself: what it became, or why it is unfit."""
    made: list[Found | Rejected] = []
    for item in items:
        try:
            made.append(read(item))
        except Unfit as unfit:
            made.append(unfit.why)
    return made


def balanced(
    made: Sequence[Found | Rejected], answers: Sequence[str], *, least: int = 0, most: int = 10_000
) -> list[Found | Rejected]:
    """As many of each answer as of the rarest, so that none is a good guess; the rest is put aside.

    Args:
        made: What was read.
        answers: Those that an item may have.
        least: Kept of an answer even where another has fewer.
        most: Kept of any.
    """
    findings = [item.finding for item in made if isinstance(item, Found)]
    given = [finding.answer for finding in findings if isinstance(finding, Answers)]
    room = min(most, max(least, min(given.count(answer) for answer in answers)))
    left = dict.fromkeys(answers, room)
    kept: list[Found | Rejected] = []
    for item in made:
        if isinstance(item, Found) and isinstance(item.finding, Answers):
            left[item.finding.answer] -= 1
            if left[item.finding.answer] < 0:
                kept.append(Rejected("unbalanced", item.finding.question))
                continue
        kept.append(item)
    return kept


def question_of(text: str, max_words: int = 60, least: int = 8) -> str:
    """The question that a model wrote, cleared of cues; `least` in characters.

    Raises:
        Unfit: It is none, or points at a text.
    """
    question = instruction_in(text, max_words, least)
    if isinstance(question, Rejected):
        raise Unfit(question.reason, question.detail)
    return question


def choices_of(right: str, wrong: Iterable[str], count: int, question: str) -> tuple[str, ...]:
    """The right option, then `count` wrong ones, all different.

    Raises:
        Unfit: There are fewer.
    """
    others = {option.strip().casefold(): option.strip() for option in wrong if option.strip()}
    others.pop(right.casefold(), None)
    if not right or len(others) < count:
        raise Unfit("few_options" if right else "empty_answer", question)
    return (right, *list(others.values())[:count])


def single(case: Case, count: int, max_words: int, min_words: int = 30) -> list[Shown]:
    """Passages spread over the document, each by itself."""
    return [Shown(case, (piece,)) for piece in spread(case, count, max_words, min_words)]


def paired(case: Case, first: Passage, max_words: int, *, near: bool = True) -> Shown | Rejected:
    """A passage with a second one: of a neighbour where the case has some, else of the document.

    Args:
        case: The document at its node.
        first: The first passage.
        max_words: Of the second.
        near: Whether it shares the most telling words with the first, or the fewest.
    """
    pool = case.neighbours or (case.document,)
    found = [
        passage
        for passage in best_passages(pool, first.text, 1000, max_words)
        if passage.document != first.document
        or passage.start >= first.end
        or passage.end <= first.start
    ]
    whole = [passage for passage in found if len(passage.text.split()) >= 30]
    if not whole:
        return Rejected("no_second_passage")
    return Shown(case, (first, whole[0 if near else -1]))
