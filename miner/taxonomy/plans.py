"""Question plans: which sessions and concepts a question is about, drawn without replacement.

A `Draw` goes over many syllabi, turn by turn, so that every prefix of it is balanced over the tree.
Within a syllabus and a rule (one session, or two) each combination is equally likely and comes
once: turns are counted up, sent through a keyed permutation, and read as combinations. Memory is
24 bytes a pair of sessions; plans are worked out in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING, NamedTuple

from miner.taxonomy.combinations import ONE, TWO, one_session, two_sessions, unrank
from miner.taxonomy.permutation import MAX_SIZE, permute, round_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

BLOCK = 1 << 16
"""Plans that are worked out together."""


class Plan(NamedTuple):
    """What one question is about. Places count from 0."""

    syllabus: int
    """Place in the draw's list of syllabi."""
    sessions: tuple[int, ...]
    """One session of that syllabus, or two, ascending."""
    concepts: tuple[tuple[int, ...], ...]
    """Of each of these sessions, its key concepts, ascending: one to five in all."""


@dataclass(frozen=True)
class Draw:
    """Plans over many syllabi, each in its turn.

    Args:
        syllabi: For each, how many key concepts its sessions have.
        seed: Another seed, another draw.
        two_sessions: Share of plans on two sessions, in thousandths, as far as there are any.
        keys: Names of the syllabi, so that one's plans stay when others come or go.

    Raises:
        ValueError: A share out of range, too few keys, or more than 2**62 combinations.
    """

    syllabi: tuple[tuple[int, ...], ...]
    seed: int = 0
    two_sessions: float = 0.5
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.two_sessions <= 1:
            raise ValueError(f"two_sessions is a share, got {self.two_sessions}")
        if self.keys and len(self.keys) != len(self.syllabi):
            raise ValueError(f"{len(self.keys)} keys for {len(self.syllabi)} syllabi")

    @cached_property
    def available(self) -> Integers:
        """Plans on one and on two sessions of each syllabus, int64, shape (syllabi, 2)."""
        import numpy as np

        starts = [np.append(0, table.ends)[table.first] for table in (self._ones, self._twos)]
        return np.stack([np.diff(edges) for edges in starts], axis=1)

    def __len__(self) -> int:
        return int(self.available.sum())

    def quotas(self, plans: int) -> Integers:
        """How many plans each syllabus gives: as even as what is available allows.

        Raises:
            ValueError: There are not so many.
        """
        import numpy as np

        if plans > len(self):
            raise ValueError(f"{plans} plans are wanted, {len(self)} are possible")
        room = self.available.sum(axis=1)
        low, high = 0, plans
        while low < high:  # the highest level at which the even shares fit
            level = (low + high + 1) // 2
            fits = np.minimum(room, level).sum() <= plans
            low, high = (level, high) if fits else (low, level - 1)
        quotas: Integers = np.minimum(room, low)
        quotas[np.flatnonzero(room > low)[: plans - int(quotas.sum())]] += 1
        return quotas

    def plans(self, count: int) -> Iterator[Plan]:
        """So many plans: every syllabus gives one, then each its second, and so on."""
        import numpy as np

        quotas = self.quotas(count)
        givers, turns, held = [], [], 0
        for turn in range(int(quotas.max(initial=0))):
            givers.append(np.flatnonzero(quotas > turn))
            turns.append(np.full(len(givers[-1]), turn))
            held += len(givers[-1])
            if held >= BLOCK:
                yield from self.at(np.concatenate(givers), np.concatenate(turns))
                givers, turns, held = [], [], 0
        if held:
            yield from self.at(np.concatenate(givers), np.concatenate(turns))

    def at(self, syllabi: Integers, turns: Integers) -> list[Plan]:
        """The plans that these syllabi give at these turns.

        Args:
            syllabi: Places of syllabi, int64, shape (n,).
            turns: In [0, what is available there), int64, shape (n,).
        """
        import numpy as np

        one, two = self.available[syllabi].T
        before, after = (self._doubles(t, one, two) for t in (turns, turns + 1))
        double = after > before
        made: list[Plan] = [Plan(0, (), ())] * len(syllabi)
        for rows, index, sizes, table in (
            (np.flatnonzero(~double), turns - before, one, self._ones),
            (np.flatnonzero(double), before, two, self._twos),
        ):
            of = syllabi[rows]
            keys = self._keys[of] ^ np.uint64(table.salt)
            numbers = permute(index[rows], sizes[rows], keys)
            for place, plan in table.read(of, numbers):
                made[rows[place]] = plan
        return made

    def _doubles(self, turns: Integers, one: Integers, two: Integers) -> Integers:
        """How many of the first so many plans are on two sessions; grows by 0 or 1 a turn."""
        import numpy as np

        wanted = turns * round(self.two_sessions * 1000) // 1000
        doubles: Integers = np.minimum(np.maximum(wanted, turns - one), two)
        return doubles

    @cached_property
    def _keys(self) -> NDArray[np.uint64]:
        import numpy as np

        names = self.keys or map(str, range(len(self.syllabi)))
        return np.array([round_keys(f"{self.seed}|{name}") for name in names], dtype=np.uint64)

    @cached_property
    def _ones(self) -> _Table:
        groups = [[(s, 0) for s in range(len(sizes))] for sizes in self.syllabi]
        counts = [[one_session(m) for m in sizes] for sizes in self.syllabi]
        return _Table.over(self.syllabi, groups, counts, double=False)

    @cached_property
    def _twos(self) -> _Table:
        groups = [
            [(a, b) for a in range(len(sizes)) for b in range(a + 1, len(sizes))]
            for sizes in self.syllabi
        ]
        counts = [
            [two_sessions(sizes[a], sizes[b]) for a, b in pairs]
            for sizes, pairs in zip(self.syllabi, groups, strict=True)
        ]
        return _Table.over(self.syllabi, groups, counts, double=True)


