"""Which examples people read: an even draw over tasks and nodes, the same for every reviewer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from miner.errors import UsageError, choices

if TYPE_CHECKING:
    from miner.types import Example

COLUMNS = ("task", "node", "style", "format", "language", "model", "split")


def draw(
    examples: Iterable[Example], sample: int, by: Sequence[str] = ("task", "node"), seed: int = 0
) -> list[Example]:
    """Take examples in turn from every stratum, those with few as well as those with many.

    Args:
        examples: All of a run's.
        sample: How many are wanted; fewer if there are fewer.
        by: Columns whose values make the strata.
        seed: Of the draw. Reviewers with the same seed read the same examples.

    Raises:
        UsageError: A column is none of COLUMNS.
    """
    for column in by:
        if column not in COLUMNS:
            raise UsageError(f"--by {column}; {choices(column, COLUMNS)}")
    strata: dict[tuple[object, ...], list[tuple[bytes, Example]]] = {}
    for example in examples:
        key = tuple(getattr(example, column) for column in by)
        place = hashlib.sha256(f"{seed}|review|{example.id}".encode()).digest()
        strata.setdefault(key, []).append((place, example))
    ordered = [sorted(strata[key], key=lambda item: item[0]) for key in sorted(strata, key=str)]
    # Strata take turns; which of them comes first is drawn too, so that few rounds stay fair.
    ordered.sort(key=lambda stratum: stratum[0][0])
    drawn: list[Example] = []
    depth = 0
    while len(drawn) < sample and any(depth < len(stratum) for stratum in ordered):
        drawn += [stratum[depth][1] for stratum in ordered if depth < len(stratum)]
        depth += 1
    return drawn[:sample]
