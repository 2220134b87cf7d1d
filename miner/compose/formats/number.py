"""The number of an option, or several with commas between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class Number:
    """Options are numbered from 1; the number after the last one means none of them."""

    holds: ClassVar[frozenset[str]] = frozenset({"Labels", "Choice"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer with the number only.",
        "Reply with just the number of your choice.",
        "Give only the number of the right option.",
    )

    several: ClassVar[tuple[str, ...]] = (
        "Answer with the numbers of all that apply, separated by commas.",
        "Give the numbers of the fitting options, with commas between them.",
    )
    """The same where several options may be right."""

    def render(self, content: Content) -> str:
        """The numbers of the chosen options."""
        options = content.frame.options
        places = [options.index(str(row[0])) for row in content.records]
        return ", ".join(str(i + 1) for i in places or [len(options)])

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The options whose numbers are given."""
        places = [int(number) - 1 for number in text.split(", ")]
        if any(not 0 <= place <= len(frame.options) for place in places):
            raise fail("not the number of an option")
        return tuple((frame.options[i],) for i in places if i < len(frame.options))


PART: type[Format] = Number
