"""Why a document was chosen or passed over, in one paragraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from miner.errors import SelectionError, choices
from miner.select.before import selected_before
from miner.select.constraints import read_constraints
from miner.select.scoring import score

if TYPE_CHECKING:
    from miner.select.settings import Corpus, Select
    from miner.types import Encoder, Selection, Taxonomy


def explain(
    store: Corpus,
    taxonomy: Taxonomy,
    encoder: Encoder,
    settings: Select,
    selection: Selection,
    document: str,
) -> str:
    """One paragraph on one document.

    Args:
        store: The corpus.
        taxonomy: What was selected for.
        encoder: The store's.
        settings: Those of the selection.
        selection: What came of them.
        document: An id.

    Raises:
        SelectionError: No such document.
    """
    ids = store.ids
    if document not in set(ids):
        near = sorted(ids, key=lambda other: (other[:4] != document[:4], other))[:5]
        raise SelectionError(f"no document '{document}'; {choices(document, near)}")
    row = list(ids).index(document)
    told = [_fate(taxonomy, selection, document)]
    if (reason := _barred(store, settings, row)) and not told[0].startswith("Chosen"):
        told.append(f"It could not be selected: {reason}.")
    if not settings.domain or len(taxonomy) > 1:
        told.append(_standing(store, taxonomy, encoder, settings, row))
    return f"{document}: " + " ".join(filter(None, told))


def _fate(taxonomy: Taxonomy, selection: Selection, document: str) -> str:
    for node in selection.nodes:
        for candidate in node.candidates:
            if candidate.document != document or candidate.status == "passed_over":
                continue
            path = " > ".join(taxonomy.path(node.node))
            place = candidate.rank + 1
            told = f"with membership {candidate.probability:.2f} and margin {candidate.margin:.2f}"
            if candidate.status == "chosen":
                return f"Chosen for {path} as number {place} of {len(node.chosen)}, {told}."
            spare = place - len(node.chosen)
            return f"A spare of {path}, number {spare} of {len(node.spares)}, {told}."
    passed = [
        f"{' > '.join(taxonomy.path(c.node))} ({c.reason})"
        for node in selection.nodes
        for c in node.having("passed_over")
        if c.document == document
    ]
    return f"Passed over by {'; '.join(passed)}." if passed else "Selected for no node."


def _barred(store: Corpus, settings: Select, row: int) -> str:
    constraints = read_constraints(store, settings, selected_before(settings.exclude))
    return constraints.reason(row)


def _standing(
    store: Corpus, taxonomy: Taxonomy, encoder: Encoder, settings: Select, row: int
) -> str:
    """What it is nearest to, and why that was or was not enough."""
    nodes = taxonomy.leaves
    scored = score(store, taxonomy, nodes, encoder, settings)
    best = [int(i) for i in scored.ranked.nodes[row]]
    scores = [float(s) for s in scored.ranked.scores[row]]
    listed = ", ".join(
        f"{nodes[i].name} {s:+.2f}" for i, s in zip(best[:3], scores[:3], strict=True)
    )
    told = f"Its best nodes, in standard deviations above the corpus' mean, are {listed}."
    here = np.flatnonzero((scored.members.rows == row) & (scored.members.nodes == best[0]))
    if not len(here):
        return f"{told} It stands out for none of them."
    probability = float(scored.members.probabilities[here[0]])
    if probability < settings.floor:
        return (
            f"{told} Its membership in {nodes[best[0]].name} is {probability:.2f}, below the floor "
            f"of {settings.floor:.2f}: the next best is too near."
        )
    before = int((scored.members.probabilities[scored.members.of(best[0])] > probability).sum())
    return (
        f"{told} Its membership in {nodes[best[0]].name} is {probability:.2f}; {before} documents "
        "are surer."
    )
