"""What several cleaners need to know of a text, found once: words, lines, repeated n-grams."""

from __future__ import annotations

import functools
import re
from collections import Counter
from functools import cached_property

_NO_LETTER = re.compile(r"(?<!\S)(?:[^\w\s]|[\d_])+(?!\S)")
_BREAK = re.compile(r"\n\s*\n")


class Analysis:
    """A text taken apart. Words are what white space parts; lines and paragraphs are not empty."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def words(self) -> list[str]:
        """Words with the signs that stick to them."""
        return self.text.split()

    @cached_property
    def lower_words(self) -> set[str]:
        """The distinct words in lower case."""
        return set(self.text.lower().split())

    @cached_property
    def word_chars(self) -> int:
        """Characters of all words together."""
        return sum(map(len, self.words))

    @cached_property
    def wordless(self) -> int:
        """Words without a letter."""
        return len(_NO_LETTER.findall(self.text))

    @cached_property
    def lines(self) -> list[str]:
        """Lines without the white space around them."""
        return [line for raw in self.text.splitlines() if (line := raw.strip())]

    @cached_property
    def paragraphs(self) -> list[str]:
        """What empty lines part."""
        return [part for raw in _BREAK.split(self.text) if (part := raw.strip())]

    def top_ngram_share(self, n: int) -> float:
        """Share of the characters in the most frequent n-gram, of those that come twice at least.

        Of several equally frequent ones the longest counts.
        """
        if len(self.words) < 2 * n and n > len(self.words) - 1:
            return 0.0
        counts = Counter(zip(*(self.words[i:] for i in range(n)), strict=False))
        most = max(counts.values(), default=0)
        if most < 2:
            return 0.0
        longest = max(sum(map(len, gram)) for gram, count in counts.items() if count == most)
        return min(1.0, (longest + n - 1) * most / max(len(self.text), 1))

    def duplicate_ngram_shares(self, sizes: range) -> dict[int, float]:
        """For each n the share of the characters in n-grams that came before, without overlap.

        No repeated n-gram means no repeated longer one: most texts end at the first size.
        """
        shares = dict.fromkeys(sizes, 0.0)
        for n in sizes:
            grams = list(zip(*(self.words[i:] for i in range(n)), strict=False))
            if len(set(grams)) == len(grams):
                break
            shares[n] = min(1.0, _repeated_chars(grams, n) / max(len(self.text), 1))
        return shares


def _repeated_chars(grams: list[tuple[str, ...]], n: int) -> int:
    seen: set[tuple[str, ...]] = set()
    place = chars = 0
    while place < len(grams):
        if grams[place] in seen:
            chars += sum(map(len, grams[place])) + n - 1
            place += n
        else:
            seen.add(grams[place])
            place += 1
    return chars


def duplicates(parts: list[str]) -> tuple[int, int]:
    """How many parts came before, and their characters."""
    if len(set(parts)) == len(parts):
        return 0, 0
    seen: set[str] = set()
    count = chars = 0
    for part in parts:
        if part in seen:
            count += 1
            chars += len(part)
        seen.add(part)
    return count, chars


@functools.lru_cache(maxsize=2)
def analysis(text: str) -> Analysis:
    """The analysis of a text; that of the last ones is at hand, for the next cleaner."""
    return Analysis(text)
