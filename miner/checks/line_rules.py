"""Rules by which a line is told to belong to a page, each with what its patterns need.

What a pattern needs is looked for in the whole text first, since that is cheap: most texts have
none of it, and cost no more. All patterns are linear in the length of the line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from miner.shingles import known_tokens

MAX_FURNITURE = 160
"""Characters: a longer line is prose that mentions these things, not a piece of furniture."""

AROUND = 200
"""Characters before and after a phrase within which its pattern must match: more than any spans."""

HEAD = 4
"""Letters of a line's first word by which lines are told that open as furniture does."""


@dataclass(frozen=True)
class Seen:
    """A text, with what is asked of it many times; words are those that some rule looks for."""

    lines: list[str]
    text: str
    words: frozenset[str]
    lowered: str
    short: str
    """The lines that are short enough to be furniture, in lower case."""

    @classmethod
    def of(cls, text: str, words: frozenset[str]) -> Seen:
        """Of a text, and the words that rules look for."""
        lines = text.splitlines()
        short = "\n".join(line for line in lines if len(line) <= MAX_FURNITURE)
        found = words.intersection(known_tokens(text))
        return cls(lines, "\n".join(lines), found, text.lower(), short.lower())


class Line(NamedTuple):
    """A line, in lower case too, and how its first word begins: "0" for a number."""

    text: str
    lowered: str
    head: str

    @classmethod
    def of(cls, text: str) -> Line:
        """Of a line."""
        lowered = text.lower()
        first = _WORD.search(lowered)
        head = first.group()[:HEAD] if first else ""
        return cls(text, lowered, "0" if head[:1].isdigit() else head)


_WORD = re.compile(r"\w+")


def _pattern(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split(", ")) if words else ()


class Rule:
    """One kind of residue, or a part of one."""

    __slots__ = ("kind", "pattern", "signs", "words")

    longest = float("inf")
    """Characters of a line that can be of this kind."""

    def __init__(self, kind: str, *patterns: str, words: str = "", signs: str = "") -> None:
        """Args: as for the classes below; words and signs are in lower case, between commas."""
        self.kind, self.pattern = kind, _pattern(patterns)
        self.words, self.signs = frozenset(_split(words)), _split(signs)

    def near(self, seen: Seen) -> Sequence[str] | None:
        """Pieces of a text by which some line may be of this kind; None if none can be."""
        raise NotImplementedError

    def holds(self, line: Line, near: Sequence[str]) -> bool:
        """Whether a line is of this kind, by some of those pieces."""
        raise NotImplementedError


class Furniture(Rule):
    """A short line whose first word begins as one of the heads, or that has a word or sign."""

    __slots__ = ("heads", "inside", "opening")

    longest = MAX_FURNITURE

    def __init__(
        self, kind: str, *patterns: str, heads: str, words: str = "", signs: str = ""
    ) -> None:
        super().__init__(kind, *patterns, words=words, signs=signs)
        self.heads = frozenset(word[:HEAD] for word in _split(heads))
        self.opening = _pattern([p for p in patterns if p.startswith("^")])
        self.inside = _pattern([p for p in patterns if not p.startswith("^")])

    def near(self, seen: Seen) -> Sequence[str] | None:
        """As in every rule."""
        if not seen.short:
            return None
        return [*(self.words & seen.words), *(s for s in self.signs if s in seen.short)]

    def holds(self, line: Line, near: Sequence[str]) -> bool:
        """As in every rule."""
        if line.head in self.heads and self.opening.match(line.text):
            return True
        return any(s in line.lowered for s in near) and bool(self.inside.search(line.text))


class Phrase(Rule):
    """A phrase in a line of any length: one of the signs, of which one of the words is a part."""

    __slots__ = ()

    def near(self, seen: Seen) -> Sequence[str] | None:
        """As in every rule."""
        if self.words.isdisjoint(seen.words):
            return None
        return [sign for sign in self.signs if sign in seen.lowered] or None

    def holds(self, line: Line, near: Sequence[str]) -> bool:
        """As in every rule."""
        if len(line.text) <= AROUND:
            return any(s in line.lowered for s in near) and bool(self.pattern.search(line.text))
        for sign in near:
            at = line.lowered.find(sign)
            while at >= 0:
                if self.pattern.search(line.text, max(at - AROUND, 0), at + AROUND):
                    return True
                at = line.lowered.find(sign, at + AROUND // 4)
        return False


class Mark(Rule):
    """What lost markup leaves, in a line of any length."""

    __slots__ = ("whole",)

    def __init__(self, kind: str, pattern: str, *, signs: str) -> None:
        super().__init__(kind, pattern, signs=signs)
        self.whole = re.compile(pattern, re.IGNORECASE | re.MULTILINE)

    def near(self, seen: Seen) -> Sequence[str] | None:
        """As in every rule."""
        if not any(sign in seen.lowered for sign in self.signs):
            return None
        return self.signs if self.whole.search(seen.text) else None

    def holds(self, line: Line, near: Sequence[str]) -> bool:
        """As in every rule."""
        del near
        return bool(self.pattern.search(line.text))
