"""Question plans: counted exactly, drawn without replacement, fairly, and the same every time."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.taxonomy.combinations import one_session, two_sessions, unrank
from miner.taxonomy.permutation import permute, round_keys
from miner.taxonomy.plans import Draw, Plan

SYLLABI = st.lists(st.lists(st.integers(0, 6), max_size=4).map(tuple), min_size=1, max_size=4).map(
    tuple
)


def test_counts_are_glans() -> None:
    assert one_session(5) == 31
    assert two_sessions(5, 5) == 575
    assert Draw(((5,),)).available.tolist() == [[31, 0]]
    assert Draw(((5, 5),)).available.tolist() == [[62, 575]]


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(0, 12))
def test_counts_equal_counting(first: int, second: int) -> None:
    mine = [("a", i) for i in range(first)]
    others = [("b", i) for i in range(second)]
    subsets = [s for i in range(2, 6) for s in combinations(mine + others, i)]
    assert two_sessions(first, second) == sum(len({name for name, _ in s}) == 2 for s in subsets)
    assert one_session(first) == sum(comb(first, i) for i in range(1, 6))


@pytest.mark.parametrize("taken", range(1, 6))
def test_unranking_gives_every_subset_once(taken: int) -> None:
    many = comb(8, taken)
    found = {tuple(row) for row in unrank(np.arange(many), taken, 8).tolist()}
    assert found == set(combinations(range(8), taken))


@settings(deadline=None)
@given(st.integers(1, 3000), st.text(max_size=8))
def test_permutation_is_one(size: int, key: str) -> None:
    keys = np.array([round_keys(key)] * size, dtype=np.uint64)
    sent = permute(np.arange(size), np.full(size, size), keys)
    assert sorted(sent.tolist()) == list(range(size))


@settings(deadline=None)
@given(SYLLABI, st.integers(0, 3), st.sampled_from((0.0, 0.5, 0.9, 1.0)))
def test_drawing_all_gives_each_plan_once(
    syllabi: tuple[tuple[int, ...], ...], seed: int, share: float
) -> None:
    draw = Draw(syllabi, seed, share)
    plans = list(draw.plans(len(draw)))
    assert len(set(plans)) == len(plans) == len(draw)
    for plan in plans:
        check(plan, syllabi)


def check(plan: Plan, syllabi: tuple[tuple[int, ...], ...]) -> None:
    sizes = syllabi[plan.syllabus]
    assert len(plan.sessions) == len(plan.concepts) == len(set(plan.sessions))
    assert list(plan.sessions) == sorted(plan.sessions)
    assert 1 <= sum(map(len, plan.concepts)) <= 5
    for session, concepts in zip(plan.sessions, plan.concepts, strict=True):
        assert concepts, "a session of the question gives no concept"
        assert list(concepts) == sorted(set(concepts))
        assert 0 <= concepts[0] <= concepts[-1] < sizes[session]


@settings(deadline=None)
@given(SYLLABI, st.integers(0, 40), st.integers(0, 40))
def test_a_longer_draw_begins_with_the_shorter(
    syllabi: tuple[tuple[int, ...], ...], few: int, more: int
) -> None:
    draw = Draw(syllabi)
    few, more = sorted(min(n, len(draw)) for n in (few, more))
    shorter, longer = list(draw.plans(few)), list(draw.plans(more))
    assert Counter(shorter) - Counter(longer) == Counter()
    room = draw.available.sum(axis=1)
    given_out = Counter(plan.syllabus for plan in longer)
    shares = [given_out[i] for i in range(len(syllabi)) if given_out[i] < room[i]]
    assert not shares or max(given_out.values(), default=0) - min(shares) <= 1


def test_plans_of_a_syllabus_stay_when_others_come() -> None:
    alone = Draw(((5, 4),), keys=("botany",))
    among = Draw(((3,), (5, 4)), keys=("zoology", "botany"))
    turns = np.arange(20)
    mine = alone.at(np.zeros(20, dtype=np.int64), turns)
    theirs = among.at(np.ones(20, dtype=np.int64), turns)
    assert [p[1:] for p in mine] == [p[1:] for p in theirs]


def test_half_are_on_two_sessions_until_one_rule_runs_out() -> None:
    plans = list(Draw(((5, 5),)).plans(200))
    assert sum(len(p.sessions) == 2 for p in plans[:100]) == 50
    assert sum(len(p.sessions) == 1 for p in plans) == 62


def test_draws_are_uniform() -> None:
    """Chi-square over seeds; 574 degrees of freedom, so 700 has a chance of about 1 in 4,000."""
    rounds = 2300
    drawn = Counter(next(Draw(((5, 5),), seed, 1.0).plans(1)) for seed in range(rounds))
    expected = rounds / 575
    assert (
        sum((drawn[p] - expected) ** 2 for p in drawn) / expected + expected * (575 - len(drawn))
        < 700
    )


def test_the_first_tenth_of_a_big_draw_is_uniform_over_shapes() -> None:
    plans = list(islice(Draw(((6,) * 8,), 1, 1.0).plans(3000), 3000))
    total = two_sessions(6, 6)
    shape = Counter(tuple(map(len, p.concepts)) for p in plans)
    chi = 0.0
    for i in range(1, 5):
        for j in range(1, 6 - i):
            expected = 3000 * comb(6, i) * comb(6, j) / total
            chi += (shape[i, j] - expected) ** 2 / expected
    assert chi < 30  # 9 degrees of freedom: 1 in 2,000


def test_too_many_plans_are_refused() -> None:
    with pytest.raises(ValueError, match="32 plans are wanted, 31 are possible"):
        next(Draw(((5,),)).plans(32))
    with pytest.raises(ValueError, match="share"):
        Draw(((5,),), two_sessions=2)
    with pytest.raises(ValueError, match="keys"):
        Draw(((5,),), keys=("a", "b"))
