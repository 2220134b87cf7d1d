"""What rules find in a passage, shown to a model as candidates, and how far both agree.

Rules find little and are mostly right; a model finds more, and invents some of it. Where a task has
both, the model sees what the rules found, marked as possibly wrong, and the annotation keeps who
found what: reports count it, and the check `complete` asks it. `candidates = false` in a recipe's
table `[tasks.asking]` leaves the model alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from miner.prompts import Block, Prompt, document_block
from miner.tasks.structure import language_of
from miner.tasks.values import LABELS, find
from miner.text import named_entities

if TYPE_CHECKING:
    from miner.types import Annotation, Case, Document, Passage, Rejected, Request, Task

Item: TypeAlias = tuple[str, str, int, int]
"""Label, text and place in the document; the label may be empty, and so may the text with 0, 0."""

AGREEMENT = "agreement"
"""Key of an annotation's `meta`, and of its scores."""

_PIPELINE = {
    "PERSON": "person", "PER": "person", "ORG": "organisation", "GPE": "place", "LOC": "place",
    "FAC": "place", "WORK_OF_ART": "work", "EVENT": "event", "PRODUCT": "product",
}  # fmt: skip
"""What trained pipelines call what our guideline `names` has; other labels must be equal."""


@dataclass(frozen=True)
class Candidates:
    """What one rule found.

    Attributes:
        rule: Who found it: a task that needs no model, or a trained pipeline.
        items: In the order of the text.
        labels: Those that the rule can find; empty where it gives none.
    """

    rule: str
    items: tuple[Item, ...] = ()
    labels: tuple[str, ...] = ()

    def only(self, labels: Sequence[str]) -> Candidates:
        """What is of these labels."""
        kept = tuple(item for item in self.items if item[0] in labels)
        return Candidates(self.rule, kept, tuple(n for n in self.labels if n in labels))

    @property
    def block(self) -> Block:
        """The items as a prompt shows them: fenced, since they are words of the document."""
        lines = dict.fromkeys(
            ": ".join(filter(None, (label, " ".join(text.split()))))
            for label, text, *_ in self.items
        )
        return document_block("\n".join(f"- {line}" for line in lines))


NONE = Candidates("")


def in_entities(case: Case, piece: Passage, labels: Sequence[str]) -> Candidates:
    """Dates, money, percentages and quantities by rules, and names by the recipe's pipeline."""
    known: dict[str, None] = {}
    items: list[Item] = []
    if language_of(case.document) == "en":
        known |= dict.fromkeys(label for label in labels if label in LABELS)
        values = find(piece.text)[0] if known else []
        items += [_item(case.document, piece, v.label, v.start, v.end) for v in values]
    rule = "typed_values" if known else ""
    if case.pipeline:
        for start, end, name in named_entities(piece.text, case.pipeline):
            label = _PIPELINE.get(name, name.lower())
            if label in labels and label not in LABELS:
                known[label] = None
                items.append(_item(case.document, piece, label, start, end))
                rule = f"{rule}+pipeline" if rule == "typed_values" else rule or "pipeline"
    return Candidates(rule, tuple(sorted(items, key=lambda item: item[2:])), tuple(known))


def _item(document: Document, piece: Passage, label: str, start: int, end: int) -> Item:
    span = document.span(piece.start + start, piece.start + end)
    return label, span.text, span.start, span.end


def hinted(request: Request, candidates: Candidates) -> Request:
    """A request that shows candidates below all else, so that prompts keep their beginning."""
    if not candidates.items:
        return request
    below = Prompt.read(Path(__file__).parent / "prompts" / "candidates.txt")
    said = below.render(candidates=candidates.block)[-1].content
    last = replace(request.messages[-1], content=f"{request.messages[-1].content}\n\n{said}")
    return replace(
        request,
        messages=(*request.messages[:-1], last),
        prompt_version=f"{request.prompt_version}+{below.version}",
    )


def agreement(candidates: Candidates, found: Iterable[Item]) -> Mapping[str, Any]:
    """Who found what: counts of both and of the model alone, and a list of what only the rule has.

    Two items are the same if their labels are, and they overlap; or read the same, without places.
    Items of labels that the rule does not know are not compared.

    Args:
        candidates: What the rule found; the model was shown it.
        found: What the model found.
    """
    if not candidates.rule:
        return {}
    compared = [item for item in found if not candidates.labels or item[0] in candidates.labels]
    both = [item for item in compared if any(_same(item, other) for other in candidates.items)]
    missed = [item for item in candidates.items if not any(_same(item, own) for own in compared)]
    return {
        AGREEMENT: {
            "rule": candidates.rule,
            "both": len(both),
            "model_only": len(compared) - len(both),
            "rule_only": [list(item) for item in missed],
        }
    }


def agreed(meta: Mapping[str, Any]) -> dict[str, float]:
    """The share of all that either found that both found, as a score; none where neither did."""
    if AGREEMENT not in meta:
        return {}
    told = meta[AGREEMENT]
    total = told["both"] + told["model_only"] + len(told["rule_only"])
    return {AGREEMENT: round(told["both"] / total, 4)} if total else {}


def ruled(task: Task, case: Case) -> list[Annotation | Rejected]:
    """What a task finds that needs no model.

    Raises:
        TypeError: It asks one.
    """
    try:
        next(task.mine(case))
    except StopIteration as stop:
        found: list[Annotation | Rejected] = stop.value
        return found
    raise TypeError(f"{type(task).__name__} asks a model")


def _same(one: Item, other: Item) -> bool:
    if one[0] != other[0]:
        return False
    if one[3] == other[3] == 0:
        return one[1].casefold() == other[1].casefold()
    return one[2] < other[3] and other[2] < one[3]
