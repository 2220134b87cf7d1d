"""A run that begins where an earlier one ended: its rows as they are, its counts, its replies.

Which documents stay chosen, and what is added to them, is `miner.select`'s ([select] extend). Here
the earlier run's annotations, examples and rejections become the first parts of the new run, byte
for byte; only an example whose document reads otherwise by now is turned away, since its spans
could no longer be checked.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.entries import Reused
from miner.errors import StoreError
from miner.ledger import Ledger
from miner.run import Run
from miner.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDERS = ("annotations", "examples", "rejected")
CHANGED = "document_changed"


@dataclass
class Earlier:
    """The run that is extended."""

    run: Run
    store: Store
    """The index as it is now."""
    emptied: Counter[str] = field(default_factory=Counter)
    """By node: documents that have lost every example."""
    turned_away: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By node and task: examples whose document has changed."""

    @classmethod
    def open(cls, place: str, store: Store) -> Earlier:
        """The run in a folder.

        Raises:
            StoreError: It is none, or unfinished.
        """
        run = Run.open(Path(place))
        if not run.finished:
            raise StoreError(f"{place}: is unfinished, so it cannot be extended; finish it first")
        return cls(run, store)

    def parts(self) -> Iterator[dict[str, list[dict[str, Any]]]]:
        """The rows of each part, as they are to stand in the new run."""
        for number in range(len(self.run.parts("rejected"))):
            rows = {folder: list(self.run.part_rows(folder, number)) for folder in FOLDERS}
            self._turn_away_changed(rows)
            yield rows

    def counts(self) -> Counter[tuple[str, ...]]:
        """What the earlier run counted, as miner.rounds counts it, but for what `parts` dropped."""
        manifest, counts = self.run.manifest, Counter[tuple[str, ...]]()
        for what, n in manifest["books"]["tasks"].items():
            counts["tasks", what] = n
        for what in ("annotations", "examples"):
            counts["made", what] = manifest["books"][what]["made"]
            counts["accepted", what] = manifest["books"][what]["accepted"]
        for subject, reasons in manifest["rejected"].items():
            for reason, n in reasons.items():
                counts["rejected", subject, reason] = n
        for task, n in manifest["examples_by_task"].items():
            counts["by_task", task] = n
        for (_, task), n in self.turned_away.items():
            counts["by_task", task] -= n
            counts["accepted", "examples"] -= n
            counts["rejected", "example", CHANGED] += n
        return counts

    def node(self, id: str) -> tuple[int, int, int]:
        """Documents asked of a node, those with examples, and examples; less what was dropped."""
        for node in self.run.manifest["nodes"]:
            if node["node"] == id:
                lost = sum(n for (of, _), n in self.turned_away.items() if of == id)
                productive = node["productive"] - self.emptied[id]
                return node["asked"], productive, node["accepted_examples"] - lost
        return 0, 0, 0

    def lend(self, ledger: Ledger, rows: Mapping[str, list[dict[str, Any]]]) -> None:
        """Take the replies behind some rows over into the new run's ledger, free of charge."""
        ids = {id for row in rows["annotations"] for id in row["request_ids"]}
        missing = sorted(id for id in ids if ledger.find(id) is None)
        if missing and self.run.ledger.is_file():
            with Ledger.open(self.run.ledger, read_only=True) as lender:
                ledger.apply([Reused(lender.request(id)) for id in missing])

    def _turn_away_changed(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        wanted = {id for row in rows["examples"] for id in row["documents"]}
        texts = {id: d.sha256 for id, d in self.store.documents(wanted & self._known).items()}
        kept = [row for row in rows["examples"] if self._holds(row, texts)]
        if len(kept) == len(rows["examples"]):
            return
        nodes = {row["id"]: row["node"] for row in rows["annotations"]}
        for row in rows["examples"]:
            if not self._holds(row, texts):
                node = nodes.get(json.loads(row["annotation"])["id"], "")
                self.turned_away[node, row["task"]] += 1
                rows["rejected"].append(_rejection(row, node))
        self.emptied.update(_lost(rows["examples"], kept, nodes))
        rows["examples"] = kept

    @functools.cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.store.ids)

    @staticmethod
    def _holds(row: Mapping[str, Any], texts: Mapping[str, str]) -> bool:
        pairs = zip(row["documents"], row["document_sha256"], strict=True)
        return all(texts.get(id) == sha for id, sha in pairs)


def _lost(
    before: list[dict[str, Any]], kept: list[dict[str, Any]], nodes: Mapping[str, str]
) -> Counter[str]:
    """By node, the documents that had examples and have none left."""

    def places(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
        ids = ((json.loads(row["annotation"])["id"], row["documents"][0]) for row in rows)
        return {(nodes.get(id, ""), document) for id, document in ids}

    return Counter(node for node, _ in places(before) - places(kept))


def _rejection(row: Mapping[str, Any], node: str) -> dict[str, Any]:
    return {
        "subject": "example",
        "task": row["task"],
        "node": node,
        "document": row["documents"][0],
        "url": row["url"][0],
        "id": row["id"],
        "reason": CHANGED,
        "detail": "its text is another since the run that is extended",
    }
