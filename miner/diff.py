"""What two runs make differently: examples added, removed and changed, each with its cause.

An example's id says task, node, document, place and variant, so that equal ids in two runs are the
same example at two times. The cause is the first step, from the documents down, at which the two
runs part. Reads only.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from miner import changes, recipe
from miner.errors import StoreError
from miner.ledger import Ledger
from miner.run import Run

if TYPE_CHECKING:
    from miner.entries import Entry

EXPORTING = ("exports", "validation", "test")
"""Keys of a recipe that decide how examples are written, and into which split."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One example that is not the same in both runs."""

    what: Literal["added", "removed", "changed"]
    id: str
    task: str
    node: str
    document: str
    cause: str
    detail: str = ""


@dataclass(frozen=True)
class Comparison:
    """All differences, in the order of their ids, and settings that change only how to write."""

    same: int
    differences: tuple[Difference, ...]
    export_settings: tuple[str, ...]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many were added, removed and changed, by cause."""
        table: dict[str, Counter[str]] = {}
        for one in self.differences:
            table.setdefault(one.what, Counter())[one.cause] += 1
        return {what: dict(causes.most_common()) for what, causes in sorted(table.items())}

    def as_table(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "same": self.same,
            "counts": self.counts,
            "export_settings": list(self.export_settings),
            "differences": [asdict(one) for one in self.differences],
        }


def compare(before: Run, after: Run) -> Comparison:
    """Compare two finished runs.

    Raises:
        StoreError: One is unfinished.
    """
    for run in (before, after):
        if not run.finished:
            raise StoreError(f"{run.path}: is unfinished; the same `miner run` goes on from there")
    old, new = _digests(before), _digests(after)
    differ = {id for id in old.keys() | new.keys() if old.get(id) != new.get(id)}
    sides = _Side.open(before, differ), _Side.open(after, differ)
    try:
        found = tuple(_difference(id, *sides) for id in sorted(differ))
    finally:
        for side in sides:
            side.close()
    return Comparison(len(old.keys() & new.keys() - differ), found, _export_settings(before, after))


def _digests(run: Run) -> dict[str, bytes]:
    """A hash of each example, by its id."""

    def digest(row: Mapping[str, Any]) -> bytes:
        return hashlib.blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=16).digest()

    return {row["id"]: digest(row) for row in run.rows("examples")}


def _export_settings(before: Run, after: Run) -> tuple[str, ...]:
    tables = [recipe.read_toml(run.path / "recipe.toml") for run in (before, after)]
    old, new = (changes.flat({k: t[k] for k in EXPORTING if k in t}) for t in tables)
    return tuple(
        f"{key}: {old.get(key)!r}, then {new.get(key)!r}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    )


# ------------------------------------------------------------------------------------- causes


@dataclass
class _Side:
    """What one run has of the examples that differ."""

    run: Run
    examples: dict[str, dict[str, Any]]
    annotations: dict[str, dict[str, Any]] = field(default_factory=dict)
    rejected: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """By task and document."""
    places: dict[tuple[str, str], int] = field(default_factory=dict)
    """Node and document to the place in the node's queue."""
    asked: dict[str, int] = field(default_factory=dict)
    requests: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    ledger: Ledger | None = None

    @classmethod
    def open(cls, run: Run, ids: set[str]) -> _Side:
        side = cls(run, {row["id"]: row for row in run.rows("examples") if row["id"] in ids})
        side.annotations = {row["id"]: row for row in run.rows("annotations")} if ids else {}
        for row in run.rejected() if ids else ():
            side.rejected.setdefault((row["task"], row["document"]), []).append(row)
        for node in run.selection().nodes:
            queue = node.chosen + node.spares
            side.places |= {(node.node, c.document): i for i, c in enumerate(queue)}
        side.asked = {node["node"]: node["asked"] for node in run.manifest["nodes"]}
        if run.ledger.is_file() and ids:
            side.ledger = Ledger.open(run.ledger, read_only=True)
            side.requests = side.ledger.by_document()
        return side

    def close(self) -> None:
        if self.ledger:
            self.ledger.close()

    def request(self, id: str) -> Entry | None:
        known = self.ledger is not None and self.ledger.find(id) is not None
        return self.ledger.request(id) if self.ledger and known else None


