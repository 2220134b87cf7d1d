"""What became of each candidate of a node, told so that a person can check it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from miner.select.membership import Members
from miner.select.pools import Pools
from miner.select.settings import Corpus, Select
from miner.types import Candidate, Node

LOOKED = 50
"""Candidates gone through for them, beyond those that were taken."""
LEAST_SURE = 3
"""Members just above the floor that are kept in any case: people judge the floor by them too."""
SHOWN = 5
"""Refused documents kept per node and reason: enough for people to judge the floor by."""


@dataclass(frozen=True)
class Account:
    """One node's candidates and their reasons."""

    number: int
    nodes: Sequence[Node]
    store: Corpus
    query: NDArray[np.float32]
    members: Members
    pools: Pools
    settings: Select

    def kept(self, quota: int) -> list[Candidate]:
        """What the selection that is extended took, with its numbers and ranks.

        A spare that was drawn on is chosen where the quota has room for it now.
        """
        before = self.pools.earlier.chosen.get(self.number, ())
        return [replace(c, status="chosen") if c.rank < quota else c for c in before]

    def taken(
        self, rows: Sequence[int], status: Literal["chosen", "spare"], first: int
    ) -> list[Candidate]:
        """The chosen or the spares, ranked from `first` on."""
        ranks = range(first, first + len(rows))
        return list(self._candidates(rows, status, ranks, [""] * len(rows)))

    def passed_over(self, taken: set[int]) -> Iterator[Candidate]:
        """The surest documents not taken, a few per reason, and the least sure members."""
        shown: dict[str, int] = {}
        rows, reasons = [], []
        for row, probability in self._considered(len(taken)):
            if row in taken:
                continue
            word, detail = self.reason(row, probability)
            if shown.setdefault(word, 0) < SHOWN:
                shown[word] += 1
                rows.append(row)
                reasons.append(f"{word}: {detail}")
        for row in self.pools.population(self.number)[-LEAST_SURE:].tolist():
            if row not in taken and row not in rows:
                rows.append(row)
                reasons.append(": ".join(self.reason(row, 1.0)))
        return self._candidates(rows, "passed_over", [-1] * len(rows), reasons)

    def _considered(self, taken: int) -> Iterator[tuple[int, float]]:
        """The surest of a node above the floor, some of them taken, and the next below it."""
        here = self.members.of(self.number)
        probabilities = self.members.probabilities[here]
        above = int(np.searchsorted(-probabilities, -self.settings.floor, side="right"))
        for part in (slice(0, min(above, 3 * taken + LOOKED)), slice(above, above + LOOKED)):
            yield from zip(
                self.members.rows[here][part].tolist(), probabilities[part].tolist(), strict=True
            )

    def why_underfilled(self, chosen: int, unread: str = "") -> str:
        """Why fewer than the quota were chosen, in numbers; `unread`: why none could be."""
        if unread:
            return f"{chosen} of {self.pools.quotas[self.number]}: {unread}"
        population = self.pools.population(self.number).tolist()
        repeats = sum(row in self.pools.repeats for row in population)
        elsewhere = sum(self.pools.owner.get(row, self.number) != self.number for row in population)
        here = self.members.of(self.number)
        above = int((self.members.probabilities[here] >= self.settings.floor).sum())
        barred = Counter(
            self.pools.constraints.reason(row) for row in self.members.rows[here][:above].tolist()
        )
        del barred[""]
        capped = sum(
            row not in self.pools.owner
            and row not in self.pools.repeats
            and bool(self.pools.capped(row))
            for row in population
        )
        one = "document reaches" if above == 1 else "documents reach"
        parts = [f"{above} {one} the floor of {self.settings.floor:.2f}"]
        parts += [f"{count} of them left out ({reason})" for reason, count in barred.items()]
        if repeats:
            parts.append(f"{repeats} of them repeat{'s' * (repeats == 1)} others")
        if elsewhere:
            parts.append(f"{elsewhere} went to other nodes")
        if capped:
            parts.append(f"{capped} beyond the most of one site or source")
        return f"{chosen} of {self.pools.quotas[self.number]}: " + ", ".join(parts)

    def reason(self, row: int, probability: float) -> tuple[str, str]:
        """Why a member was not taken: a word to count by, and what stands behind it."""
        if probability < self.settings.floor:
            return "below_floor", f"{probability:.3f} < {self.settings.floor:g}"
        if barred := self.pools.constraints.reason(row):
            word, _, detail = barred.partition(": ")
            return word, detail
        if (original := self.pools.repeats.get(row)) is not None:
            return "near_duplicate", f"of {self.store.ids[original]}"
        if (owner := self.pools.owner.get(row, self.number)) != self.number:
            return "owned_elsewhere", f"by {self.nodes[owner].id}"
        if row not in self.pools.owner and (cap := self.pools.capped(row)):
            return "capped", f"{cap} are taken"
        return "not_needed", "quota and spares are filled with surer documents"

    def _candidates(
        self,
        rows: Sequence[int],
        status: Literal["chosen", "spare", "passed_over"],
        ranks: Sequence[int],
        reasons: Sequence[str],
    ) -> Iterator[Candidate]:
        cosines = self.store.vectors(np.array(rows, dtype=np.int64)) @ self.query
        probabilities = self.members.probability_of(self.number, rows).tolist()
        margins = self.members.margin_of(self.number, rows).tolist()
        for i, row in enumerate(rows):
            yield Candidate(
                self.store.ids[row],
                self.nodes[self.number].id,
                status,
                ranks[i],
                probabilities[i],
                round(margins[i], 4),
                round(float(cosines[i]), 4),
                reasons[i],
            )
