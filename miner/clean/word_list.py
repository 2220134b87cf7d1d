"""Turn away texts that hold words of a list, such as LDNOOBW, by language."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from miner.clean.verdict import Action, base_language, not_applicable, verdict
from miner.errors import SourceError
from miner.shingles import known_tokens, tokens
from miner.types import Cleaner, Document, Rejected

UNSPACED = {"ja", "zh", "th", "km", "lo", "my"}
"""Languages written without spaces: there a term is found inside of words too."""


class Terms:
    """Terms that are found in a text as whole words, whatever their case."""

    def __init__(self, terms: Iterable[str], *, inside_words: bool = False) -> None:
        self._by_first: dict[str, list[list[str]]] = {}
        self._literal: list[str] = []
        for term in sorted({t.strip().lower() for t in terms} - {""}):
            words = tokens(term)
            if inside_words or "".join(words) != re.sub(r"[\s'’-]", "", term):
                self._literal.append(term)  # signs are part of it, or there are no words
            else:
                self._by_first.setdefault(words[0], []).append(words)
        self._firsts = frozenset(self._by_first)
        self._inside_words = inside_words

    def find(self, text: str) -> list[str]:
        """The terms that occur, each once, in alphabetical order."""
        words = known_tokens(text) if self._firsts else ()
        near = [
            term
            for first in self._firsts.intersection(words)
            for term in self._by_first[first]
            if all(word in words for word in term[1:])
        ]
        # Few texts hold all words of a term, and are looked at for their order.
        joined = f" {' '.join(words)} " if any(len(term) > 1 for term in near) else ""
        terms = map(" ".join, near)
        found = [t for t in terms if " " not in t or f" {t} " in joined]
        lower = text.lower() if self._literal else ""
        return sorted(found + [t for t in self._literal if t in lower and self._stands(t, lower)])

    def _stands(self, term: str, text: str) -> bool:
        return self._inside_words or bool(re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text))


@dataclass(frozen=True)
class WordList:
    """Count the terms of a list that a text holds. Longer than C4's rule: it can bear some.

    Attributes:
        lists: For each language code a file with a term a line.
        max_terms: Most distinct terms that are borne.
        action: Whether to drop, or to leave the count as a signal.
    """

    lists: Mapping[str, str]
    max_terms: int = 0
    action: Action = "drop"

    def __post_init__(self) -> None:
        if not self.lists:
            raise ValueError(
                "lists is empty; name a file for each language, such as en = 'words.txt'"
            )

    def clean(self, document: Document) -> Document | Rejected:
        """The document, or Rejected("terms") without naming them.

        A document of unknown language is looked at with every list.
        """
        languages = [base_language(document)] if document.language else list(self.lists)
        paths = [(code, self.lists[code]) for code in languages if code in self.lists]
        if not paths:
            return not_applicable(document, "word_list")
        count = len({t for code, path in paths for t in _terms(code, path).find(document.text)})
        broken = [Rejected("terms", f"{count} of the list")] if count > self.max_terms else []
        return verdict(document, "word_list", self.action, broken, {"terms": count})


@functools.lru_cache(maxsize=64)
def _terms(language: str, path: str) -> Terms:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"word list for '{language}': {path}: {error}") from error
    return Terms(lines, inside_words=language in UNSPACED)


PART: type[Cleaner] = WordList
