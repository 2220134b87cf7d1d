"""Documents and their vectors on disk: written in parts, each whole or absent, read by row or id.

    store/<index>/
      index.json                  the manifest, written last: a store without one is unfinished
      documents/part-*.parquet    small row groups, so that one document costs one group
      vectors/part-*.npy          float16 unit rows; row i belongs to row i of the documents
      rejected/part-*.parquet     what was turned away, where it stood, and why
      tombstones.parquet          rows that were deleted since
      vectors.faiss               a cache, see index.py
      secret                      random bytes for the marks in prompts; not part of the content

A row number counts live rows in the order of the parts; deleted rows have none. Vectors were
rounded to float16, so their length is one to within 1e-3.
"""

from __future__ import annotations

import bisect
import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic, halves
from miner.errors import StoreError, choices, reading
from miner.store_files import ROW_GROUP, TEXTS, Manifest, load_document, read_rows, schemas
from miner.types import Document, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from miner.types import Rows, Vectors

VERSION = 1
"""Of the layout on disk; a reader refuses any other."""

MAPPED = 256
"""Files of vectors that stay open: half of what many systems let a process open is 512."""
BLOCK = 65536
"""Rows of vectors that are in memory together: 100 MB at 384 dimensions."""

LIGHT = ("id", *TEXTS[2:], "chars", "file", "row", "signals")
"""What `table` gives when no columns are named: all but texts and metadata."""


@dataclass(frozen=True)
class Part:
    """One part as the manifest lists it."""

    name: str
    rows: int
    rejected: int
    documents_sha256: str
    vectors_sha256: str
    rejected_sha256: str
    source: int = 0
    """Number of the card's source that it was read from."""
    gone: tuple[str, ...] = ()
    """Files of it that have since changed or vanished: what they turned away no longer counts."""


