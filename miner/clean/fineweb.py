"""FineWeb's own rules (Penedo et al. 2024, section 3.5): lists, menus and repeated lines."""

from __future__ import annotations

from dataclasses import dataclass

from miner.clean.analysis import analysis, duplicates
from miner.clean.c4 import TERMINAL
from miner.clean.verdict import Action, applies, not_applicable, verdict
from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class FineWeb:
    """Turn away pages whose lines are no sentences.

    Attributes:
        min_punctuated_lines: Smallest share of lines that end in a mark that ends sentences.
        max_short_lines: Largest share of short lines.
        short_line_chars: Longest line that counts as short.
        max_duplicate_line_chars: Largest share of characters in lines that came before.
        max_new_lines: Most line ends to a word.
        languages: Those the rules hold for; others are tagged. Empty for all.
        action: Whether to drop, or to leave the figures as signals.
    """

    min_punctuated_lines: float = 0.12
    max_short_lines: float = 0.67
    short_line_chars: int = 30
    max_duplicate_line_chars: float = 0.01
    max_new_lines: float = 0.3
    languages: tuple[str, ...] = ("en",)
    action: Action = "drop"

    def clean(self, document: Document) -> Document | Rejected:
        """The document, or the first rule it breaks."""
        if not applies(document, self.languages):
            return not_applicable(document, "fineweb")
        text = analysis(document.text)
        count = len(text.lines) or 1
        chars = sum(map(len, text.lines)) or 1
        figures = {
            "punctuated_lines": sum(line.endswith(TERMINAL) for line in text.lines) / count,
            "short_lines": sum(len(line) <= self.short_line_chars for line in text.lines) / count,
            "duplicate_line_chars": duplicates(text.lines)[1] / chars,
            "new_lines": document.text.count("\n") / (len(text.words) or 1),
        }
        least = {"punctuated_lines": self.min_punctuated_lines}
        most = {
            "short_lines": self.max_short_lines,
            "duplicate_line_chars": self.max_duplicate_line_chars,
            "new_lines": self.max_new_lines,
        }
        broken = [
            Rejected(name, f"{share:.3f}")
            for name, share in figures.items()
            if share < least.get(name, 0) or share > most.get(name, 1)
        ]
        return verdict(document, "fineweb", self.action, broken, figures)


PART: type[Cleaner] = FineWeb
