"""Which documents are kept: the barrier between cleaning and embedding.

Decided over the signatures of all shards, so that the outcome depends on the corpus and not on the
order in which shards were cleaned: of equal ids, equal texts and near-duplicates the first row of
the corpus stays. When a store is updated, what it holds already comes first.
"""

from __future__ import annotations

import bisect
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic
from miner.shards import ID, KEYS, TEXT, Deduplicate, Signatures, Work, sign, stack
from miner.shingles import shingles
from miner.signatures import near_duplicate_labels
from miner.store import ROW_GROUP, Store, read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Base:
    """A finished store that is being updated.

    Attributes:
        store: As it was before.
        stale: Files, as (number of the source, name), that have changed or are gone.
    """

    store: Store
    stale: frozenset[tuple[int, str]] = frozenset()

    @functools.cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Where every live document lies, what it is, and whether its file is stale."""
        rows = []
        for part in self.store.parts:
            columns = ("id", "file", "sha256")
            live = self.store.live_rows(part)
            found = list(read_rows(self.store.documents_path(part.name), columns))
            for row in live:
                stale = (part.source, found[row]["file"]) in self.stale
                rows.append({**found[row], "part": part.name, "row": row, "stale": stale})
        return rows

    @functools.cached_property
    def deleted(self) -> frozenset[str]:
        """Ids that somebody deleted, and that must not come back."""
        path = self.store.path / "tombstones.parquet"
        rows = read_rows(path) if path.is_file() else ()
        return frozenset(row["id"] for row in rows if row["reason"] == "deleted")


@dataclass
class _Block:
    """Documents of one Parquet file: which of its rows, and their signatures."""

    path: Path
    rows: list[int]
    signatures: Signatures


@dataclass
class _Corpus:
    """All signatures, and ids and texts when one is asked for."""

    blocks: list[_Block]
    dropped: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Row to why, and to the row that is kept in its place."""

    def __post_init__(self) -> None:
        self.signatures = stack([b.signatures for b in self.blocks if b.rows])
        self.starts = [0]
        for block in self.blocks:
            self.starts.append(self.starts[-1] + len(block.rows))

    def _place(self, row: int) -> tuple[Path, int]:
        number = bisect.bisect_right(self.starts, row) - 1
        block = self.blocks[number]
        return block.path, block.rows[row - self.starts[number]]

    def id(self, row: int) -> str:
        """The id of a document."""
        path, within = self._place(row)
        return _ids(path)[within]

    def shingles(self, row: int) -> NDArray[np.uint64]:
        """The shingles of a document's text."""
        path, within = self._place(row)
        return shingles(_texts(path, within // ROW_GROUP)[within % ROW_GROUP])

    def left(self) -> NDArray[np.int64]:
        """The rows that are not dropped yet."""
        import numpy as np

        rows = (row for row in range(len(self.signatures)) if row not in self.dropped)
        return np.fromiter(rows, dtype=np.int64)

    def drop(self, kind: str, rows: NDArray[np.int64], firsts: NDArray[np.int64]) -> None:
        """Drop each of `rows` but the one at the place that `firsts` names."""
        for place, first in enumerate(firsts.tolist()):
            if place != first:
                self.dropped[int(rows[place])] = (kind, int(rows[first]))


def decide(work: Work, settings: Deduplicate, limit: int = 0, base: Base | None = None) -> None:
    """Say of every cleaned document whether it is kept, and if not, what stands in its place."""
    names = work.names("clean")
    taken = _within(work, names, limit)
    staying, unchanged = _staying(work, names, base) if base else ([], frozenset())
    before = _existing(base, staying, settings) if base else []
    corpus = _Corpus(before + [_cleaned(work, name, taken[name]) for name in names])
    _drop_all(corpus, settings)
    expected = set(unchanged)
    for number, name in enumerate(names, len(before)):
        first, end = corpus.starts[number], corpus.starts[number + 1]
        decision = _decision(corpus, range(first, end), expected, base)
        atomic.write_json(work.file("decide", name, "json"), {"rows": taken[name], **decision})
    kept = set(staying)
    buried = [r for r in (base.rows if base else ()) if (r["part"], r["row"]) not in kept]
    atomic.write_json(work.decided, {"shards": len(names), "buried": buried})


def _drop_all(corpus: _Corpus, settings: Deduplicate) -> None:
    """Drop what comes twice; each rule looks at what the one before has left."""
    import numpy as np

    rows = corpus.left()
    corpus.drop("id", rows, _first_rows(corpus.signatures[rows, ID]))
    if settings.exact:
        rows = corpus.left()
        corpus.drop("exact", rows, _first_rows(corpus.signatures[rows, TEXT]))
    if settings.near and len(rows := corpus.left()):
        keys = np.ascontiguousarray(corpus.signatures[rows, KEYS])
        labels = near_duplicate_labels(
            keys, lambda place: corpus.shingles(int(rows[place])), settings.threshold
        )
        corpus.drop("near", rows, labels)


def _decision(
    corpus: _Corpus, rows: range, unchanged: set[str], base: Base | None
) -> dict[str, Any]:
    """What becomes of one shard's documents, by their place in it."""
    drops: list[tuple[int, str, str]] = []
    same = []
    for row in rows:
        kind, of = corpus.dropped.get(row, ("", row))
        id = corpus.id(row) if base or kind else ""
        if base and id in base.deleted:
            drops.append((row - rows.start, "deleted", ""))
        elif kind == "id" and id in unchanged:
            same.append(row - rows.start)
            unchanged.remove(id)  # a second one of this id is a duplicate
        elif kind:
            drops.append((row - rows.start, f"duplicate:{kind}", corpus.id(of)))
    return {"kept": len(rows) - len(drops) - len(same), "drops": drops, "unchanged": same}


def _within(work: Work, names: Sequence[str], limit: int) -> dict[str, int]:
    """How many rows of each shard lie within the limit."""
    taken, left = {}, limit
    for name in names:
        marker = work.marker("clean", name)
        read = int(marker["read"]) if marker else 0
        taken[name] = min(read, left) if limit else read
        left -= taken[name]
    return taken


def _cleaned(work: Work, name: str, taken: int) -> _Block:
    import numpy as np

    signatures = np.load(work.file("clean", name, "npy"), allow_pickle=False)
    rows = np.flatnonzero(signatures[:, 0] < taken)
    return _Block(work.file("clean", name, "parquet"), rows.tolist(), signatures[rows])


# ------------------------------------------------------------------------------------- updating


def _staying(
    work: Work, names: Sequence[str], base: Base
) -> tuple[list[tuple[str, int]], frozenset[str]]:
    """Rows of the store that stay, and the ids of those that a changed file holds unchanged."""
    old = {row["id"]: row["sha256"] for row in base.rows if row["stale"]}
    again = set()
    for name in names if old else ():
        for row in read_rows(work.file("clean", name, "parquet"), ("id", "sha256")):
            if old.get(row["id"]) == row["sha256"]:
                again.add(row["id"])
    staying = [
        (row["part"], row["row"]) for row in base.rows if not row["stale"] or row["id"] in again
    ]
    return staying, frozenset(again)


def _existing(
    base: Base, staying: Sequence[tuple[str, int]], settings: Deduplicate
) -> list[_Block]:
    """Sign what the store holds; its signatures are not kept with it."""
    blocks = []
    by_part: dict[str, list[int]] = {}
    for part, row in staying:
        by_part.setdefault(part, []).append(row)
    signer = settings.signer if settings.near else None
    for part, rows in by_part.items():
        path = base.store.documents_path(part)
        wanted = set(rows)
        batch = [
            (row, values["id"], values["text"])
            for row, values in enumerate(read_rows(path, ("id", "text")))
            if row in wanted
        ]
        blocks.append(_Block(path, rows, sign(batch, signer)))
    return blocks


# ---------------------------------------------------------------------------------- looking up


@functools.lru_cache(maxsize=64)
def _ids(path: Path) -> list[str]:
    import pyarrow.parquet as pq

    ids: list[str] = pq.read_table(path, columns=["id"])["id"].to_pylist()
    return ids


@functools.lru_cache(maxsize=64)
def _texts(path: Path, group: int) -> list[str]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        texts: list[str] = file.read_row_group(group, columns=["text"])["text"].to_pylist()
    return texts


def _first_rows(hashes: Signatures) -> NDArray[np.int64]:
    """For each row the first with the same 16 bytes."""
    import numpy as np

    if not len(hashes):
        return np.empty(0, dtype=np.int64)
    _, first, inverse = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    rows: NDArray[np.int64] = first[inverse.reshape(-1)]
    return rows
