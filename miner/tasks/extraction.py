"""Closed and open extraction with a model: passages times batches of labels, in one round.

What a reply quotes must stand in the passage, exactly; what does not is rejected one by one, and a
passage of which most quotes are untrue is rejected as a whole. A batch whose request failed takes
its labels out of the schema: what was not looked for is not claimed to be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from miner.compose.guidelines import Guideline, load
from miner.compose.schema import batches
from miner.tasks.asking import Asking, items_of, language_name, spread, within
from miner.tasks.candidates import NONE, Candidates, Item, agreement, hinted
from miner.tasks.finding import annotate, dice
from miner.types import Case, Finding, Passage, Rejected, Reply, Request, Span

if TYPE_CHECKING:
    from miner.types import Annotation, Mining

Quote: TypeAlias = Callable[[str, str], Span]
"""A quote and what stands before it, to its span; raises Untrue."""


class Untrue(Exception):  # noqa: N818 - it is a verdict on a quote
    """A quote that does not stand in the passage."""


@dataclass(frozen=True)
class Extraction:
    """One kind of extraction: how to ask, how to read an item, how to put items together."""

    task: str
    kind: str
    schema: Callable[[Guideline | None, Sequence[str]], Mapping[str, Any]]
    read: Callable[[Mapping[str, Any], Quote], Any]
    finding: Callable[[Span, tuple[Any, ...], Guideline | None, Sequence[str]], Finding]
    batch: int
    rules: Callable[[Case, Passage, Sequence[str]], Candidates] = lambda *_: NONE
    """What rules find of a guideline's labels."""
    compared: Callable[[Any], Item] = lambda item: (str(item), "", 0, 0)
    """An item as it is compared with what rules found, where there are rules."""

    def mine(
        self, case: Case, guideline_name: str, asking: Asking, passages: int, max_words: int
    ) -> Mining:
        """All requests at once, then one annotation for each passage."""
        guideline = load(guideline_name) if guideline_name else None
        pieces = spread(case, passages, max_words)
        if not pieces:
            return [Rejected("no_passage")]
        cut = self._batches(case, guideline)
        names = guideline.names if guideline and asking.candidates else ()
        hints = [self.rules(case, piece, names) if names else NONE for piece in pieces]
        asked = [
            (piece, labels, self._request(case, piece, labels, guideline, asking, hint))
            for piece, hint in zip(pieces, hints, strict=True)
            for labels in cut
        ]
        replies = yield [request for _, _, request in asked]
        results: list[Annotation | Rejected] = []
        for piece, hint in zip(pieces, hints, strict=True):
            parts = [
                (labels, request, reply)
                for (p, labels, request), reply in zip(asked, replies, strict=True)
                if p is piece
            ]
            results += self._passage(case, piece, guideline, parts, hint)
        return results

    def _batches(self, case: Case, guideline: Guideline | None) -> list[tuple[str, ...]]:
        if guideline is None:
            return [()]
        names = list(guideline.names)
        dice(case, self.task, "labels").shuffle(names)
        return batches(names, self.batch)

    def _request(
        self,
        case: Case,
        piece: Passage,
        labels: Sequence[str],
        guideline: Guideline | None,
        asking: Asking,
        hint: Candidates,
    ) -> Request:
        schema = self.schema(guideline, labels)
        if guideline is None:
            return asking.request(case, f"open_{self.task}", piece.text, schema)
        text = explained(guideline, labels)
        request = asking.request(
            case, self.task, piece.text, schema, labels=text, language=language_name(case)
        )
        return hinted(request, hint.only(labels))

    def _passage(
        self,
        case: Case,
        piece: Passage,
        guideline: Guideline | None,
        parts: Sequence[tuple[tuple[str, ...], Request, Reply | Rejected]],
        hint: Candidates,
    ) -> list[Annotation | Rejected]:
        found: list[Any] = []
        refused: list[Annotation | Rejected] = []
        answered: list[str] = []
        used: list[tuple[Request, Reply]] = []
        proposed = 0
        for labels, request, reply in parts:
            items = items_of(reply)
            if isinstance(items, Rejected) or isinstance(reply, Rejected):
                refused.append(items if isinstance(items, Rejected) else Rejected("failed"))
                continue
            used.append((request, reply))
            answered += labels
            proposed += len(items)
            for item in items:
                try:
                    found.append(self.read(item, _quoting(case, piece)))
                except Untrue as untrue:
                    refused.append(Rejected("not_verbatim", str(untrue)))
        if not used:
            return refused
        false = sum(isinstance(r, Rejected) and r.reason == "not_verbatim" for r in refused)
        if false * 2 > proposed:
            return [*refused, Rejected("mostly_untrue", f"{false} of {proposed} quotes")]
        text = case.document.span(piece.start, piece.end)
        finding = self.finding(text, tuple(dict.fromkeys(found)), guideline, answered)
        requests, replies = zip(*used, strict=True)
        annotation = annotate(
            case, self.task, finding, key=str(piece.start), asked=requests, replies=replies,
            meta=agreement(hint.only(answered), map(self.compared, found)),
        )  # fmt: skip
        return [*refused, annotation]


def _quoting(case: Case, piece: Passage) -> Quote:
    def quote(text: str, before: str = "") -> Span:
        span = within(case.document, piece, text, before)
        if isinstance(span, Rejected):
            raise Untrue(f"{span.reason}: {text[:120]}")
        return span

    return quote


def explained(guideline: Guideline, labels: Sequence[str]) -> str:
    """The labels with all that the guideline says of them, for a prompt."""
    lines = []
    for name in labels:
        label = guideline[name]
        parts = [label.definitions[0], label.include, label.exclude, label.boundary]
        if label.examples:
            parts.append("For example: " + "; ".join(label.examples) + ".")
        if label.counterexamples:
            parts.append("Not: " + "; ".join(label.counterexamples) + ".")
        if label.roles:
            roles = "; ".join(f"{role} = {text}" for role, text in label.roles.items())
            parts.append(f"Roles: {roles}.")
        lines.append(f"- {name}: {' '.join(part for part in parts if part)}")
    return "\n".join([*lines, *guideline.rules])
