"""The second embedding: alike where texts share words, in any script, and the same twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.select.words import DIMENSIONS, word_vectors

SEA = [f"the tide and the waves of the sea carry ship number {i} to the harbour" for i in range(9)]
BREAD = [f"knead the dough and bake the bread in oven number {i} with yeast" for i in range(9)]


def test_texts_that_share_words_are_near():
    vectors = word_vectors(SEA + BREAD)
    cosines = vectors @ vectors.T
    assert cosines[:9, :9].mean() > 0.7
    assert cosines[:9, 9:].mean() < 0.3


def test_a_script_without_spaces_is_heard():
    texts = ["火山是地壳的开口", "火山喷出熔岩", "面包用面粉烤成", "面包和面粉"]
    vectors = word_vectors(texts)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.5


@pytest.mark.parametrize("texts", [[], ["alone"], ["one", "two"], ["same", "same"], ["", ""]])
def test_texts_with_nothing_to_compare(texts):
    vectors = word_vectors(texts)
    assert len(vectors) == len(texts)
    assert np.isfinite(vectors).all()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=12))
def test_rows_are_unit_or_zero_and_the_same_twice(texts):
    vectors = word_vectors(texts)
    assert vectors.shape[1] <= DIMENSIONS or len(texts) < 3
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-4) | (lengths < 1e-6))
    assert np.array_equal(vectors, word_vectors(texts))
