"""A model finds relations: those of a guideline, or triples in the text's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from miner.compose.guidelines import Guideline, load
from miner.tasks.asking import TEXT, Asking, list_schema, one_of
from miner.tasks.extraction import Extraction, Quote
from miner.types import Relation, Relations, Span, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining


def _schema(guideline: Guideline | None, labels: Sequence[str]) -> Mapping[str, Any]:
    return list_schema(head=TEXT, label=one_of(labels) if guideline else TEXT, tail=TEXT)


def _read(item: Mapping[str, Any], quote: Quote) -> Relation:
    return Relation(quote(item["head"], ""), item["label"].strip(), quote(item["tail"], ""))


def _read_open(item: Mapping[str, Any], quote: Quote) -> Relation:
    wording = quote(item["label"], "")
    return Relation(quote(item["head"], ""), wording.text, quote(item["tail"], ""), wording)


def _finding(
    text: Span, items: tuple[Any, ...], guideline: Guideline | None, labels: Sequence[str]
) -> Relations:
    in_order = tuple(sorted(items, key=lambda item: (item.head.start, item.tail.start)))
    return Relations(text, in_order, tuple(labels) if guideline else ())


_CLOSED = Extraction("relations", "relations", _schema, _read, _finding, batch=4)
_OPEN = Extraction("relations", "relations", _schema, _read_open, _finding, batch=4)


@dataclass(frozen=True)
class RelationExtraction:
    """Both ends of a relation, and the wording of an open one, must stand in the passage."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    guideline: str = "facts"
    """A guideline of kind relations; empty for open extraction."""
    passages: int = 2
    max_words: int = 180
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        if self.guideline and load(self.guideline).kind != "relations":
            raise ValueError(f"guideline '{self.guideline}' is not of kind relations")

    def mine(self, case: Case) -> Mining:
        """One annotation a passage."""
        extraction = _CLOSED if self.guideline else _OPEN
        return extraction.mine(case, self.guideline, self.asking, self.passages, self.max_words)


PART: type[Task] = RelationExtraction
