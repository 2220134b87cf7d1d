"""Identify the language, with its probability, by py3langid on the first 200 characters."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from miner.clean.verdict import Action, tagged
from miner.errors import RecipeError, choices
from miner.languages import identifier
from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class Language:
    """Name a document's language, and turn away other languages.

    The first 200 characters tell it as surely as all of them (.956 of web pages right), 25 times as
    fast. What the source says of the language stands, unless `override` is set.

    Attributes:
        keep: Languages to keep, as codes of ISO 639-1; empty for all.
        among: Languages to choose from, where a corpus is known to hold no others; empty for the
            140 that the model knows. Short texts are told apart more surely among few.
        min_probability: Least probability with which a language counts as known.
        chars: How many characters are looked at.
        override: Whether to put what is found in place of what the source says.
        action: Whether to drop other languages, or only to name them.
    """

    keep: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    min_probability: float = 0.5
    chars: int = 200
    override: bool = False
    action: Action = "drop"

    def clean(self, document: Document) -> Document | Rejected:
        """The document with its language and the signal `language.probability`."""
        language, probability = self._language(document)
        if (
            self.action == "drop"
            and self.keep
            and language.partition("-")[0].lower() not in self.keep
        ):
            found = f"{language or 'unknown'}, probability {probability:.2f}"
            return Rejected("other_language", found)
        return tagged(document, {"language.probability": round(probability, 4)}, language)

    def _language(self, document: Document) -> tuple[str, float]:
        if document.language and not self.override:
            return document.language, 1.0
        start = document.text.lstrip()[: self.chars]
        language, probability = _among(self.among).classify(start)
        known = probability >= self.min_probability and language != "zxx"
        return (language if known else ""), float(probability)


@functools.cache
def _among(languages: tuple[str, ...]) -> Any:
    if unknown := set(languages) - set(labels := identifier().labels):
        name = min(unknown)
        raise RecipeError(f"language: among: no language '{name}'; {choices(name, labels)}")
    return identifier(languages)


PART: type[Cleaner] = Language
