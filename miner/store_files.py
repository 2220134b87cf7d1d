"""Files of a store, each written whole or not: documents, vectors, rejections, the manifest.

Documents lie in small row groups, so that looking one up decodes one group; vectors are float16
unit rows. Equal content is equal bytes.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from miner import atomic
from miner.errors import StoreError
from miner.types import Document, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from miner.types import Vectors

ROW_GROUP = 256
"""Documents that are decoded together when one is looked up."""

TEXTS = ("id", "text", "source", "url", "title", "language", "license", "timestamp")
"""Columns of documents/ that are a Document's own fields, as they stand."""

REJECTED = ("id", "url", "source", "file", "row", "reason", "detail")
"""Columns of rejected/; id is empty where there never was a document."""

KEYS = ("name", "dimensions", "parts")
"""What no store is without."""

SHAPE: Mapping[str, Any] = {
    "name": str,
    "dimensions": int,
    "parts": list,
    "unit": str,
    "encoder": {"table": {"kind": str}, "identity": {}},
    "plan": {},
    "index": {},
    "books": {"read": int, "kept": int, "rejected": {}},
    "timing": {"seconds": {}},
}
"""What each key of index.json holds: a type, or a table with at least these keys."""


@functools.cache
def schemas() -> Mapping[str, pa.Schema]:
    """The columns of each kind of file."""
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    documents = dict.fromkeys(TEXTS, text) | {
        "text": pa.large_string(),
        "meta": text,
        "signals": pa.map_(text, pa.float64()),
        "sha256": text,
        "raw_sha256": text,
        "cleaners": pa.list_(text),
        "chars": number,
        "file": text,
        "row": number,
    }
    return {
        "documents": pa.schema(list(documents.items())),
        "rejected": pa.schema([(name, number if name == "row" else text) for name in REJECTED]),
        "tombstones": pa.schema([("id", text), ("part", text), ("row", number), ("reason", text)]),
        "buried": pa.schema([("id", text), ("part", text), ("row", number), ("sha256", text)]),
    }


def dump_document(document: Document, file: str, row: int) -> dict[str, Any]:
    """A document as a row of documents/, with where it stood in its source."""
    values: dict[str, Any] = {name: getattr(document, name) for name in TEXTS}
    meta = dict(document.meta)
    return values | {
        "meta": json.dumps(meta, ensure_ascii=False, sort_keys=True) if meta else "",
        "signals": sorted((k, float(v)) for k, v in document.signals.items()),
        "sha256": sha256(document.text),
        "raw_sha256": document.raw_sha256,
        "cleaners": list(document.cleaners),
        "chars": len(document.text),
        "file": file,
        "row": row,
    }


def load_document(row: Mapping[str, Any]) -> Document:
    """The way back from `dump_document`."""
    return Document(
        **{name: row[name] for name in TEXTS},
        meta=json.loads(row["meta"]) if row["meta"] else {},
        signals=dict(row["signals"]),
        raw_sha256=row["raw_sha256"],
        cleaners=tuple(row["cleaners"]),
    )


# ------------------------------------------------------------------------------------ writing


def write_rows(path: Path, kind: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows of a kind of `schemas` as one Parquet file, whole or not.

    Rows are taken from the iterator a group at a time, so a part never has to fit in memory.
    Equal rows give equal bytes.

    Returns:
        How many rows there were.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, count = schemas()[kind], 0
    with (
        atomic.writing(path) as file,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for group in _groups(rows):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


def _groups(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(dict(row))
        if len(group) == ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


def write_vectors(path: Path, vectors: Vectors) -> None:
    """Write unit rows as float16.

    Raises:
        StoreError: A vector holds NaN or infinity, or is not of unit length.
    """
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1) < 1e-3):  # NaN fails too
        row = int(np.flatnonzero(~(np.abs(lengths - 1) < 1e-3))[0])
        raise StoreError(f"{path}: row {row} is no unit vector: its length is {lengths[row]}")
    write_array(path, vectors.astype(np.float16))


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as .npy, whole or not."""
    import numpy as np

    buffer = io.BytesIO()  # given a file, NumPy would hide why a write failed
    np.save(buffer, array, allow_pickle=False)
    with atomic.writing(path) as file:
        file.write(buffer.getbuffer())


def read_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, a group at a time.

    Raises:
        StoreError: The file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield from file.read_row_group(group, columns=columns).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"{path}: missing or damaged: {error}") from error


def digest(path: Path) -> str:
    """Hex SHA-256 of a file's bytes; empty where there is no file."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Manifest(dict[str, Any]):
    """What index.json holds; to ask for a key that is missing is to find damage."""

    def __init__(self, path: Path, table: Mapping[str, Any]) -> None:
        super().__init__(table)
        self._path = path
        for key in KEYS:
            _ = self[key]
        for key in SHAPE.keys() & table.keys():
            _fit(table[key], SHAPE[key], key)

    def __missing__(self, key: str) -> Any:
        raise StoreError(f"{self._path}: damaged: '{key}' is missing")


def _fit(value: Any, shape: Any, name: str) -> None:
    kind = dict if isinstance(shape, dict) else shape
    if not isinstance(value, kind):
        raise TypeError(f"'{name}' is {type(value).__name__}, expected {kind.__name__}")
    for key in shape if isinstance(shape, dict) else ():
        if key not in value:
            raise LookupError(f"'{name}.{key}' is missing")
        _fit(value[key], shape[key], f"{name}.{key}")
