"""Phase 2: embed and store what is kept of a shard."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from miner import atomic, recipe
from miner.encoders.by_passage import ByPassage
from miner.engine import stop_if_asked
from miner.errors import StoreError
from miner.shards import Embedding, Work, stopping_when_full
from miner.shards.signing import PLACE
from miner.store import Store
from miner.store_files import ROW_GROUP, digest, read_rows, write_array, write_rows, write_vectors
from miner.types import Encoder
from miner.updating import Buried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from miner.types import Vectors

STRETCH = 1024
"""Texts that the encoder is given together, and the most that a kill makes it do again."""


def embed_shards(
    work: Work,
    names: Sequence[str],
    encoder: Encoder,
    tick: Callable[[int], None] = lambda _: None,
    known: Callable[[str], Vectors | None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    """Embed and store what is kept of cleaned shards, beside what was turned away.

    While one is encoded, the one before is written and the one after is read.

    Args:
        work: The files of the unfinished store.
        names: Of the shards.
        encoder: Texts to vectors.
        tick: Told how many more are embedded, now and then.
        known: The vector of a text, by its SHA-256, where there is one already.

    Yields:
        A shard's marker, which becomes the part's entry in the manifest.
    """
    written: Future[dict[str, Any]] | None = None
    with ThreadPoolExecutor(2) as pool:
        ahead = [pool.submit(_read, work, name) for name in names[:1]]
        for number, name in enumerate(names):
            shard = ahead.pop().result()
            ahead = [pool.submit(_read, work, after) for after in names[number + 1 : number + 2]]
            vectors = _encode(work, name, shard.kept, encoder, tick, known)
            if written:
                yield written.result()
            written = pool.submit(_write, work, shard, vectors)
        if written:
            yield written.result()


class _Decided(NamedTuple):
    """A cleaned shard and what was decided of it."""

    name: str
    marker: Mapping[str, Any]
    kept: pa.Table
    turned_away: list[dict[str, Any]]


def _read(work: Work, name: str) -> _Decided:
    import numpy as np
    import pyarrow.parquet as pq

    decision, marker = work.decision(name), work.marker("clean", name)
    if marker is None:
        raise StoreError(f"{work.path}: shard {name} is not cleaned")
    signatures = np.load(work.file("clean", name, "npy"), mmap_mode="r", allow_pickle=False)
    places = np.array(signatures[:, PLACE])
    drops = {row: (reason, of) for row, reason, of in decision["drops"]}
    table = pq.read_table(work.file("clean", name, "parquet"))
    within = np.flatnonzero(places < decision["rows"])
    left_out = [*drops, *decision["unchanged"]]
    kept = table.take(within[~np.isin(within, left_out)])
    turned_away = _turned_away(work, name, marker, decision["rows"], table, places, drops)
    return _Decided(name, marker, kept, list(turned_away))


def _write(work: Work, shard: _Decided, vectors: Vectors) -> dict[str, Any]:
    paths = {kind: _part_path(work.folder, kind, shard.name) for kind in _SUFFIXES}
    _write_table(paths["documents"], shard.kept)
    write_vectors(paths["vectors"], vectors)
    write_rows(paths["rejected"], "rejected", shard.turned_away)
    reasons = Counter(row["reason"] for row in shard.turned_away)
    done = {
        "name": shard.name,
        "rows": len(shard.kept),
        "rejected": len(shard.turned_away),
        "reasons": dict(sorted(reasons.items())),
        "source": shard.marker["source"],
        **{f"{kind}_sha256": digest(path) for kind, path in paths.items()},
    }
    atomic.write_json(work.file("embed", shard.name, "json"), done)
    for path in (work.path / "embed").glob(f"{shard.name}-*.npy"):
        path.unlink()
    return done


def embed_task(spec: Embedding) -> dict[str, Any]:
    """The same as a task of its own, which builds its encoder once in a process."""
    work = Work(Path(spec.folder))
    encoder = _encoder(json.dumps(spec.card, sort_keys=True), spec.threads)
    with stopping_when_full(work.folder):
        (marker,) = embed_shards(work, [spec.name], encoder, known=known_vectors(work))
    return marker


@functools.lru_cache(maxsize=2)
def _encoder(card: str, threads: int) -> Encoder:
    table = json.loads(card)
    found = recipe.build(_Encoding, {k: table[k] for k in ("encoder", "unit")}, "card")
    encoder = found.encoder
    if getattr(encoder, "threads", None) == 0:  # all of them would be one process's
        encoder = dataclasses.replace(encoder, threads=threads)  # type: ignore[type-var]
    return ByPassage(encoder) if found.unit == "passage" else encoder


@dataclass(frozen=True)
class _Encoding:
    """What phase 2 needs of a card."""

    encoder: Encoder
    unit: Literal["document", "passage"]


def known_vectors(work: Work) -> Callable[[str], Vectors | None]:
    """The vectors of texts that an update buries, by SHA-256: they are not embedded again."""
    if not recipe.read_json(work.decided)["buried"]:
        return lambda _: None
    return Buried(work.buried, Store.open(work.folder)).vector


def _encode(
    work: Work,
    name: str,
    table: pa.Table,
    encoder: Encoder,
    tick: Callable[[int], None],
    known: Callable[[str], Vectors | None],
) -> Vectors:
    """In stretches, within which an encoder can sort by length; each is kept as soon as it is."""
    import numpy as np

    vectors = np.empty((len(table), encoder.dimensions), dtype=np.float32)
    for start in range(0, len(table), STRETCH):
        path = work.file("embed", f"{name}-{start:09d}", "npy")
        if not path.is_file():
            stop_if_asked()
            write_array(path, _stretch(table.slice(start, STRETCH), encoder, known))
        vectors[start : start + STRETCH] = np.load(path, allow_pickle=False)
        tick(min(STRETCH, len(table) - start))
    return vectors


def _stretch(table: pa.Table, encoder: Encoder, known: Callable[[str], Vectors | None]) -> Vectors:
    """The vectors of a stretch; texts that were embedded before are not embedded again."""
    import numpy as np

    found = [known(sha256) for sha256 in table["sha256"].to_pylist()]
    missing = [row for row, vector in enumerate(found) if vector is None]
    vectors = np.empty((len(found), encoder.dimensions), dtype=np.float32)
    if missing:
        vectors[missing] = encoder.encode(table["text"].take(missing).to_pylist())
    for row, vector in enumerate(found):
        if vector is not None:
            vectors[row] = vector
    return vectors


_SUFFIXES = {"documents": "parquet", "vectors": "npy", "rejected": "parquet"}


def _part_path(folder: Path, kind: str, name: str) -> Path:
    return folder / kind / f"part-{name}.{_SUFFIXES[kind]}"


def _write_table(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    with atomic.writing(path) as file:
        pq.write_table(table, file, compression="zstd", row_group_size=ROW_GROUP)


def _turned_away(
    work: Work,
    name: str,
    marker: Mapping[str, Any],
    rows: int,
    table: pa.Table,
    places: NDArray[np.uint64],
    drops: Mapping[int, tuple[str, str]],
) -> Iterable[dict[str, Any]]:
    """The rejections of both phases in the order of the rows."""
    found = read_rows(work.file("clean", name, "rejected"))
    by_place = {
        place: row
        for place, row in zip(marker["rejected_places"], found, strict=True)
        if place < rows
    }
    columns = ("id", "url", "source", "file", "row")
    dropped = table.select(columns).take(list(drops)).to_pylist() if drops else []
    for row, (number, (reason, of)) in zip(dropped, drops.items(), strict=True):
        by_place[int(places[number])] = {
            **row,
            "reason": reason,
            "detail": f"of {of}" if of else "",
        }
    return (by_place[place] for place in sorted(by_place))