def _difference(id: str, before: _Side, after: _Side) -> Difference:
    here, there = (before, after) if id in before.examples else (after, before)
    row = here.examples[id]
    annotation = here.annotations.get(json.loads(row["annotation"])["id"], {})
    node, document = annotation.get("node", ""), row["documents"][0]
    if id in before.examples and id in after.examples:
        what: Literal["added", "removed", "changed"] = "changed"
    else:
        what = "removed" if here is before else "added"
    cause, detail = next(_causes(row, annotation, node, here, there))
    return Difference(what, id, row["task"], node, document, cause, detail)


def _causes(
    row: Mapping[str, Any], annotation: Mapping[str, Any], node: str, here: _Side, there: _Side
) -> Iterator[tuple[str, str]]:
    """Where the other side parts from this one; the first is the cause."""
    yield from _not_asked(row, annotation, node, there)
    yield from _asked_otherwise(row, annotation, here, there)
    yield from _placed_otherwise(row, annotation, node, here, there)
    yield from _read_otherwise(row, annotation, there)
    yield from _composed_otherwise(row, there)


def _not_asked(
    row: Mapping[str, Any], annotation: Mapping[str, Any], node: str, there: _Side
) -> Iterator[tuple[str, str]]:
    if row["task"] not in there.run.manifest["tasks"]:
        yield "task left out", ""
    documents = annotation.get("documents") or row["documents"]
    places = [there.places[node, d] for d in documents if (node, d) in there.places]
    if not places:
        yield "document not selected", ""
    elif min(places) >= there.asked.get(node, 0):
        yield "document not asked", "the node had enough before its turn"


def _asked_otherwise(
    row: Mapping[str, Any], annotation: Mapping[str, Any], here: _Side, there: _Side
) -> Iterator[tuple[str, str]]:
    for id in annotation.get("request_ids", ()):
        mine, theirs = here.request(id), there.request(id)
        if mine is None:
            continue
        if theirs is None:
            yield _request_changed(mine, row, there)
        elif mine.text != theirs.text:
            yield "reply changed", id


def _request_changed(mine: Entry, row: Mapping[str, Any], there: _Side) -> tuple[str, str]:
    """Why a request of one run was never made by the other."""
    for id in there.requests.get((row["task"], mine.document), ()):
        theirs = there.request(id)
        if theirs is None:
            continue
        if theirs.model != mine.model:
            return "model changed", f"{mine.model}, {theirs.model}"
        if theirs.prompt_version != mine.prompt_version:
            return "prompt changed", f"{mine.prompt_version}, {theirs.prompt_version}"
        return "request changed", f"{mine.id}, {theirs.id}"
    return "not asked", mine.id


def _placed_otherwise(
    row: Mapping[str, Any], annotation: Mapping[str, Any], node: str, here: _Side, there: _Side
) -> Iterator[tuple[str, str]]:
    """Some tasks take turns by a document's rank: their annotations move when ranks do."""
    if annotation.get("id") not in there.annotations:
        places = [side.places.get((node, row["documents"][0])) for side in (here, there)]
        if places[0] != places[1]:
            yield "rank changed", f"{places[0]}, {places[1]}"


def _read_otherwise(
    row: Mapping[str, Any], annotation: Mapping[str, Any], there: _Side
) -> Iterator[tuple[str, str]]:
    other = there.annotations.get(annotation.get("id", ""))
    if other is None:
        refused = there.rejected.get((row["task"], row["documents"][0]), ())
        for found in refused:
            if found["id"] == annotation.get("id"):
                yield "check changed", found["reason"]
        for found in refused:
            if found["subject"] in {"task", "annotation"} and not found["id"]:
                yield "parser changed", found["reason"]
        yield "parser changed", ""
    elif other["finding"] != annotation.get("finding"):
        yield "parser changed", "the finding is another"


def _composed_otherwise(row: Mapping[str, Any], there: _Side) -> Iterator[tuple[str, str]]:
    other = there.examples.get(row["id"])
    if other is not None:
        differ = sorted(name for name in row if row[name] != other[name])
        settings = set(differ) <= {"split", "group"}
        yield "export settings" if settings else "composing changed", ", ".join(differ)
    for found in there.rejected.get((row["task"], row["documents"][0]), ()):
        if found["id"] == row["id"]:
            full = found["reason"] == "surplus"
            yield "node was full" if full else "check changed", found["reason"]
    yield "composing changed", "not made"
