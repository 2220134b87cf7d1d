"""Gopher's rules of repetition (Rae et al. 2021, table A1): lines, paragraphs and n-grams again."""

from __future__ import annotations

from dataclasses import dataclass

from miner.clean.analysis import LONGEST, analysis, duplicates
from miner.clean.verdict import Action, applies, not_applicable, verdict
from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class GopherRepetition:
    """Turn away what says the same again and again. Shares are of 1; n-grams are of words.

    Words are what white space parts, so the n-gram rules say nothing of scripts without spaces.

    Attributes:
        max_duplicate_lines: Of lines that came before.
        max_duplicate_paragraphs: Of paragraphs that came before.
        max_duplicate_line_chars: Of characters in such lines.
        max_duplicate_paragraph_chars: Of characters in such paragraphs.
        max_top_ngrams: Of characters in the most frequent 2-, 3- and 4-gram.
        max_duplicate_ngrams: Of characters in repeated 5- to 10-grams.
        languages: Those the rules hold for; others are tagged. Empty for all.
        action: Whether to drop, or to leave the figures as signals.
    """

    max_duplicate_lines: float = 0.30
    max_duplicate_paragraphs: float = 0.30
    max_duplicate_line_chars: float = 0.20
    max_duplicate_paragraph_chars: float = 0.20
    max_top_ngrams: tuple[float, ...] = (0.20, 0.18, 0.16)
    max_duplicate_ngrams: tuple[float, ...] = (0.15, 0.14, 0.13, 0.12, 0.11, 0.10)
    languages: tuple[str, ...] = ()
    action: Action = "drop"

    def __post_init__(self) -> None:
        if len(self.max_top_ngrams) > 9 or len(self.max_duplicate_ngrams) > 6:
            raise ValueError(f"n-grams are of up to {LONGEST} words")

    def clean(self, document: Document) -> Document | Rejected:
        """The document, or the first rule it breaks."""
        if not applies(document, self.languages):
            return not_applicable(document, "gopher_repetition")
        figures = self._figures(document.text)
        limits = self._limits()
        broken = [
            Rejected(name, f"{share:.3f}, at most {limits[name]:g}")
            for name, share in figures.items()
            if share > limits[name]
        ]
        return verdict(document, "gopher_repetition", self.action, broken, figures)

    def _figures(self, text: str) -> dict[str, float]:
        parts = analysis(text)
        chars = len(text) or 1
        lines, line_chars = duplicates(parts.lines)
        paragraphs, paragraph_chars = duplicates(parts.paragraphs)
        top = range(2, 2 + len(self.max_top_ngrams))
        repeated = range(5, 5 + len(self.max_duplicate_ngrams))
        return {
            "duplicate_lines": lines / max(len(parts.lines), 1),
            "duplicate_paragraphs": paragraphs / max(len(parts.paragraphs), 1),
            "duplicate_line_chars": line_chars / chars,
            "duplicate_paragraph_chars": paragraph_chars / chars,
            **{f"top_{n}_gram": parts.top_ngram_share(n) for n in top},
            **{f"duplicate_{n}_grams": parts.duplicate_ngram_share(n) for n in repeated},
        }

    def _limits(self) -> dict[str, float]:
        return {
            "duplicate_lines": self.max_duplicate_lines,
            "duplicate_paragraphs": self.max_duplicate_paragraphs,
            "duplicate_line_chars": self.max_duplicate_line_chars,
            "duplicate_paragraph_chars": self.max_duplicate_paragraph_chars,
            **{f"top_{n}_gram": limit for n, limit in enumerate(self.max_top_ngrams, 2)},
            **{
                f"duplicate_{n}_grams": limit
                for n, limit in enumerate(self.max_duplicate_ngrams, 5)
            },
        }


PART: type[Cleaner] = GopherRepetition
