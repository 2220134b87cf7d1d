"""The work on one shard of a corpus, and the decisions that need all of them.

`clean_shard` and `embed_shard` turn files into files and report by a marker that is written last;
they run unchanged in this process, in a local pool and on a cluster. `decide` stands between them:
it says over all signatures which documents are kept, whatever the order in which they came. What
lies in work/ is removed when the store is finished.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import functools
import hashlib
import json
import mmap
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from miner import atomic, engine, recipe
from miner.clean import run as clean
from miner.encoders.by_passage import ByPassage
from miner.engine import beat, stop_if_asked
from miner.errors import MinerError, Stopped, StoreError
from miner.shingles import exact_hash
from miner.signatures import MinHash
from miner.sources.record import storable
from miner.store import (
    ROW_GROUP,
    Store,
    digest,
    dump_document,
    read_rows,
    write_array,
    write_rows,
    write_vectors,
)
from miner.types import Cleaner, Document, Encoder, File, Rejected, Row, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from miner.types import Vectors

Signatures: TypeAlias = "NDArray[np.uint64]"
"""A row a document: its place in the shard, hashes of id and text in two halves each, keys."""

SMALL_ROW = 256
"""Bytes; a file too small for a shard's rows, if they were of this size, shares its shard."""
SHARD_FILES = 1024
STRETCH = 1024
"""Texts that the encoder is given together, and the most that a kill makes it do again."""

ID, TEXT, KEYS = slice(1, 3), slice(3, 5), slice(5, None)
"""Columns of signatures, after the place."""


@dataclass(frozen=True)
class Deduplicate:
    """What counts as having been seen before; the first in the order of the corpus is kept.

    Attributes:
        exact: Texts that are the same but for case, spaces and Unicode form.
        near: Texts whose word 5-grams overlap.
        threshold: Jaccard similarity from which they do.
        scheme: Who computes the MinHash: `rensa`, `numpy`, or rensa where it is installed.
    """

    exact: bool = True
    near: bool = True
    threshold: float = 0.8
    scheme: Literal["auto", "rensa", "numpy"] = "auto"

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError("threshold must be above 0 and at most 1")

    @property
    def signer(self) -> MinHash:
        """How texts are signed."""
        return MinHash(self.scheme)


@dataclass(frozen=True)
class Shard:
    """A deterministic piece of the input; plain values, so that it travels to any engine.

    Attributes:
        folder: Of the store.
        name: Of the part that it becomes.
        card: The card's table.
        files: Number of the source, and its file; one, or several small ones read whole.
        start: First row of the file.
        stop: Row at which the next shard begins; None for the end of the files.
        most: Rows at most.
        poisoned: Places that are not to be touched, since they killed their worker.
        careful: Write down each place, since a worker died and nobody knows where.
    """

    folder: str
    name: str
    card: Mapping[str, Any]
    files: tuple[tuple[int, File], ...]
    start: int = 0
    stop: int | None = None
    most: int | None = None
    poisoned: tuple[int, ...] = ()
    careful: bool = False


@dataclass(frozen=True)
class Embedding:
    """A cleaned shard that is to be embedded elsewhere; plain values as well.

    Attributes:
        folder: Of the store.
        name: Of the part.
        card: The card's table.
    """

    folder: str
    name: str
    card: Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """The files of an unfinished store, by phase and name of the shard."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where they lie."""
        return self.folder / "work"

    @property
    def decided(self) -> Path:
        """Written when the decisions are whole."""
        return self.path / "decided.json"

    def file(self, phase: str, name: str, suffix: str) -> Path:
        """One file of a shard."""
        return self.path / phase / f"{name}.{suffix}"

    def marker(self, phase: str, name: str) -> dict[str, Any] | None:
        """What a shard reported when it was done; None if it is not."""
        path = self.file(phase, name, "json")
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def decision(self, name: str) -> dict[str, Any]:
        """What was decided of a cleaned shard."""
        return recipe.read_json(self.file("decide", name, "json"))

    def names(self, phase: str) -> list[str]:
        """The shards of a phase that are done, in the order of the corpus."""
        return sorted(path.stem for path in (self.path / phase).glob("*.json"))


