"""Precision, recall and F1 by label, with intervals, and what was missed and what was wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from miner.checks.findings import Item, items
from miner.verdicts import wilson

if TYPE_CHECKING:
    from miner.types import Finding, Span

RESAMPLES = 300
LISTED = 40
"""Missed and wrong items that are listed."""


def covered(finding: Finding, texts: Sequence[Span]) -> list[Item]:
    """The gold items that lie within the texts that a task looked at.

    A task reads so many passages of a document; what stands elsewhere it could not have found.
    """
    return [
        item
        for item in items(finding)
        if all(any(t.start <= a and b <= t.end for t in texts) for a, b in item[1])
    ]


@dataclass
class Score:
    """Counts over documents, kept apart so that they can be resampled."""

    rows: list[tuple[Counter[str], Counter[str], Counter[str]]] = field(default_factory=list)
    """A document's found-and-true, wrong and missed items, by label."""
    missed: list[dict[str, str]] = field(default_factory=list)
    wrong: list[dict[str, str]] = field(default_factory=list)

    def add(self, document: str, true: Iterable[Item], found: Iterable[Item]) -> None:
        """Compare one document's findings with gold; equal are label and places."""
        wanted = {item[:2]: item for item in true}
        got = {item[:2]: item for item in found}
        hits = wanted.keys() & got.keys()
        missed = [wanted[key] for key in sorted(wanted.keys() - hits)]
        wrong = [got[key] for key in sorted(got.keys() - hits)]
        counts = (
            Counter(label for label, _ in hits),
            Counter(item[0] for item in wrong),
            Counter(item[0] for item in missed),
        )
        self.rows.append(counts)
        for target, listed in ((self.missed, missed), (self.wrong, wrong)):
            for label, _, words in listed[: LISTED - len(target)]:
                target.append({"document": document, "label": label, "text": words})

    @property
    def labels(self) -> list[str]:
        """All labels that occur, in order."""
        return sorted({label for row in self.rows for counts in row for label in counts})

    def figures(self, seed: int = 0) -> dict[str, Any]:
        """Scores by label and over all, as plain numbers."""
        return {
            "documents": len(self.rows),
            "all": self._of(None, seed),
            "by_label": {label: self._of(label, seed) for label in self.labels},
            "missed": self.missed,
            "wrong": self.wrong,
        }

    def _of(self, label: str | None, seed: int) -> dict[str, Any]:
        rows = [tuple(_count(counts, label) for counts in row) for row in self.rows]
        hits, wrong, missed = _sums(rows)
        rng = random.Random(seed)
        resampled = sorted(
            f1(*_sums(rng.choices(rows, k=len(rows)))) for _ in range(RESAMPLES if rows else 0)
        )
        edge = len(resampled) // 40  # 2.5 % at either end
        return {
            "found": hits,
            "wrong": wrong,
            "missed": missed,
            "precision": hits / (hits + wrong) if hits + wrong else 0.0,
            "precision_95": list(wilson(hits, hits + wrong)),
            "recall": hits / (hits + missed) if hits + missed else 0.0,
            "recall_95": list(wilson(hits, hits + missed)),
            "f1": f1(hits, wrong, missed),
            "f1_95": [resampled[edge], resampled[-edge - 1]] if resampled else [0.0, 1.0],
        }


def _sums(rows: Sequence[tuple[int, ...]]) -> tuple[int, int, int]:
    hits, wrong, missed = (sum(row[i] for row in rows) for i in range(3))
    return hits, wrong, missed


def _count(counts: Counter[str], label: str | None) -> int:
    return counts.total() if label is None else counts[label]


def f1(hits: int, wrong: int, missed: int) -> float:
    """The harmonic mean of precision and recall; 0 where nothing is found."""
    return 2 * hits / (2 * hits + wrong + missed) if hits else 0.0
