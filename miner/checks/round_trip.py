"""An instruction finds its own document: its rank among all, when the index is searched with it.

An instruction that fits a hundred documents better than its own asks for something else, or for
nothing in particular. Only what an instruction alone must say is tried: examples without an input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from miner.types import Check, Document, Example, Rejected


@dataclass(frozen=True)
class RoundTrip:
    """Refuses instructions whose document is not among the nearest ones. Needs the index."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    index: str
    """Folder of the store that the documents come from."""
    max_rank: int = 20
    """Lowest rank at which the own document may be found; 1 is the nearest."""

    def __post_init__(self) -> None:
        if self.max_rank < 1:
            raise ValueError("'max_rank' is at least 1")

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if the document is found, or if there is an input that says what is meant."""
        del documents
        if item.input:
            return None
        found = rank(item, *self._opened)
        if found <= self.max_rank:
            return None
        return Rejected("not_found", f"its document is at rank {found}: {item.instruction[:120]}")

    @cached_property
    def _opened(self) -> tuple[Any, Any]:
        from miner.encoders import from_identity
        from miner.store import Store

        store = Store.open(self.index)
        return store, from_identity(store.manifest["encoder"])


def rank(example: Example, store: Any, encoder: Any) -> int:
    """How many documents are nearer to an example's instruction than its own, and one."""
    import numpy as np

    query = encoder.encode([example.instruction], query=True)[0]
    own = max(store.vectors(store.rows(example.documents)) @ query)
    nearer = 0
    for _, block in store.blocks():
        nearer += int(np.count_nonzero(block @ query > own))
    return nearer + 1


PART: type[Check] = RoundTrip
