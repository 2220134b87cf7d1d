"""What indexing a corpus will do and cost, from its first rows: nothing is kept.

The rows go through the whole of the job in a temporary folder. Time, disk and memory are given for
a million records like them; a corpus whose later files are unlike its first ones costs otherwise.
"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.ingest import ingest

if TYPE_CHECKING:
    from miner.ingest import Progress
    from miner.plan import Card
    from miner.types import Engine

MILLION = 1_000_000
DECIDING_BYTES = 90
"""Of a document, in memory while duplicates are decided."""


@dataclass(frozen=True)
class Projection:
    """What the first rows of a corpus came to.

    Attributes:
        books: Read, kept, and rejected by reason.
        rejected: Reason to its first rows, with file, row, url and detail.
        changed: Pairs of a document's id and the cleaners that changed its text.
        seconds: Phase to seconds for a million records.
        disk_bytes: Of documents, vectors, rejections and FAISS for a million records.
        memory_bytes: To decide on duplicates, and of FAISS for a million records.
    """

    books: Mapping[str, Any]
    rejected: Mapping[str, list[dict[str, Any]]]
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    seconds: Mapping[str, float]
    disk_bytes: int
    memory_bytes: int


def project(
    card: Card,
    rows: int = 1000,
    per_reason: int = 5,
    *,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Projection:
    """Index the first rows of a card's sources in a temporary folder, and tell what that took.

    Args:
        card: What to do.
        rows: How many to read.
        per_reason: Rejected rows and changed documents to show.
        engine: Where shards are cleaned.
        progress: As of `ingest`.
    """
    limit = min(rows, card.limit) if card.limit else rows
    with tempfile.TemporaryDirectory(prefix="miner-") as folder:
        small = dataclasses.replace(card, limit=limit)
        store = ingest(small, Path(folder) / "store", engine=engine, progress=progress)
        rejected: dict[str, list[dict[str, Any]]] = {}
        for row in store.rejected():
            some = rejected.setdefault(row["reason"], [])
            if len(some) < per_reason:
                some.append(row)
        changed = ((d.id, d.cleaners) for d in store.iterate() if d.cleaners)
        read = max(1, store.manifest["books"]["read"])
        disk = sum(p.stat().st_size for p in store.path.rglob("*") if p.is_file())
        kept = len(store)
        return Projection(
            books=store.manifest["books"],
            rejected=rejected,
            changed=tuple(itertools.islice(changed, per_reason)),
            seconds={
                phase: round(seconds / read * MILLION, 1)
                for phase, seconds in store.manifest["timing"]["seconds"].items()
            },
            disk_bytes=disk * MILLION // read,
            memory_bytes=kept * (DECIDING_BYTES + 4 * store.dimensions) * MILLION // read,
        )
