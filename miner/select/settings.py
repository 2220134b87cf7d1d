"""What a recipe's [select] table can say, and what selecting asks of a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from miner.select.facility_location import FacilityLocation
from miner.types import Picker

if TYPE_CHECKING:
    from miner.types import Rows, Vectors


@dataclass(frozen=True)
class Select:
    """How documents are selected. The defaults are those of docs/selection.md's tables."""

    per_node: int = 20
    """Documents wanted per node, where the taxonomy doesn't say otherwise."""
    picker: Picker = field(default_factory=FacilityLocation)
    floor: float = 0.7
    """Membership below which a document is never taken, however empty its node stays."""
    pool: float = 1.5
    """The picker chooses among the surest `pool` quotas: a wider pool costs precision."""
    reserve: float = 0.5
    """Spares kept per quota, for when a chosen document yields nothing."""
    duplicates: float = 0.9
    """Cosine above which of two documents only the surer one stays."""
    background: float = 0.5
    """What a document must beat beside other nodes, in standard deviations of the node's score."""
    feedback: int = 40
    """Surest documents of a node that refine its query before the final scores; 0 to leave it."""
    feedback_weight: float = 0.5
    """Their share in the refined query."""
    siblings: float = 0.9
    """Nodes whose scores correlate above this over the corpus are not each other's rivals."""

    def __post_init__(self) -> None:
        if self.per_node < 0:
            raise ValueError(f"per_node: expected a whole number from 0 on, got {self.per_node}")
        for name in ("floor", "duplicates", "feedback_weight", "siblings"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a number in [0, 1], got {getattr(self, name)}")
        if self.pool < 1:
            raise ValueError(f"pool: expected a number from 1 on, got {self.pool}")
        if self.reserve < 0 or self.feedback < 0:
            raise ValueError("reserve and feedback cannot be negative")


class Corpus(Protocol):
    """What selecting needs of a store: ids and unit vectors, in one order of rows."""

    @property
    def ids(self) -> Sequence[str]:
        """The documents' ids; row i is document i."""
        ...

    def blocks(self, rows: int = ...) -> Iterator[tuple[int, Vectors]]:
        """All vectors in row order: the first row's number, and float32 unit rows."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The unit rows of these row numbers, float32, shape (len(rows), d)."""
        ...