@dataclass(frozen=True)
class _Table:
    """Sessions, or pairs of them, of all syllabi in one row of numbers."""

    first: Integers
    """Place of each syllabus's first group, and one past the last; shape (syllabi + 1,)."""
    ends: Integers
    """Running total of combinations, shape (groups,)."""
    groups: Integers
    """Places of the one or two sessions in their syllabus, shape (groups, 2)."""
    sizes: Integers
    """How many key concepts they have, shape (groups, 2); the second is 0 for one session."""
    double: bool

    @property
    def salt(self) -> int:
        """Tells the two permutations of one syllabus apart."""
        return 0x9E3779B97F4A7C15 if self.double else 0

    @classmethod
    def over(
        cls,
        syllabi: Sequence[Sequence[int]],
        groups: Sequence[Sequence[tuple[int, int]]],
        counts: Sequence[Sequence[int]],
        *,
        double: bool,
    ) -> _Table:
        import numpy as np

        if sum(map(sum, counts)) > MAX_SIZE:
            raise ValueError("more than 2**62 combinations")
        flat = [pair for pairs in groups for pair in pairs]
        sizes = [
            (s[a], s[b] if double else 0)
            for s, pairs in zip(syllabi, groups, strict=True)
            for a, b in pairs
        ]
        return cls(
            np.cumsum([0, *map(len, groups)], dtype=np.int64),
            np.cumsum([c for row in counts for c in row], dtype=np.int64),
            np.array(flat, dtype=np.int64).reshape(-1, 2),
            np.array(sizes, dtype=np.int64).reshape(-1, 2),
            double,
        )

    def read(self, syllabi: Integers, numbers: Integers) -> Iterator[tuple[int, Plan]]:
        """The plan of each number; they come grouped by shape, each with its place."""
        import numpy as np

        if not len(numbers):
            return
        total = numbers + np.append(0, self.ends)[self.first[syllabi]]
        group = np.searchsorted(self.ends, total, side="right")
        rest = total - np.append(0, self.ends)[group]
        shapes = TWO if self.double else ONE
        kinds, kind = np.unique(self.sizes[group], axis=0, return_inverse=True)
        ends = np.cumsum([[comb(m, i) * comb(n, j) for i, j in shapes] for m, n in kinds], axis=1)
        shape = (rest[:, None] >= ends[kind]).sum(axis=1)
        rest -= np.where(shape > 0, ends[kind, shape - 1], 0)
        largest = int(self.sizes.max())
        for at, (first, second) in enumerate(shapes):
            rows = np.flatnonzero(shape == at)
            ways = np.array([comb(n, second) for _, n in kinds])[kind[rows]]
            high, low = np.divmod(rest[rows], ways)
            columns = (
                rows.tolist(),
                syllabi[rows].tolist(),
                self.groups[group[rows]].tolist(),
                map(tuple, unrank(high, first, largest).tolist()),
                map(tuple, unrank(low, second, largest).tolist()),
            )
            for place, syllabus, (a, b), some, others in zip(*columns, strict=True):
                if self.double:
                    yield place, Plan(syllabus, (a, b), (some, others))
                else:
                    yield place, Plan(syllabus, (a,), (some,))
