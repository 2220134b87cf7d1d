"""What the looking-in commands show: one example and its origin, rejections, how far work has come.

Reads only, so it is safe while another process writes: parts and manifests appear whole.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from miner.errors import StoreError, choices
from miner.ledger import Ledger
from miner.run import Run
from miner.store import Store
from miner.types import Candidate, Document, Example

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """An example, and everything that it came from."""

    example: Example
    documents: Mapping[str, Document]
    candidates: tuple[Candidate, ...]
    requests: tuple[Mapping[str, Any], ...]
    """What was asked of a model and what it answered; empty for rules."""


def example(run: Run, store: Store, id: str | None) -> Origin:
    """Trace an example back; the first one if no id is given. The start of an id will do.

    Raises:
        StoreError: There is no such example, or there are several.
    """
    ids, begins = [], []
    for found in run.examples():
        if id in (None, found.id):
            return _origin(run, store, found)
        ids.append(found.id)
        if found.id.startswith(str(id)):
            begins.append(found)
    if not ids:
        raise StoreError(f"{run.path}: holds no examples yet: miner status {run.path}")
    if len(begins) == 1:
        return _origin(run, store, begins[0])
    raise _unclear(run.path, "example", str(id), [e.id for e in begins], ids)


def _origin(run: Run, store: Store, found: Example) -> Origin:
    chosen = tuple(
        candidate
        for node in run.selection().nodes
        for candidate in node.candidates
        if candidate.document in found.documents and candidate.status != "passed_over"
    )
    requests: list[Mapping[str, Any]] = []
    if found.request_ids:
        with Ledger.open(run.ledger, read_only=True) as ledger:
            requests = [asdict(ledger.request(key)) for key in found.request_ids]
    return Origin(found, store.documents(list(found.documents)), chosen, tuple(requests))


def document(store: Store, id: str | None) -> Document:
    """A document of a store; the first one if no id is given. The start of an id will do.

    Raises:
        StoreError: There is no such document, or there are several.
    """
    ids = store.ids
    if id is None:
        if not ids:
            raise StoreError(f"{store.path}: holds no documents")
        id = ids[0]
    if id not in ids:
        begins = [known for known in ids if known.startswith(id)]
        if len(begins) != 1:
            raise _unclear(store.path, "document", id, begins, ids)
        id = begins[0]
    return store.document(id)


def _unclear(
    path: Path, what: str, id: str, begins: Sequence[str], ids: Sequence[str]
) -> StoreError:
    if begins:
        found = ", ".join(begins[:5])
        return StoreError(f"{path}: {len(begins)} {what}s begin with '{id}': {found}")
    return StoreError(f"{path}: no {what} '{id}'; {choices(id, ids[:20])}")


def as_table(shown: Origin | Document) -> dict[str, Any]:
    """As plain JSON values."""
    table: dict[str, Any] = json.loads(json.dumps(asdict(shown), default=str))
    return table


def rejected(
    where: Store | Run, reason: str, limit: int
) -> tuple[Mapping[str, int], list[dict[str, Any]]]:
    """How often each reason occurs, and the first rows of one (or of all)."""
    counts: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for row in where.rejected():
        counts[row["reason"]] += 1
        if len(rows) < limit and _fits(row["reason"], reason):
            rows.append(row)
    if reason and not rows:
        raise StoreError(
            f"{where.path}: nothing rejected for '{reason}'; {choices(reason, counts)}"
        )
    return dict(counts.most_common()), rows


def _fits(reason: str, wanted: str) -> bool:
    return not wanted or reason == wanted or reason.startswith(f"{wanted}:")


def status(where: Path) -> dict[str, Any]:
    """How far a run or an index has come, as a flat table."""
    if (where / "recipe.toml").is_file():
        return _run_status(Run.open(where))
    if (where / "index.json").is_file():
        store = Store.open(where)
        books = store.manifest.get("books", {})
        return {"path": str(where), "state": "done", "documents": len(store), **books}
    if not where.is_dir():
        raise StoreError(f"{where}: no such folder")
    markers = Counter(_phase(path) for path in where.rglob("*.done"))
    return {
        "path": str(where),
        "state": "unfinished",
        **{f"{k}_shards": n for k, n in markers.items()},
    }


def _phase(marker: Path) -> str:
    return marker.parent.name


def _run_status(run: Run) -> dict[str, Any]:
    state: dict[str, Any] = {
        "path": str(run.path),
        "state": run.manifest.get("state", "unfinished"),
        "selected": (run.path / "selection.parquet").is_file(),
        "parts": len(run.parts("examples")),
        "examples": _length(run.rows("examples")),
        "rejected": _length(run.rows("rejected")),
    }
    if run.ledger.is_file():
        with Ledger.open(run.ledger, read_only=True) as ledger:
            state["requests"] = ledger.books()
    return state


def _length(rows: Iterator[object]) -> int:
    return sum(1 for _ in itertools.islice(rows, None))
