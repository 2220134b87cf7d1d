"""The letter of an option, or several with commas between them."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class Letter:
    """Options are lettered A, B, C; the letter after the last one means none of them."""

    holds: ClassVar[frozenset[str]] = frozenset({"Labels", "Choice"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer with the letter only.",
        "Reply with just the letter of your choice.",
        "Give only the letter.",
    )

    several: ClassVar[tuple[str, ...]] = (
        "Answer with the letters of all that apply, separated by commas.",
        "Give the letters of the fitting options, with commas between them.",
    )
    """The same where several options may be right."""

    def render(self, content: Content) -> str | Rejected:
        """The letters of the chosen options."""
        options = content.frame.options
        if len(options) + 1 > len(string.ascii_uppercase):
            return Rejected("cannot_hold", "letter: more options than letters")
        places = [options.index(str(row[0])) for row in content.records]
        return ", ".join(mark(i) for i in places or [len(options)])

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The options whose letters are given."""
        letters = [mark(i) for i in range(len(frame.options) + 1)]
        chosen = text.split(", ")
        if any(letter not in letters for letter in chosen):
            raise fail("not a letter of an option")
        places = [letters.index(letter) for letter in chosen]
        return tuple((frame.options[i],) for i in places if i < len(frame.options))


def mark(place: int) -> str:
    """The letter of the option at this place."""
    return string.ascii_uppercase[place]


PART: type[Format] = Letter
