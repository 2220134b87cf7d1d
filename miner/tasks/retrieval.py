"""Passages for a question, by the words they share with it: Okapi BM25 over a handful of documents.

The pool is what selection has attached to a node, so that retrieval only has to order it. Source:
Robertson and Zaragoza (2009), with k1 = 1.2 and b = 0.75.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from miner.tasks.stopwords import ENGLISH
from miner.text import passages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.types import Document, Passage

_WORD = re.compile(r"[^\W_]+")


def content_words(text: str) -> list[str]:
    """Words that carry meaning, in small letters and without a plural's s."""
    found = (word.casefold() for word in _WORD.findall(text))
    return [_stem(word) for word in found if word not in ENGLISH]


def best_passages(
    documents: Sequence[Document], query: str, most: int, max_words: int = 160
) -> list[Passage]:
    """The passages that share the most telling words with a query, best first.

    Args:
        documents: The pool.
        query: A question, or concepts.
        most: Passages wanted.
        max_words: Of a passage.

    Returns:
        Up to `most` passages that share a word with the query; ties go to the earlier one.
    """
    pool = [p for d in documents for p in passages(d, max_words=max_words, overlap=0)]
    bags = [Counter(content_words(p.text)) for p in pool]
    mean = sum(map(Counter.total, bags)) / max(1, len(bags)) or 1.0
    terms = dict.fromkeys(content_words(query))
    weights = {t: _weight(sum(t in bag for bag in bags), len(bags)) for t in terms}
    scores = [
        sum(
            weights[t] * bag[t] * 2.2 / (bag[t] + 1.2 * (0.25 + 0.75 * bag.total() / mean))
            for t in terms
            if bag[t]
        )
        for bag in bags
    ]
    order = sorted(range(len(pool)), key=lambda i: -scores[i])
    return [pool[i] for i in order[:most] if scores[i] > 0]


def _weight(holders: int, count: int) -> float:
    """How telling a word is that so many passages of `count` hold."""
    return math.log(1 + (count - holders + 0.5) / (holders + 0.5))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
