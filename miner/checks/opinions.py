"""Checks that ask a model: opinions on annotations, gathered in the conversation of their task.

Such a check is a generator, as a task is, and `drive` runs it: its requests go out with those of
all other documents, its replies are kept in the ledger, and a run that is killed asks for none
again. It is asked only what the model-free checks let through, and one model check after the other,
so that the dear ones see least.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, TypeGuard

from miner import recipe
from miner.prompts import Prompt, document_block
from miner.relay import relayed
from miner.types import (
    Annotation,
    Answers,
    Check,
    Document,
    Labels,
    Mining,
    Recalled,
    Rejected,
    Reply,
    Request,
    Writing,
)

AROUND, MOST_SHOWN = 1000, 16_000
"""Characters shown before and after a piece of writing, and at most."""

PROMPTS = Path(__file__).parent / "prompts"

Opinion: TypeAlias = Generator["list[Request]", "list[Reply | Rejected]", "Annotation | Rejected"]
"""It yields requests, is sent their replies, and returns the annotation or why it is refused."""


class Asks(Protocol):
    """A check with an opinion that it asks a model for."""

    def ask(self, item: Annotation, documents: Mapping[str, Document]) -> Opinion:
        """Begin to ask about one annotation."""
        ...


@dataclass(frozen=True)
class OfModel:
    """A check that can tell nothing without a model: what those that ask have in common."""

    subject: ClassVar[Literal["annotation", "example"]] = "annotation"
    needs_model: ClassVar[bool] = True

    def check(self, item: Annotation, documents: Mapping[str, Document]) -> Rejected | None:
        """Nothing."""
        del item, documents
        return None


def asks(check: object) -> TypeGuard[Asks]:
    """Whether a check asks a model."""
    return callable(getattr(check, "ask", None))


class AsksAgain(Asks, Protocol):
    """A check that has another model hold a task's own conversation, and compares what it finds."""

    model: str

    def compares(self, item: Annotation) -> bool:
        """Whether an annotation is compared so, instead of being asked about."""
        ...

    def compare(
        self, item: Annotation, others: Sequence[Annotation | Rejected]
    ) -> Annotation | Rejected:
        """The annotation, scored, or why it is refused, by what the other model found."""
        ...


def asks_again(check: object) -> TypeGuard[AsksAgain]:
    """Whether a check may have another model do a task's work."""
    return asks(check) and callable(getattr(check, "compare", None))


def with_opinions(
    mining: Mining,
    checks: Sequence[Check],
    documents: Mapping[str, Document],
    again: Callable[[], Mining] | None = None,
) -> Mining:
    """A task's conversation, and after it the opinions on what it found.

    Args:
        mining: The task's.
        checks: All checks of the job in order; those that ask are asked here.
        documents: All that the annotations can rest on.
        again: Begins the task's conversation once more, for checks that have another model hold it.

    Returns:
        The same items, those refused replaced by their rejections.
    """
    items = yield from mining
    found: list[Annotation | Rejected] = list(items)
    asking = [check for check in checks if asks(check)]
    free = [c for c in checks if c.subject == "annotation" and not asks(c)]
    if not asking:
        return found
    places = [
        place
        for place, item in enumerate(found)
        if isinstance(item, Annotation)
        and item.documents  # what rests on none cannot be held against one
        and not any(c.check(item, documents) for c in free)
    ]
    for check in asking:
        kept = {place: _annotation(found[place]) for place in places}
        compared: dict[int, Annotation | Rejected] = {}
        if asks_again(check) and again:
            wanted = {place: item for place, item in kept.items() if check.compares(item)}
            others = (yield from _held_by(again(), check.model)) if wanted else []
            compared = {place: check.compare(item, others) for place, item in wanted.items()}
        opinions = {p: check.ask(item, documents) for p, item in kept.items() if p not in compared}
        verdicts = compared | (yield from together(opinions))
        for place, verdict in verdicts.items():
            if isinstance(verdict, Rejected):
                reason = f"{recipe.kind_of(check)}:{verdict.reason}"
                found[place] = Rejected(reason, verdict.detail)
            else:
                found[place] = verdict
        places = [place for place in places if isinstance(found[place], Annotation)]
    return found


def _held_by(mining: Mining, model: str) -> Mining:
    """A task's conversation with another of the recipe's models."""
    return relayed(mining, lambda request: dataclasses.replace(request, model=model))


def _annotation(item: Annotation | Rejected) -> Annotation:
    assert isinstance(item, Annotation)  # noqa: S101 - places hold nothing else
    return item


