"""Turn away documents that hold questions of benchmarks, from lists that the user names."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from miner.clean.verdict import Action, verdict
from miner.contamination import Benchmarks
from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class Contamination:
    """Look for benchmark questions by runs of words (see miner.contamination).

    Attributes:
        questions: Files of JSON lines with the questions.
        skip: Beginnings of the names of benchmarks that are left out, such as those whose questions
            are the same few sentences.
        action: Whether to drop, or to leave the overlap as a signal.
    """

    questions: tuple[str, ...]
    skip: tuple[str, ...] = ()
    action: Action = "drop"

    def __post_init__(self) -> None:
        if not self.questions:
            raise ValueError(
                "questions is empty; name files of JSON lines with benchmark questions"
            )

    def clean(self, document: Document) -> Document | Rejected:
        """The document, or Rejected("benchmark") with the benchmark's name."""
        hit = _benchmarks(self.questions, self.skip).find(document.text)
        if hit is None:
            return verdict(document, "contamination", self.action, [], {"overlap": 0.0})
        broken = [Rejected("benchmark", f"{hit.benchmark}: {hit.words} words of a question")]
        return verdict(document, "contamination", self.action, broken, {"overlap": hit.overlap})


@functools.lru_cache(maxsize=4)
def _benchmarks(paths: tuple[str, ...], skip: tuple[str, ...]) -> Benchmarks:
    return Benchmarks.read([Path(path) for path in paths], skip)


PART: type[Cleaner] = Contamination
