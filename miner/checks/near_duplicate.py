"""No instruction means what an accepted one means, in other words: near by the index's own vectors.

Beside *duplicate*, which compares words. Only what an instruction alone must say is compared:
examples without an input, of the same task, that rest on other documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from miner.types import Check, Document, Example, Rejected


@dataclass
class _Seen:
    """Unit vectors of accepted instructions, shape (capacity, dimensions), and whose they are."""

    vectors: Any = None
    examples: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def add(self, vector: Any, example: Example) -> None:
        import numpy as np

        count = len(self.examples)
        if self.vectors is None:
            self.vectors = np.empty((64, len(vector)), np.float32)
        elif count == len(self.vectors):
            self.vectors = np.concatenate([self.vectors, np.empty_like(self.vectors)])
        self.vectors[count] = vector
        self.examples.append((example.id, frozenset(example.documents)))


@dataclass(frozen=True)
class NearDuplicate:
    """Refuses instructions that are too near to an accepted one. Needs the index's encoder."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    index: str
    """Folder of the store whose encoder reads the instructions."""
    threshold: float = 0.8
    """Cosine from which two instructions ask for the same."""
    _seen: dict[str, _Seen] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError("'threshold' is a cosine above 0 and at most 1")

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if no accepted instruction is as near; it is then remembered."""
        del documents
        if item.input:
            return None
        vector = self._encoder.encode([item.instruction])[0]
        seen = self._seen.setdefault(item.task, _Seen())
        if seen.examples:
            cosines = seen.vectors[: len(seen.examples)] @ vector
            place = int(cosines.argmax())
            id, others = seen.examples[place]
            if cosines[place] >= self.threshold and others.isdisjoint(item.documents):
                return Rejected("near", f"{cosines[place]:.2f} like {id}: {item.instruction[:120]}")
        seen.add(vector, item)
        return None

    @cached_property
    def _encoder(self) -> Any:
        from miner.encoders import from_identity
        from miner.store import Store

        return from_identity(Store.open(self.index).manifest["encoder"])


PART: type[Check] = NearDuplicate
