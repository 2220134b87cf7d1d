"""Why a document was chosen or passed over, in one paragraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from miner.errors import SelectionError, choices
from miner.select.account import Account
from miner.select.choose import work
from miner.select.queries import DOMAIN
from miner.select.reasons import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from miner.select.settings import Corpus, Select
    from miner.select.worked import Worked
    from miner.types import Encoder, Selection, Taxonomy

TOLD = 3
"""Nodes of which it is told why they did not take the document."""


def explain(
    store: Corpus,
    taxonomy: Taxonomy,
    encoder: Encoder,
    settings: Select,
    selection: Selection,
    document: str,
) -> str:
    """One paragraph on one document. The selection is made once more for it.

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
    worked = work(store, taxonomy, encoder, settings)
    told = _Told(store, taxonomy, worked, settings, row)
    fate = _fate(taxonomy, selection, document)
    sentences = [fate, told.standing()] if fate else told.passed_over()
    return f"{document}: " + " ".join(filter(None, sentences))


def _fate(taxonomy: Taxonomy, selection: Selection, document: str) -> str:
    """For a document that was taken: by which node, and in which place."""
    for node in selection.nodes:
        for candidate in node.candidates:
            if candidate.document != document or candidate.status == "passed_over":
                continue
            path, place = " > ".join(taxonomy.path(node.node)), candidate.rank + 1
            if candidate.status == "chosen":
                return f"Chosen for {path}, as number {place} of {len(node.chosen)}."
            spare = place - len(node.chosen)
            return (
                f"A spare of {path}, number {spare} of {len(node.spares)}: it is used when a "
                "chosen document yields nothing."
            )
    return ""


class _Told:
    """What can be said of one document."""

    def __init__(
        self, store: Corpus, taxonomy: Taxonomy, worked: Worked, settings: Select, row: int
    ) -> None:
        self.store, self.taxonomy, self.worked, self.row = store, taxonomy, worked, row
        self.settings, self.floor = settings, worked.pools.settings.floor
        members = worked.scored.members
        found = np.flatnonzero(members.rows == row)
        found = found[np.argsort(-members.probabilities[found], kind="stable")]
        self.memberships = [
            (int(members.nodes[i]), float(members.probabilities[i])) for i in found.tolist()
        ]
        self.domain_alone = [node.id for node in worked.nodes] == [DOMAIN]

    def name(self, node: int) -> str:
        return " > ".join(self.taxonomy.path(self.worked.nodes[node].id))

    def standing(self) -> str:
        """How it stands among the nodes: its membership, and where that comes from."""
        sure = self.memberships[0][1] if self.memberships else 0.0
        if self.domain_alone:
            return f"Its probability of the domain is {sure:.2f}, the floor {self.floor:.2f}."
        ranked, candidates = self.worked.scored.ranked, self.worked.scored.candidates
        place = int(ranked.places_of(np.array([self.row]))[0])
        if candidates and place < 0:
            return (
                "It was not scored: the index's FAISS names it among the "
                f"{candidates.reach:,} documents nearest to no node (candidates)."
            )
        best = [(int(i), float(s)) for i, s in zip(ranked.nodes[place], ranked.scores[place],
                                                   strict=True)]  # fmt: skip
        first = f"It is nearest to {self.name(best[0][0])}, {best[0][1]:+.2f} standard deviations"
        first += " from the corpus' mean"
        rest = ", ".join(f"{self.name(i)} {score:+.2f}" for i, score in best[1:3])
        first += f"; then come {rest}." if rest else "."
        if not self.memberships:
            return f"{first} That sets it apart for none of them."
        node, sure = self.memberships[0]
        return f"{first} Its membership in {self.name(node)} is {sure:.3f}."

    def passed_over(self) -> Iterator[str]:
        """Why no node took it, the likeliest nodes first."""
        if barred := self.worked.pools.constraints.reason(self.row):
            yield f"Not chosen: {said(barred)}."
            yield self.standing()
            return
        within = [(node, sure) for node, sure in self.memberships if sure >= self.floor]
        yield (
            "Not chosen."
            if within
            else (
                f"Not chosen: it belongs to no node surely enough (the floor is {self.floor:.2f})."
            )
        )
        yield self.standing()
        for node, sure in within[:TOLD]:
            yield self._refused(node, sure)

    def _refused(self, node: int, sure: float) -> str:
        """Why a node did not take a document that belongs to it."""
        worked, pools = self.worked, self.worked.pools
        queries, members = worked.scored.queries, worked.scored.members
        account = Account(
            node, worked.nodes, self.store, queries[node], members, pools, self.settings
        )
        word, detail = account.reason(self.row, sure)
        name = self.name(node)
        if word == "near_duplicate":
            original = pools.repeats[self.row]
            owner = pools.owner.get(original)
            kept = f", which {self.name(owner)} has" if owner is not None else ", which is surer"
            return f"For {name} it repeats {self.store.ids[original]}{kept}."
        if word == "owned_elsewhere":
            return f"{name} went without it: {self.name(pools.owner[self.row])} has it."
        if word == "capped":
            return f"{name} could not take it: {detail}, which is all that the recipe allows."
        surer = int((members.probabilities[members.of(node)] > sure).sum())
        chosen = len(worked.selection.nodes[node].chosen)
        spares = len(worked.selection.nodes[node].spares)
        return (
            f"{name} chose {chosen} documents and {spares} spares without it; {surer} "
            f"{'is' if surer == 1 else 'are'} surer."
        )