def group(files: Sequence[tuple[int, File]], shard_rows: int) -> list[tuple[tuple[int, File], ...]]:
    """Put neighbouring small files of one source together; a large one stands alone."""
    small = shard_rows * SMALL_ROW
    groups: list[list[tuple[int, File]]] = []
    room, last = 0, -1
    for number, file in files:
        size = small if file.bytes is None else file.bytes
        joins = size < small and number == last and size <= room
        if joins and len(groups[-1]) < SHARD_FILES:
            groups[-1].append((number, file))
            room -= size
        else:
            groups.append([(number, file)])
            room, last = (8 * small - size, number) if size < small else (0, -1)
    return [tuple(members) for members in groups]


# ------------------------------------------------------------------------- phase 1: read, clean


@dataclass
class _Cleaned:
    """What comes of a shard while its rows pass by."""

    signer: MinHash | None
    read: int = 0
    ended: bool = False
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_places: list[int] = field(default_factory=list)
    signatures: list[Signatures] = field(default_factory=list)
    batch: list[tuple[int, str, str]] = field(default_factory=list)

    def sign_batch(self) -> None:
        """Sign the documents that came since the last time."""
        if self.batch:
            self.signatures.append(sign(self.batch, self.signer))
            self.batch.clear()


@contextlib.contextmanager
def stopping_when_full(folder: Path) -> Iterator[None]:
    """Make of a full disk a stop, from which the same command goes on.

    Raises:
        Stopped: Something could not be written for want of room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}:
            raise
        free = shutil.disk_usage(folder).free >> 20
        raise Stopped(
            f"{folder}: cannot write: {os.strerror(error.errno)} ({free} MB free); make room, "
            "then the same command goes on from here"
        ) from error


def clean_shard(shard: Shard) -> dict[str, Any]:
    """Read, clean and sign one shard.

    Returns:
        Its marker: rows read, kept and rejected, and whether the files ended in it.

    Raises:
        SourceError: A file is gone or is not what the card says.
    """
    work = Work(Path(shard.folder))
    sources, cleaners, deduplicate = _parts(json.dumps(shard.card, sort_keys=True))
    state = _Cleaned(deduplicate.signer if deduplicate.near else None)
    rows = _kept(shard, state, sources, cleaners)
    with stopping_when_full(work.folder), _watched(work, shard):
        return _write_cleaned(work, shard, state, rows)


@contextlib.contextmanager
def _watched(work: Work, shard: Shard) -> Iterator[None]:
    """Have `beat` write to a file beside the shard, if that is asked for."""
    if not shard.careful:
        yield
        return
    path = work.file("clean", shard.name, "place")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(engine.PLACE.pack(engine.NOWHERE))
    with path.open("r+b") as file:
        before = engine.listen(mmap.mmap(file.fileno(), engine.PLACE.size))
    try:
        yield
    finally:
        engine.listen(before)


def last_place(work: Work, name: str) -> int | None:
    """Where a careful worker was when it died; None if it did not say."""
    path = work.file("clean", name, "place")
    if not path.is_file():
        return None
    (place,) = engine.PLACE.unpack(path.read_bytes())
    return None if place == engine.NOWHERE else int(place)


def _write_cleaned(
    work: Work, shard: Shard, state: _Cleaned, rows: Iterator[dict[str, Any]]
) -> dict[str, Any]:
    kept = write_rows(work.file("clean", shard.name, "parquet"), "documents", rows)
    state.sign_batch()
    write_rows(work.file("clean", shard.name, "rejected"), "rejected", state.rejected)
    write_array(work.file("clean", shard.name, "npy"), stack(state.signatures))
    marker = {
        "read": state.read,
        "kept": kept,
        "rejected_places": state.rejected_places,
        "ended": state.ended,
        "source": shard.files[0][0],
    }
    atomic.write_json(work.file("clean", shard.name, "json"), marker)
    return marker


@functools.lru_cache(maxsize=4)
def _parts(card: str) -> tuple[tuple[Source, ...], tuple[Cleaner, ...], Deduplicate]:
    """The parts that a card's table names; built once in a process."""
    table = json.loads(card)
    built = recipe.build(_Reading, {k: table[k] for k in _READING if k in table}, "card")
    return built.sources, built.clean, built.deduplicate


