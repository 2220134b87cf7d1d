"""A selection with its workings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from miner.select.pools import Pools
from miner.select.scoring import Scored
from miner.types import Node, Selection


@dataclass(frozen=True)
class Worked:
    """A selection and what it was made from: for grading and for explaining it."""

    selection: Selection
    nodes: Sequence[Node]
    scored: Scored
    pools: Pools
    chosen: Sequence[Sequence[int]]
    """Rows of every node's chosen documents, in order of choice."""
