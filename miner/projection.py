"""What indexing a corpus will do and cost, from its first rows: nothing is kept.

The rows go through the whole of the job in a temporary folder. Time, disk and memory are given for
a million records like them; a corpus whose later files are unlike its first ones costs otherwise.
What starts once (processes, models) is left out where it can be told: cleaning and embedding are
timed from the first piece done to the last, in pieces small enough for every core to have some.
"""

from __future__ import annotations

import dataclasses
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF
from typing import TYPE_CHECKING, Any

from miner.encoders.runtime import cores
from miner.ingest import Progress, ingest
from miner.store_files import read_rows
from miner.types import Document

if TYPE_CHECKING:
    from miner.plan import Card
    from miner.store import Store
    from miner.types import Engine

MILLION = 1_000_000
DECIDING_BYTES = 90
"""Of a document, in memory while duplicates are decided."""
PIECES = 4
"""Shards a core, in which the first rows are read."""


@dataclass(frozen=True)
class Changed:
    """A document that cleaners changed.

    Attributes:
        id: Of the document.
        cleaners: Who changed its text.
        before: The text as it was read.
        after: The text as it is kept.
    """

    id: str
    cleaners: tuple[str, ...]
    before: str
    after: str

    def excerpts(self, chars: int = 80) -> tuple[str, str]:
        """So many characters of both from a little before the first place that differs."""
        pairs = zip(self.before, self.after, strict=False)
        least = min(len(self.before), len(self.after))
        place = next((n for n, (a, b) in enumerate(pairs) if a != b), least)
        start = max(0, place - chars // 4)
        return self.before[start : start + chars], self.after[start : start + chars]


@dataclass(frozen=True)
class Projection:
    """What the first rows of a corpus came to.

    Attributes:
        books: Read, kept, and rejected by reason.
        rejected: Reason to its first rows, with file, row, url and detail.
        changed: The first documents that cleaners changed.
        seconds: Phase to seconds for a million records.
        disk_bytes: Of documents, vectors, rejections and FAISS for a million records.
        memory_bytes: Of the processes as they were now, and what grows with the documents, for a
            million records: to decide on duplicates, and FAISS.
    """

    books: Mapping[str, Any]
    rejected: Mapping[str, list[dict[str, Any]]]
    changed: tuple[Changed, ...]
    seconds: Mapping[str, float]
    disk_bytes: int
    memory_bytes: int


@dataclass
class _Paces:
    """When how much of each phase was done, told by progress, which is passed on."""

    progress: Progress | None
    reports: dict[str, list[tuple[float, int]]] = field(default_factory=dict)

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        """As `ingest` reports."""
        self.reports.setdefault(phase, []).append((time.monotonic(), done))
        if self.progress:
            self.progress(phase, done, total)

    def seconds(self, phase: str) -> float | None:
        """Of the whole phase at its pace after the first report; None if that cannot be told."""
        reports = [(when, done) for when, done in self.reports.get(phase, ()) if done]
        if not reports or reports[-1][1] == reports[0][1]:
            return None
        (first, begun), (last, done) = reports[0], reports[-1]
        return (last - first) * done / (done - begun)


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
        piece = max(1, min(card.shard_rows, limit // (PIECES * cores())))
        small, paces = dataclasses.replace(card, limit=limit, shard_rows=piece), _Paces(progress)
        store = ingest(small, Path(folder) / "store", engine=engine, progress=paces)
        seconds = dict(store.manifest["timing"]["seconds"])
        for phase, reported in (("clean", "read"), ("embed", "embed")):
            pace = paces.seconds(reported)
            seconds[phase] = seconds[phase] if pace is None else pace
        rejected: dict[str, list[dict[str, Any]]] = {}
        for row in store.rejected():
            some = rejected.setdefault(row["reason"], [])
            if len(some) < per_reason:
                some.append(row)
        read = max(1, store.manifest["books"]["read"])
        disk = sum(p.stat().st_size for p in store.path.rglob("*") if p.is_file())
        kept = len(store)
        return Projection(
            books=store.manifest["books"],
            rejected=rejected,
            changed=tuple(_changed(card, store, per_reason)),
            seconds={phase: round(took / read * MILLION, 1) for phase, took in seconds.items()},
            disk_bytes=disk * MILLION // read,
            memory_bytes=_held() + kept * (DECIDING_BYTES + 4 * store.dimensions) * MILLION // read,
        )


def _held() -> int:
    """Bytes that this process held at most, and a worker on each core as much as one of them."""
    here, there = (resource.getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return int(here + there * cores()) * (1 if sys.platform == "darwin" else 1024)


def _changed(card: Card, store: Store, most: int) -> Iterator[Changed]:
    """The first documents that cleaners changed, read again since a store has no raw text."""
    for part in store.parts:
        columns = ("id", "text", "cleaners", "file", "row")
        for row in read_rows(store.documents_path(part.name), columns):
            if not row["cleaners"]:
                continue
            if not most:
                return
            source = card.sources[part.source]
            file = next(file for file in source.files() if file.name == row["file"])
            found = next(iter(source.read(file, row["row"]))).content
            before = found.text if isinstance(found, Document) else ""
            yield Changed(row["id"], tuple(row["cleaners"]), before, row["text"])
            most -= 1