@dataclass(frozen=True)
class _Reading:
    """What phase 1 needs of a card."""

    sources: tuple[Source, ...]
    clean: tuple[Cleaner, ...] = ()
    deduplicate: Deduplicate = field(default_factory=Deduplicate)


_READING = ("sources", "clean", "deduplicate")


def _kept(
    shard: Shard, state: _Cleaned, sources: Sequence[Source], cleaners: Sequence[Cleaner]
) -> Iterator[dict[str, Any]]:
    """The rows for documents/; what is turned away is noted in `state`."""
    poisoned = frozenset(shard.poisoned)
    for place, (source, file, row) in enumerate(_rows(shard, state, sources)):
        state.read += 1
        beat(place)
        result = row.content
        if place in poisoned:
            result = Rejected("quarantined", "it ended or blocked its process twice")
        elif isinstance(result, Document):
            result = _checked(result, cleaners)
        if isinstance(result, Rejected):
            state.rejected_places.append(place)
            state.rejected.append(_rejection(result, row, source, file))
        else:
            state.batch.append((place, result.id, result.text))
            if len(state.batch) == ROW_GROUP:
                state.sign_batch()
            yield dump_document(result, file.name, row.number)


def _rows(
    shard: Shard, state: _Cleaned, sources: Sequence[Source]
) -> Iterator[tuple[Source, File, Row]]:
    """The shard's rows. Sets `state.ended` when the files have no more."""
    place = 0
    for number, file in shard.files:
        for row in sources[number].read(file, shard.start):
            if row.number < shard.start:  # damage before it, which the shard before reports
                continue
            if shard.stop is not None and row.number >= shard.stop:
                return
            if shard.most is not None and place >= shard.most:
                return
            yield sources[number], file, row
            place += 1
    state.ended = True


def _checked(document: Document, cleaners: Sequence[Cleaner]) -> Document | Rejected:
    """Clean a document. A cleaner that fails on one costs that document alone."""
    try:
        result = clean(cleaners, document)
    except MinerError:
        raise
    except Exception as error:  # noqa: BLE001 - any bug that some text brings out
        return Rejected("cleaner_failed", f"{type(error).__name__}: {error}")
    if isinstance(result, Document) and not result.text.strip():
        return Rejected("no_text", "nothing is left of it")
    if isinstance(result, Document) and storable(result.text) != result.text:
        return Rejected("not_unicode", "its text has lone surrogates")
    return result


def _rejection(why: Rejected, row: Row, source: Source, file: File) -> dict[str, Any]:
    document = row.content if isinstance(row.content, Document) else None
    return {
        "id": document.id if document else "",
        "url": storable(document.url if document else row.url),
        "source": document.source if document else getattr(source, "corpus", ""),
        "file": file.name,
        "row": row.number,
        "reason": why.reason,
        "detail": storable(why.detail)[:500],
    }


def sign(batch: Sequence[tuple[int, str, str]], signer: MinHash | None) -> Signatures:
    """Sign texts, given as place, id and text; shape (n, 5 + bands)."""
    import numpy as np

    halves = [
        (place, *_halves(_id_hash(id)), *_halves(exact_hash(text))) for place, id, text in batch
    ]
    signed = np.array(halves, dtype=np.uint64)
    if signer is None:
        return signed
    keys = signer.keys(signer.sign([text for _, _, text in batch]))
    return np.concatenate([signed, keys], axis=1)


