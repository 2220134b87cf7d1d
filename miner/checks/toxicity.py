"""No term of the named word lists in an instruction or an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from miner.clean.word_list import UNSPACED, Terms
from miner.errors import SourceError
from miner.text import base_language
from miner.types import Check, Document, Example, Rejected


@dataclass(frozen=True)
class Toxicity:
    """Refuses examples that use a term of the list of their language."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    lists: Mapping[str, str]
    """For each language code a file with a term a line, such as LDNOOBW's."""
    written_only: bool = False
    """Whether only the instruction is looked at: what a model or a template wrote."""

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if no term is found, or if there is no list for the language."""
        del documents
        terms = self._terms.get(base_language(item.language) or "en")
        if terms is None:
            return None
        parts = [item.instruction] if self.written_only else [item.instruction, item.output]
        found = sorted({term for part in parts for term in terms.find(part)})
        return Rejected("listed_term", ", ".join(found[:5])) if found else None

    @cached_property
    def _terms(self) -> Mapping[str, Terms]:
        return {code: _read(Path(name), code) for code, name in self.lists.items()}


def _read(path: Path, language: str) -> Terms:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot read the word list: {error}") from error
    return Terms(lines, inside_words=language in UNSPACED)


PART: type[Check] = Toxicity
