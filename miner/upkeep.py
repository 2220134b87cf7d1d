"""Deleting from a store, compacting it, and merging two.

A deletion is a tombstone: the files of the parts stay as they are until `compact` writes them anew
without the dead rows. Every one of these ends with a new manifest, and with FAISS built again.
"""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from miner import atomic
from miner.encoders import require_same
from miner.errors import StoreError, reading
from miner.index import Index
from miner.index import build as build_index
from miner.ingest import books
from miner.ledger import Ledger
from miner.run import read_rows as read_run_rows
from miner.run import schemas, write_table
from miner.store import Part, Store, make_secret
from miner.store_files import ROW_GROUP, digest, read_rows, write_array, write_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from miner.run import Run


# --------------------------------------------------------------------------------------- delete


def matching(
    store: Store,
    ids: Collection[str] = (),
    urls: Collection[str] = (),
    domains: Collection[str] = (),
) -> list[str]:
    """The ids of the live documents that are named, have a URL, or are of a domain or below it."""
    wanted, addresses = frozenset(ids), frozenset(urls)
    hosts = frozenset(domain.lower().strip(".") for domain in domains)
    table = store.table(("id", "url"))
    return [
        id
        for id, url in zip(table["id"].to_pylist(), table["url"].to_pylist(), strict=True)
        if id in wanted or (url and (url in addresses or _within(url, hosts)))
    ]


def _within(url: str, domains: frozenset[str]) -> bool:
    """Whether the host of a URL is a domain or ends in one."""
    if not domains:
        return False
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return False
    labels = host.split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels)))


def delete(path: Path, ids: Collection[str]) -> Store:
    """Bury documents. They stay away: an update does not bring them back.

    Args:
        path: The store's folder.
        ids: Of live documents, as `matching` finds them.

    Raises:
        StoreError: There is no such document.
        BusyError: Another process is at work on the store.
    """
    Store.open(path)  # before a lock makes the folder
    with atomic.lock(path):
        store = Store.open(path)
        store.rows(ids)
        _settings(store.path, store.manifest)  # before anything is buried
        wanted = frozenset(ids)
        buried = [
            {"id": id, "part": part.name, "row": number, "reason": "deleted"}
            for part in store.parts
            for number, id in _live_ids(store, part)
            if id in wanted
        ]
        file = path / "tombstones.parquet"
        write_rows(file, "tombstones", [*(read_rows(file) if file.is_file() else ()), *buried])
        return _renew(Store.open(path), dict(store.manifest))


def _live_ids(store: Store, part: Part) -> Iterator[tuple[int, str]]:
    """Rows in a part's files, and ids, of its live documents."""
    live = frozenset(store.live_rows(part).tolist())
    for number, row in enumerate(read_rows(store.documents_path(part.name), ("id",))):
        if number in live:
            yield number, row["id"]


def _renew(store: Store, manifest: dict[str, Any]) -> Store:
    """Build FAISS and write the manifest of a store whose rows have changed."""
    changed, settings = Store(store.path, manifest), _settings(store.path, manifest)
    built = {**build_index(changed, settings), "settings": dataclasses.asdict(settings)}
    manifest |= {"index": built, "books": books(changed)}
    atomic.write_json(store.path / "index.json", manifest)
    return Store.open(store.path)


def _settings(path: Path, manifest: Mapping[str, Any]) -> Index:
    with reading(path / "index.json"):
        return Index(**manifest["index"]["settings"])


# -------------------------------------------------------------------------------------- compact


def compact(path: Path) -> Store:
    """Write the parts that hold dead rows anew without them; ids and vectors do not change.

    Raises:
        BusyError: Another process is at work on the store.
    """
    Store.open(path)  # before a lock makes the folder
    with atomic.lock(path):
        store = Store.open(path)
        _settings(path, store.manifest)
        dead = [part for part in store.parts if len(store.live_rows(part)) < part.rows]
        if not dead:
            _forget(store)  # a kill may have come between
            return store
        parts = [_rewritten(store, part) if part in dead else part for part in store.parts]
        manifest = dict(store.manifest) | {"parts": [dataclasses.asdict(p) for p in parts]}
        made = _renew(store, manifest)
        # From here on the manifest no longer names the old files.
        _forget(made)
        return Store.open(path)


def _rewritten(store: Store, part: Part) -> Part:
    import numpy as np
    import pyarrow.parquet as pq

    # The name sorts where the old one did, and two rewritings of one part differ.
    base, _, number = part.name.partition("+")
    name = f"{base}+{int(number or 0) + 1}"
    live = store.live_rows(part)
    with reading(store.documents_path(part.name)):
        table = pq.read_table(store.documents_path(part.name)).take(live)
    with atomic.writing(store.documents_path(name)) as file:
        pq.write_table(table, file, compression="zstd", row_group_size=ROW_GROUP)
    with reading(store.vectors_path(part.name)):
        stored = np.load(store.vectors_path(part.name), mmap_mode="r", allow_pickle=False)
    write_array(store.vectors_path(name), stored[live])
    gone = frozenset(part.gone)
    turned_away = [
        row
        for row in (read_rows(store.rejected_path(part.name)) if part.rejected else ())
        if row["file"] not in gone
    ]
    write_rows(store.rejected_path(name), "rejected", turned_away)
    return dataclasses.replace(
        part,
        name=name,
        rows=len(live),
        rejected=len(turned_away),
        documents_sha256=digest(store.documents_path(name)),
        vectors_sha256=digest(store.vectors_path(name)),
        rejected_sha256=digest(store.rejected_path(name)),
    )


