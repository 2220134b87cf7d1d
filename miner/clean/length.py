"""Turn away texts that are too short or too long, in characters or words."""

from __future__ import annotations

from dataclasses import dataclass

from miner.clean.verdict import Action, verdict
from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class Length:
    """Bounds on a text's length; 0 is no bound. White space at the ends does not count.

    Attributes:
        min_chars: Fewest characters.
        max_chars: Most characters.
        min_words: Fewest words, as white space parts them: not for scripts without spaces.
        max_words: Most words.
        action: Whether to drop, or to leave the figures as signals.
    """

    min_chars: int = 100
    max_chars: int = 500_000
    min_words: int = 0
    max_words: int = 0
    action: Action = "drop"

    def clean(self, document: Document) -> Document | Rejected:
        """The document, or which bound it breaks."""
        chars = len(document.text.strip())
        words = len(document.text.split()) if self._counts_words else 0
        broken = [
            *_outside(chars, self.min_chars, self.max_chars, "chars"),
            *_outside(words, self.min_words, self.max_words, "words"),
        ]
        return verdict(document, "length", self.action, broken, {"chars": chars, "words": words})

    @property
    def _counts_words(self) -> bool:
        return bool(self.min_words or self.max_words or self.action == "tag")


def _outside(count: int, least: int, most: int, unit: str) -> list[Rejected]:
    if least and count < least:
        return [Rejected("too_short", f"{count} {unit}, at least {least}")]
    if most and count > most:
        return [Rejected("too_long", f"{count} {unit}, at most {most}")]
    return []


PART: type[Cleaner] = Length
