"""The label itself, or several with commas between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.compose.formats.json_text import fail
from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format

NONE = "None of these"
"""What is answered where no option applies."""


class Label:
    """The option's own words."""

    holds: ClassVar[frozenset[str]] = frozenset({"Labels", "Choice"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Answer with the option's name only.",
        "Reply with the name of the option and nothing else.",
        "Just give the right option, word for word.",
    )

    several: ClassVar[tuple[str, ...]] = (
        "Answer with the names of all that apply, separated by commas.",
        "Give the names of the fitting options, with commas between them.",
    )
    """The same where several options may be right."""

    def render(self, content: Content) -> str | Rejected:
        """The chosen options."""
        options = content.frame.options
        chosen = [str(row[0]) for row in content.records]
        if NONE in options or (len(chosen) > 1 and any(", " in option for option in options)):
            return Rejected("cannot_hold", "label: options that contain the separator")
        return ", ".join(chosen) or NONE

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The options that are named."""
        if text == NONE:
            return ()
        chosen = [text] if text in frame.options else text.split(", ")
        if any(option not in frame.options for option in chosen):
            raise fail("not an option")
        return tuple((option,) for option in chosen)


PART: type[Format] = Label
