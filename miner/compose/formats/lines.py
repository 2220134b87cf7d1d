"""One thing found on each line, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from miner.types import Rejected

if TYPE_CHECKING:
    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format


class Lines:
    """For rows of one field; nothing at all is refused."""

    holds: ClassVar[frozenset[str]] = frozenset({"Phrases", "Answers"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Write each one on a line of its own.",
        "One per line, nothing else.",
        "Put every item on its own line.",
    )

    def render(self, content: Content) -> str | Rejected:
        """A line a row."""
        texts = [str(row[0]) for row in content.records]
        if not texts or any("\n" in text or not text for text in texts):
            return Rejected("cannot_hold", "lines: nothing, or an item of several lines")
        return "\n".join(texts)

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """A row a line."""
        del frame
        return tuple((line,) for line in text.split("\n"))


PART: type[Format] = Lines
