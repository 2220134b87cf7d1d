"""Records of a data set that people made for a task: a field or two in, the document's text out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice, whole
from miner.types import Rejected, Task, Writing

if TYPE_CHECKING:
    from miner.types import Case, Mining

_SLOT = re.compile(r"\{(\w+)\}")
STYLE = "record"
"""Of instructions that a recipe words around what stands in a record."""


@dataclass(frozen=True)
class TaskRecord:
    """Needs documents whose text is a record's output; its other fields are in their meta.

    LongForm's fourth source: Natural Instructions, BIG-bench, error correction. `{name}` in a
    template stands for a field; so does `input`, which then is shown as the example's input.
    """

    needs_model: ClassVar[bool] = False
    name: str = "task_record"
    """The task's name in every row."""
    templates: tuple[str, ...] = ("{definition}",)
    """Wordings of the instruction; one that is "{definition}" alone takes the data set's own."""
    input: str = "input"
    """The field that is shown as input; empty if the templates hold all there is."""
    max_words: int = 1500
    """Of instruction and input."""

    def __post_init__(self) -> None:
        if not self.templates or not all(template.strip() for template in self.templates):
            raise ValueError("'templates' needs at least one, and none that is empty")
        if self.input and any(self.input in _SLOT.findall(t) for t in self.templates):
            raise ValueError(f"'{self.input}' is the input, and stands in a template too")

    def mine(self, case: Case) -> Mining:
        """One instruction a record."""
        yield from ()
        meta, text = case.document.meta, case.document.text
        template = dice(case, self.name).choice(self.templates)
        for field in (*_SLOT.findall(template), *([self.input] if self.input else ())):
            if not str(meta.get(field) or "").strip():
                return [Rejected("no_field", field)]
        asked = _SLOT.sub(lambda slot: str(meta[slot[1]]).strip(), template)
        shown = str(meta[self.input]).strip() if self.input else ""
        if not text.strip():
            return [Rejected("empty_output")]
        if len(f"{asked} {shown}".split()) > self.max_words:
            return [Rejected("too_long", asked[:120])]
        finding = Writing(asked, whole(case), STYLE)
        return [annotate(case, self.name, finding, meta={"input": shown})]


PART: type[Task] = TaskRecord
