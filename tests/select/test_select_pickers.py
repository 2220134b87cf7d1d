"""What every picker must do, and what each promises beyond."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.recipe import find, kinds
from miner.select.dpp import DPP
from miner.select.facility_location import FacilityLocation
from miner.select.figures import coverage
from miner.select.mmr import MMR
from miner.select.nearest import Nearest
from miner.select.random import Random
from miner.types import Picker

PICKERS = [find(Picker, kind)() for kind in kinds("select")]
SEEDLESS = [p for p in PICKERS if not hasattr(p, "seed")]


def pool(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 8)) + 1.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), rng.uniform(0.3, 1, n).astype(np.float32)


@pytest.mark.parametrize("picker", PICKERS, ids=lambda p: type(p).__name__)
@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 40), k=st.integers(0, 60), seed=st.integers(0, 1000))
def test_k_distinct_rows_the_same_every_time(picker, n, k, seed):
    vectors, quality = pool(n, seed)
    rows = picker.pick(vectors, quality, k)
    assert rows.shape == (min(n, k),)
    assert rows.dtype == np.int64
    assert len(set(rows.tolist())) == len(rows)
    assert all(0 <= row < n for row in rows)
    np.testing.assert_array_equal(rows, picker.pick(vectors, quality, k))


@pytest.mark.parametrize("picker", SEEDLESS, ids=lambda p: type(p).__name__)
@settings(max_examples=20, deadline=None)
@given(n=st.integers(2, 40), seed=st.integers(0, 1000))
def test_row_order_does_not_matter(picker, n, seed):
    vectors, quality = pool(n, seed)
    order = np.random.default_rng(seed).permutation(n)
    here = picker.pick(vectors, quality, n // 2)
    there = order[picker.pick(vectors[order], quality[order], n // 2)]
    assert set(here.tolist()) == set(there.tolist())


@pytest.mark.parametrize("picker", PICKERS, ids=lambda p: type(p).__name__)
def test_equal_rows_and_zero_quality_are_no_trouble(picker):
    vectors = np.tile(np.eye(4, dtype=np.float32)[:1], (10, 1))
    rows = picker.pick(vectors, np.zeros(10, dtype=np.float32), 5)
    assert len(set(rows.tolist())) == 5


def test_nearest_is_by_quality_and_ties_go_to_the_lower_row():
    quality = np.array([0.1, 0.9, 0.9, 0.5], dtype=np.float32)
    assert Nearest().pick(np.eye(4, dtype=np.float32), quality, 3).tolist() == [1, 2, 3]


def test_facility_location_covers_better_than_random():
    better = []
    for seed in range(20):
        vectors, quality = pool(60, seed)
        even = np.ones_like(quality)
        chosen = vectors[FacilityLocation().pick(vectors, even, 8)]
        by_chance = vectors[Random(seed).pick(vectors, even, 8)]
        better.append(coverage(vectors, chosen) >= coverage(vectors, by_chance))
    assert all(better)


def test_facility_location_leaves_out_what_hardly_belongs():
    vectors, quality = pool(60, 1)
    quality[:30] = 0.01
    assert (FacilityLocation().pick(vectors, quality, 10) >= 30).all()


@pytest.mark.parametrize("seed", range(5))
def test_dense_and_lazy_facility_location_choose_alike(seed):
    vectors, quality = pool(80, seed)
    dense = FacilityLocation("dense").pick(vectors, quality, 20)
    lazy = FacilityLocation("lazy").pick(vectors, quality, 20)
    assert dense.tolist() == lazy.tolist()


def test_stochastic_facility_location_comes_near():
    vectors, quality = pool(500, 3)
    even = np.ones_like(quality)
    best = coverage(vectors, vectors[FacilityLocation("dense").pick(vectors, even, 20)])
    near = coverage(vectors, vectors[FacilityLocation("stochastic").pick(vectors, even, 20)])
    assert near >= 0.97 * best


def test_dpp_fills_up_by_quality_beyond_the_rank():
    vectors, quality = pool(30, 0)
    rows = DPP().pick(vectors, quality, 20)  # eight numbers: rank eight
    rest = quality[rows[8:]]
    assert (np.diff(rest) <= 0).all()


def test_mmr_at_its_ends():
    vectors, quality = pool(30, 0)
    nearest = Nearest().pick(vectors, quality, 10)
    assert MMR(trade=1.0).pick(vectors, quality, 10).tolist() == nearest.tolist()


@pytest.mark.parametrize("make", [lambda: MMR(trade=2), lambda: FacilityLocation(epsilon=0)])
def test_picker_settings_out_of_range(make):
    with pytest.raises(ValueError, match="expected a number"):
        make()
