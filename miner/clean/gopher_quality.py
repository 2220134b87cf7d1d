"""Gopher's rules of quality (Rae et al. 2021, table A1), on words, symbols and lines."""

from __future__ import annotations

from dataclasses import dataclass

from miner.clean.analysis import Analysis, analysis
from miner.clean.verdict import Action, applies, not_applicable, verdict
from miner.types import Cleaner, Document, Rejected

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
BULLETS = ("•", "-", "*", "‣", "◦", "▪", "●", "–")


@dataclass(frozen=True)
class GopherQuality:
    """Turn away what has not the shape of written language.

    Attributes:
        min_words: Fewest words.
        max_words: Most words.
        min_mean_word_chars: Shortest mean word.
        max_mean_word_chars: Longest mean word.
        max_symbols: Most "#", or ellipses, to a word.
        max_bullet_lines: Largest share of lines that begin with a bullet.
        max_ellipsis_lines: Largest share of lines that end in an ellipsis.
        min_letter_words: Smallest share of words that have a letter.
        min_stop_words: Fewest of the stop words that occur.
        stop_words: Frequent words of the language, in lower case.
        languages: Those the rules hold for; others are tagged. Empty for all.
        action: Whether to drop, or to leave the figures as signals.
    """

    min_words: int = 50
    max_words: int = 100_000
    min_mean_word_chars: float = 3.0
    max_mean_word_chars: float = 10.0
    max_symbols: float = 0.1
    max_bullet_lines: float = 0.9
    max_ellipsis_lines: float = 0.3
    min_letter_words: float = 0.8
    min_stop_words: int = 2
    stop_words: tuple[str, ...] = STOP_WORDS
    languages: tuple[str, ...] = ("en",)
    action: Action = "drop"

    def clean(self, document: Document) -> Document | Rejected:
        """The document, or the first rule it breaks."""
        if not applies(document, self.languages):
            return not_applicable(document, "gopher_quality")
        figures = self._figures(analysis(document.text))
        return verdict(document, "gopher_quality", self.action, self._broken(figures), figures)

    def _figures(self, text: Analysis) -> dict[str, float]:
        words, lines = len(text.words) or 1, len(text.lines) or 1
        ellipses = text.text.count("...") + text.text.count("…")
        return {
            "words": len(text.words),
            "mean_word_chars": text.word_chars / words,
            "hashes": text.text.count("#") / words,
            "ellipses": ellipses / words,
            "bullet_lines": sum(line.startswith(BULLETS) for line in text.lines) / lines,
            "ellipsis_lines": (
                sum(line.endswith(("...", "…")) for line in text.lines) / lines if ellipses else 0
            ),
            "letter_words": 1 - text.wordless / words,
            "stop_words": text.count_of(self.stop_words),
        }

    def _broken(self, figures: dict[str, float]) -> list[Rejected]:
        bounds = (
            ("words", self.min_words, self.max_words),
            ("mean_word_chars", self.min_mean_word_chars, self.max_mean_word_chars),
            ("hashes", 0, self.max_symbols),
            ("ellipses", 0, self.max_symbols),
            ("bullet_lines", 0, self.max_bullet_lines),
            ("ellipsis_lines", 0, self.max_ellipsis_lines),
            ("letter_words", self.min_letter_words, 1),
            ("stop_words", self.min_stop_words, len(self.stop_words)),
        )
        return [
            Rejected(f"{'few' if figures[name] < least else 'much'}_{name}", f"{figures[name]:.4g}")
            for name, least, most in bounds
            if not least <= figures[name] <= most
        ]


PART: type[Cleaner] = GopherQuality