def together(
    opinions: Mapping[int, Opinion],
) -> Generator[list[Request], list[Reply | Rejected], dict[int, Annotation | Rejected]]:
    """Run several conversations side by side, so that their requests go out at once."""
    done: dict[int, Annotation | Rejected] = {}
    waiting: dict[int, tuple[Opinion, list[Request]]] = {}
    for place, opinion in opinions.items():
        _step(place, opinion, None, waiting, done)
    while waiting:
        asked = dict(waiting)
        waiting.clear()
        replies = yield [request for _, requests in asked.values() for request in requests]
        at = 0
        for place, (opinion, requests) in asked.items():
            mine = replies[at : at + len(requests)]
            at += len(requests)
            _step(place, opinion, mine, waiting, done)
    return dict(sorted(done.items()))


def _step(
    place: int,
    opinion: Opinion,
    replies: list[Reply | Rejected] | None,
    waiting: dict[int, tuple[Opinion, list[Request]]],
    done: dict[int, Annotation | Rejected],
) -> None:
    try:
        requests = next(opinion) if replies is None else opinion.send(replies)
        waiting[place] = (opinion, requests)
    except StopIteration as stop:
        done[place] = stop.value


# ------------------------------------------------------------------------------ asking for one


def request_for(
    name: str,
    item: Annotation,
    documents: Mapping[str, Document],
    *,
    schema: Mapping[str, Any] | None = None,
    temperature: float = 0.0,
    sample: int = 0,
    max_tokens: int = 512,
    model: str = "",
    shown: bool = True,
    **slots: str,
) -> Request:
    """A request about an annotation, with the check's own prompt.

    Args:
        name: The check, and the name of its prompt file.
        item: The annotation; its first document is shown.
        documents: By id.
        schema: JSON Schema of the reply, or None for text.
        temperature: Of the request.
        sample: Number of the try.
        max_tokens: Most tokens of the reply.
        model: Another of the recipe's models.
        shown: Whether the model sees the document.
        slots: Values of the prompt's placeholders.
    """
    prompt = Prompt.read(PROMPTS / f"{name}.txt")
    document = documents[item.documents[0]]
    if shown:
        slots["document"] = document_block(shown_text(item, document))
    return Request(
        task=name,
        document=document.id,
        messages=prompt.render(**slots),
        max_tokens=max_tokens,
        temperature=temperature,
        schema=schema,
        sample=sample,
        model=model,
        prompt_version=prompt.version,
    )


def shown_text(item: Annotation, document: Document) -> str:
    """The passage that an annotation is about; around a piece of writing, some text more."""
    if isinstance(item.finding, Writing):
        span = item.finding.output
        start = max(span.start - AROUND, 0)
        return document.text[start : min(span.end + AROUND, start + MOST_SHOWN)]
    if isinstance(item.finding, Recalled):
        raise TypeError(f"{item.id}: rests on no document that could be shown")
    return item.finding.text.text


def pair(item: Annotation) -> tuple[str, str] | None:
    """What is asked and what is answered, as a person would read it; None for extractions."""
    finding = item.finding
    if isinstance(finding, Writing):
        return finding.instruction, finding.output.text
    if isinstance(finding, Answers):
        said = finding.answer or "; ".join(span.text for span in finding.spans)
        return finding.question, said or "The text does not say."
    if isinstance(finding, Recalled):
        return finding.question, finding.answer
    if isinstance(finding, Labels):
        asked = finding.question or "Which of these applies"
        return f"{asked}: {', '.join(finding.options)}?", ", ".join(finding.labels) or "none"
    return None


def about_pair(
    name: str,
    item: Annotation,
    documents: Mapping[str, Document],
    schema: Mapping[str, Any],
    judge: Callable[[Any], Mapping[str, float] | Rejected],
    silent: str,
    model: str = "",
) -> Opinion:
    """One question about what is asked and answered; extractions are let pass unasked.

    Args:
        name: The check, and the name of its prompt file.
        item: The annotation.
        documents: By id.
        schema: JSON Schema of the reply.
        judge: From the reply's data to scores, or to why the pair is refused.
        silent: The reason where no usable reply came.
        model: Another of the recipe's models.
    """
    told = pair(item)
    if told is None:
        return item
    asked, answer = told
    replies = yield [
        request_for(
            name, item, documents, schema=schema, instruction=asked, answer=answer, model=model
        )
    ]
    reply = replies[0]
    if not isinstance(reply, Reply):
        return Rejected(silent, f"{reply.reason}: {reply.detail}")
    verdict = judge(reply.data)
    return verdict if isinstance(verdict, Rejected) else scored(item, replies, **verdict)


def is_open(item: Annotation) -> bool:
    """Whether what it asks for can be written in many ways, as a summary can.

    A recipe's own task (`own_words`) may ask a question all the same.
    """
    return bool(item.meta.get("instruction") and not item.meta.get("own_words"))


def scored(item: Annotation, replies: Sequence[Reply | Rejected], **scores: float) -> Annotation:
    """The annotation with scores, and with what was asked for them."""
    ids = tuple(reply.request_id for reply in replies if isinstance(reply, Reply))
    return dataclasses.replace(
        item,
        scores={**item.scores, **scores},
        request_ids=(*item.request_ids, *(id for id in ids if id not in item.request_ids)),
    )
