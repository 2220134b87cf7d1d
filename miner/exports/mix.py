"""Which of a run's examples go out: weights, shares, caps, and nodes that are held out.

Examples are chosen by hashes of their ids: a longer run keeps what a shorter one chose, as far as
shares allow, and none changes its split but to be held out.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from miner.checks.difficulty import LEVELS, level
from miner.checks.skeletons import skeleton
from miner.errors import UsageError, choices
from miner.recipe import kinds

if TYPE_CHECKING:
    from miner.types import Example

HELD_OUT = "held_out"


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How examples are chosen. Without settings all of them go out."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """Task to its weight in the mixture; tasks that are not named are left out. Empty means all."""
    most: Mapping[str, float] = field(default_factory=dict)
    """Task to the largest share of the examples it may make up; tasks not named have no limit."""
    styles: Mapping[str, float] = field(default_factory=dict)
    """The same by style; "template" is that of instructions that no model and no person wrote."""
    levels: Mapping[str, float] = field(default_factory=dict)
    """Of easy, medium and hard the largest share, among the examples whose difficulty is known."""
    per_document: int = 0
    """Most examples of one document; 0 means no cap."""
    per_skeleton: float = 1.0
    """Largest share of one skeleton of instructions; 0.02 is a good one for large exports."""
    hold_out: tuple[str, ...] = ()
    """Names of nodes whose examples all go to a split of their own."""

    def __post_init__(self) -> None:
        if any(weight <= 0 for weight in self.weights.values()):
            raise UsageError("'weights' are above 0; leave a task out to have none of it")
        if not 0 < self.per_skeleton <= 1:
            raise UsageError("'per_skeleton' is a share above 0 and at most 1")
        if self.per_document < 0:
            raise UsageError("'per_document' is a number of examples, or 0 for no cap")
        for key in ("most", "styles", "levels"):
            if any(not 0 < share <= 1 for share in getattr(self, key).values()):
                raise UsageError(f"'{key}' are shares above 0 and at most 1")
        for name in self.levels:
            if name not in LEVELS:
                raise UsageError(f"levels.{name}; {choices(name, LEVELS)}")

    @property
    def takes_all(self) -> bool:
        """Whether every example goes out in its own split."""
        return all(getattr(self, f.name) == getattr(_ALL, f.name) for f in dataclasses.fields(Mix))

    def choose(self, examples: Sequence[Example]) -> list[Example]:
        """The examples that go out, in the run's order, with their splits.

        Raises:
            UsageError: A named task or node has no examples.
        """
        _require_known("hold_out", self.hold_out, {n for e in examples for n in e.node})
        tasks = {e.task for e in examples}
        _require_known("weights", self.weights, tasks)
        # A limit on a task that made nothing is kept; on one that nobody knows it is a slip.
        _require_known("most", self.most, tasks | set(kinds("tasks")))
        _require_known("styles", self.styles, {e.style for e in examples} | {"template"})
        chosen = [_held_out(example, self.hold_out) for example in examples]
        if self.per_document:
            chosen = _capped(chosen, self.per_document)
        if self.per_skeleton < 1:
            chosen = _within(
                chosen,
                lambda e: skeleton(e.instruction, e.title),
                lambda name: self.per_skeleton,  # noqa: ARG005 - the same for all
            )
        if self.levels:
            known = _within(
                [e for e in chosen if e.difficulty is not None],
                lambda e: level(e.difficulty),
                lambda name: self.levels.get(name, 1.0),
            )
            kept = {e.id for e in known}
            chosen = [e for e in chosen if e.difficulty is None or e.id in kept]
        if self.weights:
            chosen = _mixed(chosen, self.weights)
        if self.most:
            chosen = _within(chosen, lambda e: e.task, lambda name: self.most.get(name, 1.0))
        if self.styles:
            chosen = _within(chosen, lambda e: e.style, lambda name: self.styles.get(name, 1.0))
        return chosen


_ALL = Mix()


def _require_known(key: str, names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"{key}: no example of '{name}'; {choices(name, known)}")


def _held_out(example: Example, nodes: Sequence[str]) -> Example:
    held = not set(nodes).isdisjoint(example.node)
    return dataclasses.replace(example, split=HELD_OUT) if held else example


def _draw(example: Example) -> bytes:
    """An example's place in every draw."""
    return hashlib.sha256(f"draw|{example.id}".encode()).digest()


def _keep_first(examples: Sequence[Example], kept: set[str]) -> list[Example]:
    return [example for example in examples if example.id in kept]


def _capped(examples: Sequence[Example], most: int) -> list[Example]:
    counts: Counter[str] = Counter()
    kept: set[str] = set()
    for example in sorted(examples, key=_draw):
        if all(counts[id] < most for id in example.documents):
            counts.update(example.documents)
            kept.add(example.id)
    return _keep_first(examples, kept)


def _within(
    examples: Sequence[Example],
    group_of: Callable[[Example], str],
    share_of: Callable[[str], float],
) -> list[Example]:
    """Cut every group to its share of what is left, until that holds; one of each stays."""
    groups: dict[str, list[Example]] = {}
    for example in sorted(examples, key=_draw):
        groups.setdefault(group_of(example), []).append(example)
    sizes = {name: len(group) for name, group in groups.items()}
    while True:
        total = sum(sizes.values())
        cut = {name: min(n, max(int(share_of(name) * total), 1)) for name, n in sizes.items()}
        if cut == sizes:
            break
        sizes = cut
    kept = {e.id for name, group in groups.items() for e in group[: sizes[name]]}
    return _keep_first(examples, kept)


def _mixed(examples: Sequence[Example], weights: Mapping[str, float]) -> list[Example]:
    """As many of each task as keeps the weights' proportions and wastes the least."""
    groups: dict[str, list[Example]] = {}
    for example in sorted(examples, key=_draw):
        if example.task in weights:
            groups.setdefault(example.task, []).append(example)
    unit = min(len(group) / weights[task] for task, group in groups.items())
    kept = {e.id for t, group in groups.items() for e in group[: round(unit * weights[t])]}
    return _keep_first(examples, kept)
