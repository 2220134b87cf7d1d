"""Which labels of a guideline are easily confused, by an encoder: hard negatives.

IEPile has them from a dictionary of similar labels. Ours is the list `near` of each label, which
people edit; proposed here are the labels whose name and meaning lie nearest to it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from miner.proposals.library import Entry, entry

if TYPE_CHECKING:
    from miner.compose.guidelines import Guideline
    from miner.types import Encoder


def near(
    guideline: Guideline, encoder: Encoder, *, when: str, cosine: float = 0.3, most: int = 2
) -> list[Entry]:
    """The guideline's labels with further labels in `near`.

    Args:
        guideline: Of two labels at least.
        encoder: Of the index.
        when: UTC, ISO 8601.
        cosine: From which on two labels may be confused.
        most: Labels in a label's list, those that are there already counted.

    Returns:
        A proposal for each label that gets a new one.
    """
    labels = guideline.labels
    vectors = encoder.encode([f"{label.name}: {label.definitions[0]}" for label in labels])
    alike = vectors @ vectors.T
    made = []
    for i, label in enumerate(labels):
        order = sorted(range(len(labels)), key=lambda j, i=i: (-float(alike[i, j]), j))  # type: ignore[misc]
        others = [j for j in order if j != i and labels[j].name not in label.near]
        new = [j for j in others if alike[i, j] >= cosine][: max(0, most - len(label.near))]
        if new:
            body: dict[str, Any] = {"find": guideline.kind}
            body |= {
                k: list(v) if isinstance(v, tuple) else v for k, v in asdict(label).items() if v
            }
            body["near"] = [*label.near, *(labels[j].name for j in new)]
            why = ", ".join(f"{labels[j].name}: cosine {alike[i, j]:.2f}" for j in new)
            made.append(entry("label", guideline.name, body, "near", when, why))
    return made
