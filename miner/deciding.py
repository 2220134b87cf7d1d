"""Which documents are kept: the barrier between cleaning and embedding.

Decided over the signatures of all shards, so that the outcome depends on the corpus and not on the
order in which shards were cleaned: of equal ids, equal texts and near-duplicates the first row of
the corpus stays. When a store is updated, what it holds already comes first, and before that the
indexes that the card names.

One column of the signatures is in memory at a time, so a document costs some 90 bytes here.
"""

from __future__ import annotations

import bisect
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from miner import atomic, recipe
from miner.engine import Crashed
from miner.errors import StoreError
from miner.shards.signing import ID, KEYS, PLACE, TEXT, Signing, sign_part
from miner.shingles import mix, shingles
from miner.signatures import near_duplicate_labels_by_band
from miner.store import Store
from miner.store_files import ROW_GROUP, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from miner.plan import Card
    from miner.shards import Deduplicate, Work
    from miner.types import Engine
    from miner.updating import Base, Old

KINDS = ("", "duplicate:id", "duplicate:exact", "duplicate:near", "not_sampled")
"""Why a document is dropped; nothing for one that is kept."""


class _Block(NamedTuple):
    """Documents of one Parquet file.

    Attributes:
        documents: The file.
        signatures: The file of their signatures.
        rows: Which rows of both.
        store: The other index that they belong to, if they do.
    """

    documents: Path
    signatures: Path
    rows: NDArray[np.int64]
    store: str = ""


