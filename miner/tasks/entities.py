"""A model finds named things: of a guideline's types, or of any kind without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from miner.compose.guidelines import Guideline, load
from miner.tasks.asking import TEXT, Asking, list_schema, one_of
from miner.tasks.candidates import in_entities
from miner.tasks.extraction import Extraction, Quote
from miner.types import Entities, Entity, Span, Task

if TYPE_CHECKING:
    from miner.tasks.candidates import Item
    from miner.types import Case, Mining


def _schema(guideline: Guideline | None, labels: Sequence[str]) -> Mapping[str, Any]:
    label = one_of(labels) if guideline else TEXT
    return list_schema(label=label, text=TEXT, before=TEXT)


def _read(item: Mapping[str, Any], quote: Quote) -> Entity:
    return Entity(quote(item["text"], item["before"]), item["label"].strip())


def _finding(
    text: Span, items: tuple[Any, ...], guideline: Guideline | None, labels: Sequence[str]
) -> Entities:
    in_order = tuple(sorted(items, key=lambda item: (item.span.start, item.span.end)))
    return Entities(text, in_order, tuple(labels) if guideline else ())


def _compared(item: Entity) -> Item:
    return item.label, item.span.text, item.span.start, item.span.end


_EXTRACTION = Extraction(
    "entities", "entities", _schema, _read, _finding, 6, in_entities, _compared
)


@dataclass(frozen=True)
class EntityExtraction:
    """Every quote must stand in the passage; every type of a batch is asked for."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    guideline: str = "names"
    """A guideline of kind entities; empty for open extraction, where the model names the types."""
    passages: int = 2
    max_words: int = 180
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        if self.guideline and load(self.guideline).kind != "entities":
            raise ValueError(f"guideline '{self.guideline}' is not of kind entities")

    def mine(self, case: Case) -> Mining:
        """One annotation a passage."""
        return _EXTRACTION.mine(case, self.guideline, self.asking, self.passages, self.max_words)


PART: type[Task] = EntityExtraction