def _forget(store: Store) -> None:
    """Remove files that no part owns, and tombstones without a grave but those that forbid."""
    names = {part.name for part in store.parts}
    file = store.path / "tombstones.parquet"
    if file.is_file():
        rows = [r for r in read_rows(file) if r["part"] in names or r["reason"] == "deleted"]
        write_rows(file, "tombstones", rows)
    for folder in ("documents", "vectors", "rejected"):
        for path in (store.path / folder).glob("part-*"):
            if path.stem.removeprefix("part-") not in names:
                path.unlink()


# ---------------------------------------------------------------------------------------- merge


def merge(paths: Iterable[Path], into: Path, name: str = "") -> Store:
    """Put stores of one encoder together, in their order; of equal ids the first stays.

    Args:
        paths: The stores' folders.
        into: A new folder.
        name: Of the new store; that of its folder if empty.

    Raises:
        EncoderError: Their encoders differ.
        StoreError: There is something at `into`.
    """
    stores = [Store.open(path) for path in paths]
    if not stores:
        raise StoreError("no store to merge")
    for store in stores[1:]:
        if store.manifest["unit"] != stores[0].manifest["unit"]:
            raise StoreError(f"{store.path}: its unit is not that of {stores[0].path}")
        require_same(
            stores[0].manifest["encoder"]["identity"], store.manifest["encoder"]["identity"]
        )
    with atomic.lock(into):
        if (into / "index.json").exists():
            raise StoreError(f"{into}: there is a store already")
        parts, tombstones = [], []
        seen: set[str] = set()
        for number, store in enumerate(stores):
            for part in store.parts:
                parts.append(_copied(store, part, into, f"{number:03d}-{part.name}"))
                rows, ids = _dead(store, part, parts[-1].name, seen)
                tombstones += rows
                seen |= ids
        write_rows(into / "tombstones.parquet", "tombstones", tombstones)
        make_secret(into)
        return _renew(Store(into, {}), _merged(stores, parts, name or into.name))


def _copied(store: Store, part: Part, into: Path, name: str) -> Part:
    for source, folder in (
        (store.documents_path(part.name), "documents"),
        (store.vectors_path(part.name), "vectors"),
        (store.rejected_path(part.name), "rejected"),
    ):
        if source.is_file():
            (into / folder).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, into / folder / f"part-{name}{source.suffix}")
    return dataclasses.replace(part, name=name)


def _dead(
    store: Store, part: Part, name: str, seen: set[str]
) -> tuple[list[dict[str, Any]], set[str]]:
    """Tombstones of a copied part, and the ids that live in it."""
    live = frozenset(store.live_rows(part).tolist())
    rows, ids = [], set()
    for number, row in enumerate(read_rows(store.documents_path(part.name), ("id",))):
        if number in live and row["id"] not in seen:
            ids.add(row["id"])
        else:
            reason = "duplicate:id" if number in live else "stale"
            rows.append({"id": row["id"], "part": name, "row": number, "reason": reason})
    return rows, ids


def _merged(stores: list[Store], parts: list[Part], name: str) -> dict[str, Any]:
    first: Mapping[str, Any] = stores[0].manifest
    return {
        "version": first["version"],
        "name": name,
        "dimensions": first["dimensions"],
        "encoder": first["encoder"],
        "private": any(store.manifest.get("private") for store in stores),
        "unit": first["unit"],
        "plan": {"merged": [dict(store.manifest["plan"]) for store in stores]},
        "parts": [dataclasses.asdict(part) for part in parts],
        "index": {"settings": dict(first["index"]["settings"])},
        "versions": first["versions"],
    }


# ------------------------------------------------------------------------------- runs on a store


def resting_on(run: Run, ids: Collection[str]) -> list[str]:
    """The ids of a run's examples that rest on any of the documents."""
    wanted = frozenset(ids)
    return [row["id"] for row in run.rows("examples") if not wanted.isdisjoint(row["documents"])]


def remove_from(run: Run, ids: Collection[str]) -> int:
    """Take the examples, annotations and rejections that rest on documents out of a run.

    The data set that was exported from it is removed as well, since it holds them: `miner export`
    writes it anew. Their text is blanked in the run's ledger; what was asked stays in its books.

    Returns:
        How many examples were removed.
    """
    wanted, removed = frozenset(ids), 0
    for folder in ("examples", "annotations", "rejected"):
        for part in run.parts(folder):
            rows = list(read_run_rows(part))
            kept = [row for row in rows if wanted.isdisjoint(_documents(row))]
            if len(kept) < len(rows):
                removed += (len(rows) - len(kept)) if folder == "examples" else 0
                write_table(part, kept, schemas()[folder])
    for name in ("dataset", "exports"):
        shutil.rmtree(run.path / name, ignore_errors=True)
    if run.ledger.is_file():
        with Ledger.open(run.ledger) as ledger:
            ledger.forget(ids)
    return removed


def _documents(row: Mapping[str, Any]) -> list[str]:
    return row["documents"] if "documents" in row else [row["document"]]
