"""Float16 to float32 by moving bits: the same as NumPy for every value that there is."""

from __future__ import annotations

import numpy as np
import pytest

from miner import halves


@pytest.mark.parametrize("finite", [True, False])
def test_every_value_is_exact(finite):
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    some = every[np.isfinite(every)] if finite else every
    some = some.reshape(-1, 8)
    wide = np.empty(some.shape, dtype=np.float32)
    halves.widen(some, wide)
    assert np.array_equal(wide, some.astype(np.float32), equal_nan=True)
    assert np.array_equal(np.signbit(wide), np.signbit(some))


def test_nothing_is_nothing():
    halves.widen(np.empty((0, 4), np.float16), np.empty((0, 4), np.float32))
