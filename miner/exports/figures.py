"""Counts over the examples of a run, which card and report share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.types import Example

SPLITS = ("train", "validation", "test")


@dataclass
class Counts:
    """How many examples of each kind there are."""

    examples: int = 0
    by: dict[str, Counter[str]] = field(default_factory=dict)
    """Name of a column to its values to numbers of examples."""
    documents: dict[str, tuple[str, str, str, str]] = field(default_factory=dict)
    """Document to its url, title, source and licence."""
    characters: Counter[str] = field(default_factory=Counter)

    def add(self, example: Example) -> None:
        """Count one more."""
        self.examples += 1
        values = {
            "task": example.task,
            "split": example.split,
            "language": example.language or "unknown",
            "style": example.style or "none",
            "format": example.format or "text",
            "model": example.model or "none",
            "node": " / ".join(example.node) or "none",
        }
        self._tally(values)
        for part in ("instruction", "input", "output"):
            self.characters[part] += len(getattr(example, part))
        for place, id in enumerate(example.documents):
            self.documents[id] = (
                _at(example.url, place),
                _at(example.title, place),
                _at(example.source, place) or "unknown",
                _at(example.license, place) or "unknown",
            )

    def add_document(self, row: Mapping[str, Any]) -> None:
        """Count one row of a data set of documents, as an example of its own."""
        self.examples += 1
        language, node = row["language"] or "unknown", " / ".join(row["node"])
        self._tally({"split": "train", "language": language, "node": node})
        self.documents[row["id"]] = (
            row["url"],
            row["title"],
            row["source"] or "unknown",
            row["license"] or "unknown",
        )

    def _tally(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self.by.setdefault(name, Counter())[value] += 1

    def of(self, name: str) -> Mapping[str, int]:
        """Values of a column with their numbers, most first, then by name."""
        return dict(sorted(self.by.get(name, Counter()).items(), key=lambda kv: (-kv[1], kv[0])))

    def licences(self) -> Mapping[str, int]:
        """Licences, as the sources word them, with numbers of documents."""
        return _tally(licence for *_, licence in self.documents.values())

    def sources(self) -> Mapping[str, int]:
        """Sources with numbers of documents."""
        return _tally(source for _, _, source, _ in self.documents.values())

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that hold an example, in the usual order; train if there is none at all."""
        found = set(self.by.get("split", ()))
        ordered = [s for s in SPLITS if s in found] + sorted(found.difference(SPLITS))
        return tuple(ordered) or ("train",)


def count(examples: Iterable[Example]) -> Counts:
    """Count examples in one pass."""
    counts = Counts()
    for example in examples:
        counts.add(example)
    return counts


def _at(values: tuple[str, ...], place: int) -> str:
    return values[place] if place < len(values) else ""


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda kv: (-kv[1], kv[0])))