class _Corpus:
    """All documents by number: those of other indexes, those that stay, those just cleaned.

    Signatures are read a column at a time, ids and texts when one is asked for.
    """

    def __init__(self, blocks: Sequence[_Block]) -> None:
        import numpy as np

        self.blocks = blocks
        self.starts = [0]
        for block in blocks:
            self.starts.append(self.starts[-1] + len(block.rows))
        self.elsewhere = sum(len(block.rows) for block in blocks if block.store)
        """Documents of other indexes, which come first."""
        self.kind = np.zeros(self.starts[-1], dtype=np.uint8)
        """Why a document is dropped, as a place in KINDS."""
        self.instead = np.arange(self.starts[-1], dtype=np.int64)
        """The document that is kept in its place."""

    def column(self, number: int) -> NDArray[np.uint64]:
        """One column of all signatures."""
        import numpy as np

        values = np.empty(self.starts[-1], dtype=np.uint64)
        for block, start, end in zip(self.blocks, self.starts, self.starts[1:], strict=False):
            if start < end:
                found = np.load(block.signatures, mmap_mode="r", allow_pickle=False)
                values[start:end] = found[block.rows, number]
        return values

    def _place(self, row: int) -> tuple[_Block, int]:
        number = bisect.bisect_right(self.starts, row) - 1
        block = self.blocks[number]
        return block, int(block.rows[row - self.starts[number]])

    def id(self, row: int) -> str:
        """The id of a document, with its index if it is another."""
        block, within = self._place(row)
        id = _ids(block.documents)[within]
        return f"{id} in {block.store}" if block.store else id

    def shingles(self, row: int) -> NDArray[np.uint64]:
        """The shingles of a document's text."""
        block, within = self._place(row)
        return shingles(_texts(block.documents, within // ROW_GROUP)[within % ROW_GROUP])

    def left(self, first: int = 0) -> NDArray[np.int64]:
        """The documents from `first` on that are not dropped yet."""
        import numpy as np

        rows: NDArray[np.int64] = np.flatnonzero(self.kind[first:] == 0) + first
        return rows

    def drop(self, kind: str, rows: NDArray[np.int64], firsts: NDArray[np.int64]) -> None:
        """Drop each of `rows` that is not the one given for it in `firsts`."""
        gone = rows != firsts
        self.kind[rows[gone]] = KINDS.index(kind)
        self.instead[rows[gone]] = firsts[gone]

    def drop_equal(self, kind: str, halves: slice, first: int = 0) -> None:
        """Drop documents from `first` on whose 16 bytes in two columns another has before them."""
        import numpy as np

        rows = self.left(first)
        high = self.column(halves.start)[rows]
        order = np.argsort(high)
        high = high[order]
        same = high[1:] == high[:-1]
        shared = np.zeros(len(rows), dtype=bool)
        shared[1:] |= same
        shared[:-1] |= same
        some = np.sort(rows[order[shared]])
        del rows, high, order
        if len(some):
            both = [self.column(number)[some] for number in range(halves.start, halves.stop)]
            self.drop(kind, some, some[_first_rows(np.stack(both, axis=1))])

    def draw(self, count: int, seed: int) -> None:
        """Keep so many of those that are left, by a hash of id and seed, and drop the others.

        Which they are depends on the set of ids alone; a larger sample holds the smaller one.
        """
        import numpy as np

        rows = self.left(self.elsewhere)
        start = mix(np.array([seed], dtype=np.uint64))
        order = np.argsort(mix(self.column(ID.start)[rows] ^ start), kind="stable")
        self.kind[rows[order[count:]]] = KINDS.index("not_sampled")


def decide(
    work: Work,
    card: Card,
    engine: Engine,
    base: Base | None = None,
) -> None:
    """Say of every cleaned document whether it is kept, and if not, what stands in its place.

    Args:
        work: The files of the unfinished store.
        card: What counts as seen before, and how many rows and documents are wanted.
        engine: Where documents of finished stores are signed.
        base: The store that is updated.
    """
    names = work.names("clean")
    taken = _within(work, names, card.limit)
    staying = base.staying(work, names) if base else ()
    before = _stored(work, card.deduplicate, engine, staying)
    corpus = _Corpus([*before, *(_cleaned(work, name, taken[name]) for name in names)])
    _drop_all(corpus, card.deduplicate)
    if card.sample:
        corpus.draw(card.sample, card.seed)
    again = _again(corpus, len(before) - len(staying), staying)
    for number, name in enumerate(names, len(before)):
        rows = range(corpus.starts[number], corpus.starts[number + 1])
        decision = _decision(corpus, rows, again, base)
        atomic.write_json(work.file("decide", name, "json"), {"rows": taken[name], **decision})
    buried = write_rows(work.buried, "buried", base.buried(staying) if base else ())
    atomic.write_json(work.decided, {"shards": len(names), "buried": buried})


def _again(corpus: _Corpus, first: int, staying: Sequence[Old]) -> NDArray[np.bool_]:
    """Which documents, by number, are of the store and stand in a changed file as they were.

    Args:
        corpus: All documents.
        first: The block of the first part of the store.
        staying: What stays of the store.
    """
    import numpy as np

    again = np.zeros(corpus.starts[-1], dtype=bool)
    for number, old in enumerate(staying, first):
        again[corpus.starts[number] : corpus.starts[number + 1]] = old.stale
    return again


def _drop_all(corpus: _Corpus, settings: Deduplicate) -> None:
    """Drop what comes twice; each rule looks at what the one before has left.

    Ids of another index are its own affair.
    """
    corpus.drop_equal("duplicate:id", ID, corpus.elsewhere)
    if settings.exact:
        corpus.drop_equal("duplicate:exact", TEXT)
    if settings.near and len(rows := corpus.left()):

        def bands() -> Iterator[NDArray[np.uint64]]:
            for number in range(KEYS.start, KEYS.start + settings.signer.bands):
                yield corpus.column(number)[rows]

        labels = near_duplicate_labels_by_band(
            len(rows),
            bands(),
            lambda place: corpus.shingles(int(rows[place])),
            settings.threshold,
        )
        corpus.drop("duplicate:near", rows, rows[labels])


def _decision(
    corpus: _Corpus, rows: range, again: NDArray[np.bool_], base: Base | None
) -> dict[str, Any]:
    """What becomes of one shard's documents, by their place in it; `again` is used up."""
    drops: list[tuple[int, str, str]] = []
    same = []
    kinds = corpus.kind[rows.start : rows.stop].tolist()
    for place, number in enumerate(kinds):
        if not (base or number):
            continue
        kind, id = KINDS[number], corpus.id(rows.start + place)
        instead = int(corpus.instead[rows.start + place])
        if base and id in base.deleted:
            drops.append((place, "deleted", ""))
        elif kind == "duplicate:id" and again[instead]:
            same.append(place)
            again[instead] = False  # a second one of this id is a duplicate
        elif kind:
            of = corpus.id(instead) if instead != rows.start + place else ""
            drops.append((place, kind, of))
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

    path = work.file("clean", name, "npy")
    places = np.load(path, mmap_mode="r", allow_pickle=False)[:, PLACE]
    count = int(np.searchsorted(places, taken))
    return _Block(work.file("clean", name, "parquet"), path, np.arange(count))


# ------------------------------------------------------------------------------- finished stores


def _stored(
    work: Work,
    settings: Deduplicate,
    engine: Engine,
    staying: Sequence[Old],
) -> list[_Block]:
    """What other indexes hold, and what stays of the one that is updated; signed anew.

    Raises:
        StoreError: The process that signs a part dies.
    """
    blocks = []
    for number, folder in enumerate(settings.against):
        other = Store.open(folder)
        for part in other.parts:
            path = work.path / "signed" / f"{number}-{part.name}.npy"
            rows = other.live_rows(part)
            blocks.append(_Block(other.documents_path(part.name), path, rows, str(folder)))
    for old in staying:
        path = work.path / "signed" / f"{old.part}.npy"
        documents = work.folder / "documents" / f"part-{old.part}.parquet"
        blocks.append(_Block(documents, path, old.rows))
    table = recipe.dump(settings)
    specs = [
        Signing(str(block.documents), str(block.signatures), table)
        for block in blocks
        if not block.signatures.is_file()
    ]
    for spec, result in engine.map(sign_part, specs):
        if isinstance(result, Crashed):
            raise StoreError(f"{spec.documents}: signing it ends the process: {result.detail}")
    return blocks


# ---------------------------------------------------------------------------------- looking up


@functools.lru_cache(maxsize=32)
def _ids(path: Path) -> list[str]:
    import pyarrow.parquet as pq

    ids: list[str] = pq.read_table(path, columns=["id"])["id"].to_pylist()
    return ids


@functools.lru_cache(maxsize=32)
def _texts(path: Path, group: int) -> list[str]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        texts: list[str] = file.read_row_group(group, columns=["text"])["text"].to_pylist()
    return texts


def _first_rows(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each row the first with the same 16 bytes."""
    import numpy as np

    _, first, inverse = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    rows: NDArray[np.int64] = first[inverse.reshape(-1)]
    return rows
