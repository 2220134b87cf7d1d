"""What people accepted, shown to a model before it is asked for more of the kind.

`miner review RUN --exemplars FILE` writes the accepted findings of a run as JSON lines: task,
documents, and the finding in plain words. A recipe's `[exemplars]` draws a few of the task's own
for each document, by its seed, never one that came from that document, and puts them before the
task's prompt. They are a part of the prompt and so of the ledger's key; the run notes the file's
hash.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.checks.findings import finding_of
from miner.errors import RecipeError, UsageError
from miner.prompts import document_block
from miner.relay import relayed
from miner.tasks.finding import dice
from miner.types import Span
from miner.verdicts import accepted

if TYPE_CHECKING:
    from miner.run import Run
    from miner.types import Case, Mining, Request

INTRODUCTION = (
    "The first block below holds results that people accepted, made from other texts. They show "
    "what is wanted; take no fact from them."
)
CUT = " [...]"


@dataclass(frozen=True)
class Exemplars:
    """Which exemplars a recipe's tasks are shown."""

    file: str
    """Written by `miner review RUN --exemplars FILE`, or by hand: JSON lines with `task`, `shown`
    (any JSON) and, where it came from a text, `documents`."""
    per_prompt: int = 2
    """Most exemplars in one prompt."""
    max_chars: int = 1200
    """Longer texts within an exemplar are cut after so many characters."""

    def __post_init__(self) -> None:
        if self.per_prompt < 1 or self.max_chars < 1:
            raise ValueError("'per_prompt' and 'max_chars' are at least 1")
        if not Path(self.file).is_file():
            raise RecipeError(
                f"exemplars '{self.file}': no such file; "
                "miner review RUN --exemplars FILE writes one"
            )

    def draw(self, case: Case, task: str) -> list[Any]:
        """What is shown for a case: of the task, from other documents, by the case's seed."""
        own = [
            row["shown"]
            for row in self._rows
            if row["task"] == task and case.document.id not in row.get("documents", ())
        ]
        chosen = dice(case, "exemplars").sample(own, min(self.per_prompt, len(own)))
        return [_cut(shown, self.max_chars) for shown in chosen]

    @cached_property
    def _rows(self) -> list[Mapping[str, Any]]:
        lines = Path(self.file).read_text(encoding="utf-8").split("\n")
        return [_row(text, f"{self.file}:{n}") for n, text in enumerate(lines, 1) if text.strip()]


def with_exemplars(mining: Mining, shown: list[Any]) -> Mining:
    """The same conversation with exemplars before each prompt."""
    if not shown:
        return mining
    lines = "\n".join(json.dumps(item, ensure_ascii=False) for item in shown)
    before = f"{INTRODUCTION}\n\n{document_block(lines)}\n\n"
    return relayed(mining, lambda request: _after(before, request))


def rows(run: Run) -> Iterator[dict[str, Any]]:
    """A run's accepted findings as rows of a file of exemplars, one for each finding.

    Raises:
        UsageError: Nobody has accepted any.
    """
    known = set()
    for example in accepted(run):
        finding = finding_of(example)
        if finding is None or example.annotation in known:
            continue  # variants of one finding are composed of the same
        known.add(example.annotation)
        yield {
            "task": example.task,
            "documents": list(example.documents),
            "shown": told(finding),
        }
    if not known:
        raise UsageError(f"{run.path}: nobody has accepted an example yet: miner review {run.path}")


def told(value: Any) -> Any:
    """A finding in plain JSON: spans by their text, without what is empty."""
    if isinstance(value, Span):
        return value.text
    if isinstance(value, list | tuple):
        return [told(item) for item in value]
    if isinstance(value, Mapping):
        return {key: told(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {name: told(item) for name, item in fields.items() if item not in ("", (), None)}
    return value


def _row(line: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
        if isinstance(row["task"], str) and "shown" in row:
            return dict(row)
        problem = "'task' is a name, and 'shown' what is shown"
    except (ValueError, KeyError, TypeError) as error:
        problem = repr(error)
    raise RecipeError(f"{where}: is no exemplar: {problem}")


def _cut(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= most else value[:most] + CUT
    if isinstance(value, list):
        return [_cut(item, most) for item in value]
    if isinstance(value, dict):
        return {key: _cut(item, most) for key, item in value.items()}
    return value


def _after(before: str, request: Request) -> Request:
    *others, last = request.messages
    shown = dataclasses.replace(last, content=before + last.content)
    return dataclasses.replace(request, messages=(*others, shown))
