"""Phase 1: read, clean and sign the documents of a shard."""

from __future__ import annotations

import contextlib
import functools
import json
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic, engine, recipe
from miner.clean import run as clean
from miner.engine import beat
from miner.errors import MinerError
from miner.shards import Deduplicate, Shard, Work, stopping_when_full
from miner.shards.reading import rows_of
from miner.shards.signing import Signatures, sign, write_signatures
from miner.signatures import MinHash
from miner.sources.record import storable
from miner.store_files import ROW_GROUP, dump_document, write_rows
from miner.types import Cleaner, Document, File, Rejected, Row, Source

if TYPE_CHECKING:
    from collections.abc import Sequence


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

    def end(self) -> None:
        """Note that the files have no more rows."""
        self.ended = True

    def sign_batch(self) -> None:
        """Sign the documents that came since the last time."""
        if self.batch:
            self.signatures.append(sign(self.batch, self.signer))
            self.batch.clear()


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
    write_signatures(work.file("clean", shard.name, "npy"), state.signatures)
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
    for place, (source, file, row) in enumerate(rows_of(shard, sources, state.end)):
        state.read += 1
        beat(place)
        result: Document | Rejected
        if place in poisoned:
            result = Rejected("quarantined", "it ended or blocked its process twice")
        else:
            result = row.content
        if isinstance(result, Document):
            result = _checked(result, cleaners)
        if isinstance(result, Rejected):
            state.rejected_places.append(place)
            state.rejected.append(_rejection(result, row, source, file))
        else:
            state.batch.append((place, result.id, result.text))
            if len(state.batch) == ROW_GROUP:
                state.sign_batch()
            yield dump_document(result, file.name, row.number)


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