def _id_hash(id: str) -> bytes:
    return hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _halves(digest: bytes) -> tuple[int, int]:
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def stack(blocks: Sequence[Signatures]) -> Signatures:
    """Signatures one below the other."""
    import numpy as np

    return np.concatenate(blocks) if blocks else np.empty((0, 5), dtype=np.uint64)


# ----------------------------------------------------------------------- phase 2: embed, store


def embed_shard(
    work: Work,
    name: str,
    encoder: Encoder,
    tick: Callable[[int], None] = lambda _: None,
    known: Callable[[str], Vectors | None] = lambda _: None,
) -> dict[str, Any]:
    """Embed and store what is kept of a cleaned shard, beside what was turned away.

    Args:
        work: The files of the unfinished store.
        name: Of the shard.
        encoder: Texts to vectors.
        tick: Told how many are embedded, now and then.
        known: The vector of a text, by its SHA-256, where there is one already.

    Returns:
        Its marker, which becomes the part's entry in the manifest.
    """
    import numpy as np
    import pyarrow.parquet as pq

    decision, marker = work.decision(name), work.marker("clean", name)
    if marker is None:
        raise StoreError(f"{work.path}: shard {name} is not cleaned")
    places = np.load(work.file("clean", name, "npy"), allow_pickle=False)[:, 0]
    drops = {row: (reason, of) for row, reason, of in decision["drops"]}
    table = pq.read_table(work.file("clean", name, "parquet"))
    within = np.flatnonzero(places < decision["rows"])
    left_out = [*drops, *decision["unchanged"]]
    kept = table.take(within[~np.isin(within, left_out)])
    paths = {kind: _part_path(work.folder, kind, name) for kind in _SUFFIXES}
    _write_table(paths["documents"], kept)
    write_vectors(paths["vectors"], _encode(work, name, kept, encoder, tick, known))
    turned_away = list(_turned_away(work, name, marker, decision["rows"], table, places, drops))
    write_rows(paths["rejected"], "rejected", turned_away)
    reasons = Counter(row["reason"] for row in turned_away)
    done = {
        "name": name,
        "rows": len(kept),
        "rejected": len(turned_away),
        "reasons": dict(sorted(reasons.items())),
        "source": marker["source"],
        **{f"{kind}_sha256": digest(path) for kind, path in paths.items()},
    }
    atomic.write_json(work.file("embed", name, "json"), done)
    for path in (work.path / "embed").glob(f"{name}-*.npy"):
        path.unlink()
    return done


def embed_task(spec: Embedding) -> dict[str, Any]:
    """The same as a task of its own, which builds its encoder once in a process."""
    work = Work(Path(spec.folder))
    encoder = _encoder(json.dumps(spec.card, sort_keys=True))
    with stopping_when_full(work.folder):
        return embed_shard(work, spec.name, encoder, known=known_vectors(work))


@functools.lru_cache(maxsize=2)
def _encoder(card: str) -> Encoder:
    table = json.loads(card)
    found = recipe.build(_Encoding, {k: table[k] for k in ("encoder", "unit")}, "card")
    encoder = found.encoder
    if getattr(encoder, "threads", None) == 0:  # a node runs as many tasks as it has processors
        encoder = dataclasses.replace(encoder, threads=1)  # type: ignore[type-var]
    return ByPassage(encoder) if found.unit == "passage" else encoder


@dataclass(frozen=True)
class _Encoding:
    """What phase 2 needs of a card."""

    encoder: Encoder
    unit: Literal["document", "passage"]


def known_vectors(work: Work) -> Callable[[str], Vectors | None]:
    """The vectors of texts that an update buries, by SHA-256: they are not embedded again."""
    buried = recipe.read_json(work.decided)["buried"]
    if not buried:
        return lambda _: None
    store = Store.open(work.folder)
    places = {row["sha256"]: (row["part"], row["row"]) for row in buried}

    def known(sha256: str) -> Vectors | None:
        place = places.get(sha256)
        return None if place is None else store.stored_vector(*place)

    return known


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
        tick(min(start + STRETCH, len(table)))
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
