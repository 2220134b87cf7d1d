"""What several cleaners need to know of a text, found once: words, lines, repeated n-grams."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

_LETTER = re.compile(r"[^\W\d_]")
LONGEST = 10
"""Words of the longest n-gram that is asked for."""

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
    def vocabulary(self) -> Counter[str]:
        """How often each word occurs."""
        return Counter(self.words)

    def count_of(self, words: Iterable[str]) -> int:
        """How many of some lower-case words occur, in lower case, capitalised or in capitals."""
        found = self.vocabulary
        return sum(w in found or w.capitalize() in found or w.upper() in found for w in words)

    @cached_property
    def word_chars(self) -> int:
        """Characters of all words together."""
        return sum(map(len, self.words))

    @cached_property
    def wordless(self) -> int:
        """Words without a letter."""
        return sum(
            not (word.islower() or word.isalpha() or _LETTER.search(word)) for word in self.words
        )

    @cached_property
    def lines(self) -> list[str]:
        """Lines without the white space around them."""
        return [line for raw in self.text.splitlines() if (line := raw.strip())]

    @cached_property
    def paragraphs(self) -> list[str]:
        """What empty lines part."""
        return [part for raw in _BREAK.split(self.text) if (part := raw.strip())]

    @cached_property
    def _repeated(self) -> list[dict[tuple[str, ...], list[int]]]:
        """For n = 1, 2 ...: the n-grams that come twice or more, with their places in order.

        An n-gram can only come again if both n-1-grams in it do: few places are left after the
        pairs, and the list ends where nothing is repeated.
        """
        words = self.words
        again = {word for word, count in self.vocabulary.items() if count > 1}
        places = [place for place, word in enumerate(words) if word in again]
        found: list[dict[tuple[str, ...], list[int]]] = [{}]
        for n in range(2, LONGEST + 1):
            grams: dict[tuple[str, ...], list[int]] = {}
            for place, following in itertools.pairwise(places):
                if following == place + 1:
                    grams.setdefault(tuple(words[place : place + n]), []).append(place)
            repeated = {gram: where for gram, where in grams.items() if len(where) > 1}
            if not repeated:
                break
            found.append(repeated)
            places = sorted(itertools.chain.from_iterable(repeated.values()))
        return found

    def _repeated_ngrams(self, n: int) -> dict[tuple[str, ...], list[int]]:
        return self._repeated[n - 1] if n <= len(self._repeated) else {}

    def top_ngram_share(self, n: int) -> float:
        """Share of the characters in the most frequent n-gram, of those that come twice at least.

        Of several equally frequent ones the longest counts. n is 2 to LONGEST.
        """
        repeated = self._repeated_ngrams(n)
        if not repeated:
            return 0.0
        most = max(map(len, repeated.values()))
        longest = max(
            sum(map(len, g)) + n - 1 for g, where in repeated.items() if len(where) == most
        )
        return min(1.0, longest * most / max(len(self.text), 1))

    def duplicate_ngram_share(self, n: int) -> float:
        """Share of the characters in n-grams that came before, without overlap. n as above."""
        repeated = self._repeated_ngrams(n)
        if not repeated:
            return 0.0
        grams = {place: gram for gram, where in repeated.items() for place in where}
        seen: set[tuple[str, ...]] = set()
        chars = free = 0
        for place in sorted(grams):
            if place < free:
                continue
            if grams[place] in seen:
                chars += sum(map(len, grams[place])) + n - 1
                free = place + n
            seen.add(grams[place])
        return min(1.0, chars / max(len(self.text), 1))


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
