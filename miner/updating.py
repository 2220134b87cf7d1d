"""The finished store that an update begins with: what of it stays, and what is buried.

A document of it costs some 40 bytes here, however long its id.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from miner.errors import reading
from miner.store import Store
from miner.store_files import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from miner.shards import Work
    from miner.types import Rows


class Old(NamedTuple):
    """Documents of one part of the store.

    Attributes:
        part: Its name.
        rows: Their rows in its files.
        stale: Whether the file that each was read from has changed or is gone.
    """

    part: str
    rows: Rows
    stale: NDArray[np.bool_]

    def only(self, wanted: NDArray[np.bool_]) -> Old:
        """Some of them."""
        return Old(self.part, self.rows[wanted], self.stale[wanted])


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
    def parts(self) -> tuple[Old, ...]:
        """All live documents."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = []
        for part in self.store.parts:
            rows = self.store.live_rows(part)
            names = [name for source, name in sorted(self.stale) if source == part.source]
            files = self._table(part.name, ("file",), rows)["file"]
            stale = pc.is_in(files, value_set=pa.array(names, pa.string()))
            found.append(Old(part.name, rows, stale.to_numpy(zero_copy_only=False).astype(bool)))
        return tuple(found)

    @functools.cached_property
    def deleted(self) -> frozenset[str]:
        """Ids that somebody deleted, and that must not come back."""
        path = self.store.path / "tombstones.parquet"
        rows = read_rows(path) if path.is_file() else ()
        return frozenset(row["id"] for row in rows if row["reason"] == "deleted")

    def staying(self, work: Work, names: Iterable[str]) -> tuple[Old, ...]:
        """The documents that stay; of these, `stale` are those that a changed file still holds.

        Args:
            work: The files of the unfinished store.
            names: Its shards, as they were cleaned.
        """
        import numpy as np

        changed = [old.only(old.stale) for old in self.parts]
        keys = [_keys(self._table(old.part, ("id", "sha256"), old.rows)) for old in changed]
        again = _Keys(np.concatenate([*keys, np.empty((0, 2), np.uint64)]))
        held = np.zeros(len(again), dtype=bool)
        for name in names if len(again) else ():
            places = again.places(_keys(_read(work.file("clean", name, "parquet"))))
            held[places[places >= 0]] = True
        found, start = [], 0
        for old in self.parts:
            count = int(old.stale.sum())
            stays = ~old.stale
            stays[old.stale] = held[start : start + count]
            found.append(old.only(stays))
            start += count
        return tuple(found)

    def buried(self, staying: Sequence[Old]) -> Iterator[dict[str, Any]]:
        """The documents that do not stay, as rows of the kind `buried`."""
        import numpy as np

        for old, left in zip(self.parts, staying, strict=True):
            gone = np.setdiff1d(old.rows, left.rows)
            table = self._table(old.part, ("id", "sha256"), gone)
            for row, values in zip(gone.tolist(), table.to_pylist(), strict=True):
                yield values | {"part": old.part, "row": row}

    def _table(self, part: str, columns: Sequence[str], rows: Rows) -> pa.Table:
        return _read(self.store.documents_path(part), columns).take(rows)


class Buried:
    """Where the texts of buried documents have their vectors, by SHA-256."""

    def __init__(self, path: Path, store: Store) -> None:
        """Read the rows of the kind `buried`."""
        table = _read(path, ("part", "row", "sha256"))
        parts = table["part"].combine_chunks().dictionary_encode()
        self._names: list[str] = parts.dictionary.to_pylist()
        self._parts = parts.indices.to_numpy()
        self._rows = table["row"].to_numpy()
        self._keys = _Keys(_halves(bytes.fromhex(x)[:16] for x in table["sha256"].to_pylist()))
        self._store = store

    def vector(self, sha256: str) -> NDArray[np.float32] | None:
        """The vector of a text, float32; None if it was not buried."""
        place = int(self._keys.places(_halves([bytes.fromhex(sha256)[:16]]))[0])
        if place < 0:
            return None
        return self._store.stored_vector(self._names[self._parts[place]], int(self._rows[place]))


class _Keys:
    """16 bytes each, as two halves of shape (n, 2), that can be looked up."""

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        import numpy as np

        self._order = np.argsort(keys[:, 0], kind="stable")
        self._high, self._low = keys[self._order, 0], keys[self._order, 1]

    def __len__(self) -> int:
        return len(self._order)

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Where each of these stands; -1 for one that is not there.

        Of two that share their first half only the first is found, which costs an update a text
        that is embedded again, and happens once in 2^64 pairs.
        """
        import numpy as np

        if not len(self):
            return np.full(len(keys), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self._high, keys[:, 0]), len(self) - 1)
        same = (self._high[place] == keys[:, 0]) & (self._low[place] == keys[:, 1])
        return np.where(same, self._order[place], -1)


def _read(path: Path, columns: Sequence[str] = ("id", "sha256")) -> pa.Table:
    import pyarrow.parquet as pq

    with reading(path):
        return pq.read_table(path, columns=list(columns))


def _keys(table: pa.Table) -> NDArray[np.uint64]:
    """A key for each pair of id and text, shape (n, 2)."""
    pairs = zip(table["id"].to_pylist(), table["sha256"].to_pylist(), strict=True)
    return _halves(
        hashlib.blake2b(f"{id}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        for id, text in pairs
    )


def _halves(digests: Iterable[bytes]) -> NDArray[np.uint64]:
    import numpy as np

    return np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2)
