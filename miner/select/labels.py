"""What people say of documents, yes or no: a few labels make a probability of membership.

The logistic curve is fitted to the labels with a prior at the default curve, worth a few labels, so
that ten labels bend it and a hundred replace it (Platt, 1999, with a prior in place of his
targets).
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from miner.errors import SelectionError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from miner.select.membership import Curve
    from miner.types import Candidate, Selection

PRIOR = 5.0
"""Weight of the default curve, in labels."""
DRAWS = 200
"""Times that labels are drawn again for an interval."""
NEAR = 5
"""Documents of a node just above the floor that are worth a label."""
FEWEST = 10
"""Labels below which nothing is calibrated; some must be yes and some no."""


@dataclass(frozen=True, slots=True)
class Label:
    """A person's word on one document and node."""

    document: str
    node: str
    belongs: bool


def read_labels(path: Path) -> list[Label]:
    """Labels as JSON lines of document, node, belongs; a later line overrules an earlier one.

    Raises:
        SelectionError: The file is missing, or a line is no label.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SelectionError(f"{path}: cannot be read: {error}") from None
    labels: dict[tuple[str, str], Label] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            label = Label(row["document"], row["node"], row["belongs"])
        except (json.JSONDecodeError, KeyError, TypeError):
            label = None
        if label is None or not isinstance(label.belongs, bool):
            raise SelectionError(
                f"{path}, line {number}: no label; expected "
                '{"document": "...", "node": "...", "belongs": true}'
            )
        labels[label.document, label.node] = label
    return list(labels.values())


def dump_label(label: Label) -> str:
    """The line of a labels file."""
    table = {"document": label.document, "node": label.node, "belongs": label.belongs}
    return json.dumps(table, ensure_ascii=False) + "\n"


def fit(margins: NDArray[np.float64], truth: NDArray[np.bool_], start: Curve) -> Curve | None:
    """The curve that agrees best with labels, or None where they are too few or all alike.

    Newton's method on the penalised likelihood; the slope stays positive, so that order is kept.
    """
    from miner.select.membership import Curve

    if len(truth) < FEWEST or truth.all() or not truth.any():
        return None
    prior = np.array([start.slope, start.intercept])
    spread = max(float(margins.std()), 1e-3)
    inputs = np.stack([margins, np.ones_like(margins)], axis=1)
    strength = PRIOR * np.diag([spread**2, 1.0]) / 4
    weights = prior.copy()
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        gradient = inputs.T @ (chance - truth) + strength @ (weights - prior)
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + strength
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-9))
        weights[0] = max(weights[0], 1e-3)
        if np.abs(step).max() < 1e-9:
            break
    return Curve(round(float(weights[0]), 6), round(float(weights[1]), 6))


def interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    if not count:
        return 0.0, 1.0
    z, share = 1.96, hits / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    below = 1 + z * z / count
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


def precision(selection: Selection, labels: Sequence[Label]) -> tuple[int, int, float, float]:
    """Of the chosen documents that are labelled: yes, all, and the interval of the share."""
    said = {(label.document, label.node): label.belongs for label in labels}
    chosen = [(c.document, c.node) for node in selection.nodes for c in node.chosen]
    known = [said[pair] for pair in chosen if pair in said]
    return sum(known), len(known), *interval(sum(known), len(known))


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """What labels say of all chosen documents, those without a label among them."""

    claimed: float
    """Mean membership of the chosen, as selected."""
    share: float
    """The same by the curve that labels were fitted to: about so many belong."""
    low: float
    high: float
    """Its 95 % interval, by drawing the labels again."""


def recalibrated(
    selection: Selection, labels: Sequence[Label], seed: int = 0
) -> Recalibrated | None:
    """Fit membership to labels, and say how many of the chosen belong by that.

    Args:
        selection: What was selected.
        labels: Those of other documents are left aside.
        seed: Of the draws.

    Returns:
        None where labels are fewer than FEWEST or all alike.
    """
    from miner.select.membership import Curve
    from miner.select.queries import DOMAIN

    alone = [node.node for node in selection.nodes] == [DOMAIN]
    start = Curve(slope=1.0, intercept=0.0) if alone else Curve()
    known = {(c.document, c.node): c.margin for node in selection.nodes for c in node.candidates}
    used = [label for label in labels if (label.document, label.node) in known]
    margins = np.array([known[label.document, label.node] for label in used])
    truth = np.array([label.belongs for label in used], dtype=bool)
    chosen = [c for node in selection.nodes for c in node.chosen]
    curve = fit(margins, truth, start)
    if curve is None or not chosen:
        return None
    ahead = np.array([c.margin for c in chosen], dtype=np.float32)
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(DRAWS):
        drawn = rng.integers(0, len(used), len(used))
        again = fit(margins[drawn], truth[drawn], start)
        if again is not None:
            shares.append(float(again.probability(ahead).mean()))
    low, high = np.quantile(shares, [0.025, 0.975]) if shares else (0.0, 1.0)
    return Recalibrated(
        float(np.mean([c.probability for c in chosen])),
        float(curve.probability(ahead).mean()),
        float(low),
        float(high),
    )


def to_label(
    selection: Selection, count: int, seed: int, known: Sequence[Label]
) -> list[Candidate]:
    """Documents worth a label: half near the floor, half of the chosen by chance; nodes in turn.

    Args:
        selection: What was selected.
        count: How many.
        seed: Of the chance.
        known: Labels that there are already; their documents are not asked again.
    """
    rng = np.random.default_rng(seed)
    said = {(label.document, label.node) for label in known}
    doubtful: list[list[Candidate]] = []
    sure: list[list[Candidate]] = []
    for node in selection.nodes:
        fresh = [c for c in node.candidates if (c.document, c.node) not in said]
        below = [c for c in fresh if c.reason.startswith("below_floor")]
        above = sorted((c for c in fresh if c not in below), key=lambda c: c.probability)
        near = [c for pair in itertools.zip_longest(below, above[:NEAR]) for c in pair if c]
        doubtful.append(near)
        chosen = [c for c in fresh if c.status == "chosen" and c not in near]
        sure.append([chosen[i] for i in rng.permutation(len(chosen))])
    near, some = _in_turn(doubtful), _in_turn(sure)
    near = near[: max(count // 2, count - len(some))]
    some = some[: count - len(near)]
    pairs = itertools.zip_longest(some, near)  # a person who stops early has seen both kinds
    return [c for pair in pairs for c in pair if c]


def _in_turn(piles: Sequence[list[Candidate]]) -> list[Candidate]:
    longest = max(map(len, piles), default=0)
    return [pile[i] for i in range(longest) for pile in piles if i < len(pile)]
