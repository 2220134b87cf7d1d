"""Earlier selections: one that a new one goes on from, and those whose documents it leaves out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from miner.errors import SelectionError, choices
from miner.types import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from miner.run import Run
    from miner.select.settings import Corpus
    from miner.types import Node


@dataclass(frozen=True)
class Earlier:
    """What stays of the selection that is extended, by the number of a node; empty without one."""

    chosen: Mapping[int, tuple[Candidate, ...]] = field(default_factory=dict)
    """In rank order, with the numbers that they had."""
    rows: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Their rows in the index."""
    quotas: Mapping[int, int] = field(default_factory=dict)
    """How many each node had chosen: no quota falls below that."""

    def rows_of(self, node: int) -> tuple[int, ...]:
        """A node's, in rank order."""
        return self.rows.get(node, ())

    @property
    def all_rows(self) -> list[int]:
        """Those of all nodes."""
        return [row for rows in self.rows.values() for row in rows]


def selected_before(places: Sequence[str]) -> frozenset[str]:
    """Ids of the documents that runs chose, or that files list one a line.

    Raises:
        SelectionError: A place is neither a run with a selection nor a file.
        StoreError: A run has selected nothing yet.
    """
    from miner.run import Run

    ids: set[str] = set()
    for place in places:
        path = Path(place)
        if path.is_dir():
            for node in Run.open(path).selection().nodes:
                ids.update(candidate.document for candidate in node.chosen)
        elif path.is_file():
            ids.update(filter(None, map(str.strip, path.read_text("utf-8").splitlines())))
        else:
            raise SelectionError(f"[select] exclude: {place}: neither a run nor a file of ids")
    return frozenset(ids)


def earlier(place: str, store: Corpus, nodes: Sequence[Node]) -> Earlier:
    """What a run chose, and the spares that mining drew on; nothing where no run is named.

    Args:
        place: A run's folder, or nothing.
        store: Holds all its documents still.
        nodes: Those that are selected for now, all of the run's among them.

    Raises:
        SelectionError: The run had a node that is not here, or a document that the index lacks.
        StoreError: The folder holds no run, or the run has selected nothing yet.
    """
    from miner.run import Run

    if not place:
        return Earlier()
    run = Run.open(place)
    numbers = {node.id: number for number, node in enumerate(nodes)}
    drawn = _drawn(run)
    chosen: dict[int, tuple[Candidate, ...]] = {}
    quotas: dict[int, int] = {}
    for node in run.selection().nodes:
        if not node.chosen:
            continue
        if node.node not in numbers:
            raise SelectionError(
                f"[select] extend: {place} selected for node '{node.node}', which the taxonomy "
                f"lacks; {choices(node.node, _near(node.node, numbers))}"
            )
        number, count = numbers[node.node], len(node.chosen)
        chosen[number] = (node.chosen + node.spares)[: max(count, drawn.get(node.node, 0))]
        quotas[number] = count
    return Earlier(chosen, _located(place, store, chosen), quotas)


def _near(name: str, known: Iterable[str]) -> list[str]:
    known = list(known)
    return difflib.get_close_matches(name, known, n=5) or known[:5]


def _drawn(run: Run) -> dict[str, int]:
    """Candidates that mining asked of each node; none while a run has not been mined."""
    nodes = run.manifest.get("nodes", [])
    return {entry["node"]: entry["asked"] for entry in nodes}


def _located(
    place: str, store: Corpus, chosen: Mapping[int, tuple[Candidate, ...]]
) -> dict[int, tuple[int, ...]]:
    wanted = {c.document for candidates in chosen.values() for c in candidates}
    rows = {id: row for row, id in enumerate(store.ids) if id in wanted}
    if lost := sorted(wanted - rows.keys()):
        raise SelectionError(
            f"[select] extend: {place} chose {len(lost)} documents that this index lacks, as "
            f"'{lost[0]}'; extend over the index that it was made from or one grown from it"
        )
    return {
        number: tuple(rows[c.document] for c in candidates) for number, candidates in chosen.items()
    }
