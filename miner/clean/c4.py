"""The line and page rules of C4 (Raffel et al. 2020, section 2.2).

Deviations: sentences are counted by their closing marks and not by a tokeniser, and one empty line
between two kept ones stays, since paragraphs are of use later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from miner.clean.verdict import Action, applies, not_applicable, verdict
from miner.edits import Edit, edited, without_end
from miner.types import Cleaner, Document, Rejected

TERMINAL = (".", "?", "!", '"', "'", "”", "’", "。", "？", "！", "…")
POLICY = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_CITATION = re.compile(r"\[(?:[0-9]{0,4}|edit|citation needed)\]")
# A pattern that begins with a set of characters is found four times as fast as a choice of two. A
# run of marks is tried at its first one only: from each of them, it would take the square of it.
_SENTENCE_END = re.compile(r"[.!?。！？](?:(?<=[。！？])|(?<![.!?][.!?])[.!?]*[\"'”’)\]]*(?:\s|$))")


@dataclass(frozen=True)
class C4:
    """Drop lines that are no prose, then pages with too little left or signs of no prose.

    Attributes:
        terminal_punctuation: Whether a line must end in a mark that ends sentences.
        min_words: Fewest words of a line.
        max_word_chars: A line with a longer word goes.
        min_sentences: Fewest sentences of what is left of the page; 0 for no such rule. The
            published corpus has pages of 3; FineWeb asks for 5.
        lorem_ipsum: Whether a page with this dummy text goes.
        curly_brace: Whether a page with a brace goes, as being code.
        javascript: Whether lines that speak of it go.
        policy: Whether lines on cookies and terms go.
        citations: Whether marks such as [1] and [citation needed] are cut out.
        languages: Those the rules hold for; others are tagged. Empty for all.
        action: Whether to drop; or to leave the text as it is and its figures as signals.
    """

    terminal_punctuation: bool = True
    min_words: int = 3
    max_word_chars: int = 1000
    min_sentences: int = 3
    lorem_ipsum: bool = True
    curly_brace: bool = True
    javascript: bool = True
    policy: bool = True
    citations: bool = True
    languages: tuple[str, ...] = ("en",)
    action: Action = "drop"

    def clean(self, document: Document) -> Document | Rejected:
        """The document without the lines that break a rule, or the page's broken rule."""
        if not applies(document, self.languages):
            return not_applicable(document, "c4")
        text = document.text
        broken = self._page(text)
        if broken and self.action == "drop":
            return broken[0]
        edits, lines, dropped = self._edits(text)
        left = without_end(edited(document, edits)) if edits else document
        sentences = len(_SENTENCE_END.findall(left.text))
        if not left.text:
            broken.append(Rejected("no_lines", f"none of {lines} lines is left"))
        elif sentences < self.min_sentences:
            detail = f"{sentences} sentences, at least {self.min_sentences}"
            broken.append(Rejected("too_few_sentences", detail))
        figures = {"lines": lines, "dropped_lines": dropped, "sentences": sentences}
        return verdict(
            left if self.action == "drop" else document, "c4", self.action, broken, figures
        )

    def _page(self, text: str) -> list[Rejected]:
        broken = []
        if self.curly_brace and "{" in text:
            broken.append(Rejected("curly_brace"))
        if self.lorem_ipsum and "lorem ipsum" in text.lower():
            broken.append(Rejected("lorem_ipsum"))
        return broken

    def _edits(self, text: str) -> tuple[list[Edit], int, int]:
        """What to cut out; lines that are not empty; how many of them go."""
        edits: list[Edit] = []
        lines = dropped = 0
        was_empty = True  # an empty line stays after a kept line only
        for start, line in _lines(text):
            content = line.strip()
            lines += bool(content)
            if content and self._keeps(content):
                was_empty = False
                if self.citations and "[" in line:
                    edits += [
                        (start + m.start(), start + m.end(), "") for m in _CITATION.finditer(line)
                    ]
            elif content or was_empty:
                dropped += bool(content)
                edits.append((start, start + len(line), ""))
            else:
                was_empty = True
        return edits, lines, dropped

    def _keeps(self, line: str) -> bool:
        if self.citations and "[" in line:
            line = _CITATION.sub("", line).rstrip()
        if self.terminal_punctuation and (not line.endswith(TERMINAL) or line.endswith("...")):
            return False
        if len(line.split(None, self.min_words)) < self.min_words:
            return False
        if len(line) > self.max_word_chars < max(map(len, line.split())):
            return False
        lower = line.lower()
        if self.javascript and "javascript" in lower:
            return False
        return not (self.policy and any(phrase in lower for phrase in POLICY))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Start and content of each line, its end included."""
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line
        start += len(line)


PART: type[Cleaner] = C4
