"""A model finds what a text says of its entities, by a guideline's attributes or by any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from miner.compose.guidelines import Guideline, load
from miner.tasks.asking import TEXT, Asking, list_schema, one_of
from miner.tasks.extraction import Extraction, Quote
from miner.types import Attribute, Attributes, Span, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining


def _schema(guideline: Guideline | None, labels: Sequence[str]) -> Mapping[str, Any]:
    return list_schema(entity=TEXT, label=one_of(labels) if guideline else TEXT, value=TEXT)


def _read(item: Mapping[str, Any], quote: Quote) -> Attribute:
    return Attribute(quote(item["entity"], ""), item["label"].strip(), quote(item["value"], ""))


def _finding(
    text: Span, items: tuple[Any, ...], guideline: Guideline | None, labels: Sequence[str]
) -> Attributes:
    in_order = tuple(sorted(items, key=lambda item: (item.entity.start, item.value.start)))
    return Attributes(text, in_order, tuple(labels) if guideline else ())


_EXTRACTION = Extraction("attributes", "attributes", _schema, _read, _finding, batch=4)


@dataclass(frozen=True)
class AttributeExtraction:
    """Entities and values must stand in the passage."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    guideline: str = "profile"
    """A guideline of kind attributes; empty for open extraction."""
    passages: int = 2
    max_words: int = 180
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        if self.guideline and load(self.guideline).kind != "attributes":
            raise ValueError(f"guideline '{self.guideline}' is not of kind attributes")

    def mine(self, case: Case) -> Mining:
        """One annotation a passage."""
        return _EXTRACTION.mine(case, self.guideline, self.asking, self.passages, self.max_words)


PART: type[Task] = AttributeExtraction