@dataclass(frozen=True)
class Store:
    """A finished store, opened for reading."""

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path | str) -> Store:
        """The store in a folder.

        Raises:
            StoreError: There is none, it is unfinished, of another version, or lacks a file.
        """
        folder = Path(path)
        if not folder.is_dir():
            near = [p.parent.name for p in folder.parent.glob("*/index.json")]
            raise StoreError(f"{path}: no such store; {choices(folder.name, near)}")
        if (folder / "recipe.toml").is_file():
            raise StoreError(f"{path}: is a run, not an index")
        if not (folder / "index.json").is_file():
            raise StoreError(
                f"{path}: no finished store: it has no index.json; the same `miner index` goes on"
            )
        manifest = atomic.read_json(folder / "index.json")
        if manifest.get("version") != VERSION:
            raise StoreError(
                f"{path}: layout version {manifest.get('version')}, this miner reads {VERSION}"
            )
        with reading(folder / "index.json"):
            store = cls(folder, Manifest(folder / "index.json", manifest))
            store._check()
        return store

    def _check(self) -> None:
        for part in self.parts:
            for path in (self.documents_path(part.name), self.vectors_path(part.name)):
                if not path.is_file():
                    raise StoreError(f"{path}: is missing, though index.json lists it")

    # -- what it is

    @property
    def name(self) -> str:
        """The card's name for it."""
        return str(self.manifest["name"])

    @functools.cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its parts, in row order."""
        return tuple(Part(**part) for part in self.manifest["parts"])

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.manifest["dimensions"])

    @property
    def fingerprint(self) -> str:
        """Changes exactly when the live documents or vectors do."""
        parts = [(p.name, p.documents_sha256, p.vectors_sha256) for p in self.parts]
        live = {name: rows.tolist() for name, rows in sorted(self._live.items())}
        return sha256(json.dumps([parts, live]))

    @property
    def secret(self) -> bytes:
        """Random bytes of this store alone, which no document can know."""
        path = self.path / "secret"
        if not path.is_file():
            make_secret(self.path)
        return path.read_bytes()

    def documents_path(self, part: str) -> Path:
        """Where a part's documents lie."""
        return self.path / "documents" / f"part-{part}.parquet"

    def vectors_path(self, part: str) -> Path:
        """Where a part's vectors lie."""
        return self.path / "vectors" / f"part-{part}.npy"

    def rejected_path(self, part: str) -> Path:
        """Where what a part turned away lies."""
        return self.path / "rejected" / f"part-{part}.parquet"

    # -- rows

    @functools.cached_property
    def _live(self) -> Mapping[str, NDArray[np.int64]]:
        """Part to the rows in it that are live, for those parts that lost some."""
        import numpy as np

        path = self.path / "tombstones.parquet"
        dead: dict[str, list[int]] = {}
        for row in read_rows(path) if path.is_file() else ():
            dead.setdefault(row["part"], []).append(row["row"])
        rows = {part.name: part.rows for part in self.parts}
        return {
            name: np.setdiff1d(np.arange(rows[name]), lost)
            for name, lost in dead.items()
            if name in rows
        }

    @functools.cached_property
    def _ends(self) -> list[int]:
        """Live rows up to and with each part."""
        ends, total = [], 0
        for part in self.parts:
            total += len(self._live[part.name]) if part.name in self._live else part.rows
            ends.append(total)
        return ends

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def live_rows(self, part: Part) -> Rows:
        """The rows in a part's files that are live, in order."""
        import numpy as np

        live = self._live.get(part.name)
        return np.arange(part.rows) if live is None else live

    def _place(self, row: int) -> tuple[int, int]:
        """Number of the part, and row in its files, of a live row."""
        number = bisect.bisect_right(self._ends, row)
        within = row - (self._ends[number - 1] if number else 0)
        live = self._live.get(self.parts[number].name)
        return number, within if live is None else int(live[within])

    def _places(self, rows: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
        """Number of the part to pairs of position in `rows` and row in its files."""
        places: dict[int, list[tuple[int, int]]] = {}
        for position, row in enumerate(rows):
            if not 0 <= row < len(self):
                raise StoreError(f"{self.path}: no row {row} among {len(self)}")
            number, within = self._place(row)
            places.setdefault(number, []).append((position, within))
        return places

    @functools.cached_property
    def ids(self) -> list[str]:
        """The documents' ids in row order."""
        ids: list[str] = self.table(("id",))["id"].to_pylist()
        return ids

    @functools.cached_property
    def _row_of(self) -> Mapping[str, int]:
        return {id: row for row, id in enumerate(self.ids)}

    def __contains__(self, id: object) -> bool:
        return id in self._row_of

    def rows(self, ids: Iterable[str]) -> Rows:
        """The row of each id.

        Raises:
            StoreError: There is no such document.
        """
        import numpy as np

        try:
            return np.array([self._row_of[id] for id in ids], dtype=np.int64)
        except KeyError as error:
            id = str(error.args[0])
            some = self.ids[:20000]  # a guess is not worth comparing with millions
            guess = choices(id, some).partition("did you mean ")[2]
            hint = f"; did you mean {guess}" if guess else ""
            raise StoreError(f"{self.path}: no document '{id}' among {len(self)}{hint}") from None

    # -- documents

    def document(self, id: str) -> Document:
        """One document.

        Raises:
            StoreError: There is no such document.
        """
        return self.documents([id])[id]

    def documents(self, ids: Iterable[str]) -> dict[str, Document]:
        """Documents by id, in the order asked for; each row group is decoded once.

        Raises:
            StoreError: There is no such document.
        """
        import pyarrow.parquet as pq

        wanted = list(dict.fromkeys(ids))
        found: dict[int, Document] = {}
        for number, places in self._places(self.rows(wanted).tolist()).items():
            groups: dict[int, list[tuple[int, int]]] = {}
            for position, row in places:
                groups.setdefault(row // ROW_GROUP, []).append((position, row % ROW_GROUP))
            path = self.documents_path(self.parts[number].name)
            with reading(path), pq.ParquetFile(path) as file:
                for group, members in groups.items():
                    table = file.read_row_group(group).take([row for _, row in members])
                    for (position, _), row in zip(members, table.to_pylist(), strict=True):
                        found[position] = load_document(row)
        return {id: found[position] for position, id in enumerate(wanted)}

    def iterate(self) -> Iterator[Document]:
        """All live documents in row order."""
        for part in self.parts:
            live = self._live.get(part.name)
            alive = None if live is None else set(live.tolist())
            for row, values in enumerate(read_rows(self.documents_path(part.name))):
                if alive is None or row in alive:
                    yield load_document(values)

    def table(self, columns: Sequence[str] = LIGHT) -> pa.Table:
        """Columns of all live documents in row order, as Arrow.

        `signals.NAME` is one signal as a float column, null where a document has none.

        Raises:
            StoreError: There is no such column.
        """
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        schema = schemas()["documents"]
        plain = list(dict.fromkeys(name.partition(".")[0] for name in columns))
        for name in plain:
            if name not in schema.names:
                raise StoreError(f"{self.path}: no column '{name}'; {choices(name, schema.names)}")
        tables = [pa.schema([schema.field(name) for name in plain]).empty_table()]
        for part in self.parts:
            live = self._live.get(part.name)
            with reading(self.documents_path(part.name)):
                table = pq.read_table(self.documents_path(part.name), columns=plain)
                tables.append(table if live is None else table.take(live))
        whole = pa.concat_tables(tables)
        values = [
            pc.map_lookup(whole["signals"], name.partition(".")[2], "first")
            if name.startswith("signals.")
            else whole[name]
            for name in columns
        ]
        return pa.table(dict(zip(columns, values, strict=True)))

    def rejected(self, reason: str = "") -> Iterator[dict[str, Any]]:
        """What was turned away: id, url, source, file, row, reason, detail."""
        for part in self.parts:
            gone = frozenset(part.gone)
            for row in read_rows(self.rejected_path(part.name)) if part.rejected else ():
                if row["file"] not in gone and (not reason or row["reason"] == reason):
                    yield row

    # -- vectors

    def _stored(self, part: Part) -> NDArray[np.float16]:
        import numpy as np

        if (known := self._mapped.get(part.name)) is not None:
            return known
        path = self.vectors_path(part.name)
        with reading(path):
            stored: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
        if stored.shape != (part.rows, self.dimensions):
            raise StoreError(f"{path}: damaged: {stored.shape} is not {part.rows} rows")
        while len(self._mapped) >= MAPPED:
            self._mapped.pop(next(iter(self._mapped)), None)
        self._mapped[part.name] = stored
        return stored

    @functools.cached_property
    def _mapped(self) -> dict[str, NDArray[np.float16]]:
        """Vectors of parts that were asked for: to map a file takes longer than to read rows."""
        return {}

    def stored_vector(self, part: str, row: int) -> Vectors:
        """The vector at a row of a part's files, live or not, float32."""
        import numpy as np

        found = next(p for p in self.parts if p.name == part)
        vector: Vectors = self._stored(found)[row].astype(np.float32)
        return vector

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        """The vectors of live rows, float32, in the order asked for."""
        import numpy as np

        wanted = np.asarray(rows, dtype=np.int64)
        wrong = wanted[(wanted < 0) | (wanted >= len(self))]
        if len(wrong):
            raise StoreError(f"{self.path}: no row {wrong[0]} among {len(self)}")
        result = np.empty((len(wanted), self.dimensions), dtype=np.float32)
        order = np.argsort(wanted, kind="stable")
        bounds = np.searchsorted(wanted[order], self._ends)
        first = place = 0
        for part, end, bound in zip(self.parts, self._ends, bounds.tolist(), strict=True):
            if bound > place:
                here = order[place:bound]
                within, live = wanted[here] - first, self._live.get(part.name)
                stored = self._stored(part)[within if live is None else live[within]]
                result[here] = stored
            first, place = end, bound
        return result

    def blocks(self, rows: int = BLOCK) -> Iterator[tuple[int, Vectors]]:
        """All live vectors in row order: the first row's number, and up to `rows` of them."""
        import numpy as np

        start, filled = 0, 0
        block = np.empty((min(rows, len(self)), self.dimensions), dtype=np.float32)
        for part in self.parts:
            stored = self._stored(part)
            live = self._live.get(part.name)
            source = stored if live is None else stored[live]
            taken = 0
            while taken < len(source):
                many = min(len(block) - filled, len(source) - taken)
                halves.widen(source[taken : taken + many], block[filled : filled + many])
                filled, taken = filled + many, taken + many
                if filled == len(block):
                    yield start, block
                    start, filled = start + filled, 0
                    block = np.empty_like(block)
        if filled:
            yield start, block[:filled]


def make_secret(folder: Path) -> None:
    """Give a store its secret, readable by its owner alone; keep the one it has."""
    path = folder / "secret"
    if path.is_file():
        return
    atomic.write_bytes(path, os.urandom(32), mode=0o600)
