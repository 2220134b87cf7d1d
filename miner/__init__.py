"""Turn a raw corpus into a grounded instruction-tuning data set.

Index a corpus, select documents for every node of a taxonomy, mine them for instructions:

    from miner.ingest import Card, ingest
    from miner.job import Recipe, mine
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.ingest import Card
    from miner.job import Recipe
    from miner.run import Run
    from miner.store import Store

__version__ = "0.1.0"

_WHERE = {
    "Card": "ingest",
    "Recipe": "job",
    "Run": "run",
    "Store": "store",
}

__all__ = ["Card", "Recipe", "Run", "Store"]


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for: importing the package costs nothing."""
    if name not in _WHERE:
        raise AttributeError(f"module 'miner' has no attribute '{name}'")
    return getattr(importlib.import_module(f"miner.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
