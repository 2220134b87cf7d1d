"""A model finds entities, triples, events or attributes without a schema of labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from miner.tasks.asking import Asking
from miner.tasks.attributes import AttributeExtraction
from miner.tasks.entities import EntityExtraction
from miner.tasks.events import EventExtraction
from miner.tasks.relations import RelationExtraction

if TYPE_CHECKING:
    from miner.types import Case, Mining, Task


@dataclass(frozen=True)
class OpenExtraction:
    """What is found carries the model's or the text's own labels: nothing is looked for by name."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    find: Literal["entities", "triples", "events", "attributes"] = "triples"
    passages: int = 1
    max_words: int = 180
    asking: Asking = field(default_factory=Asking)

    @property
    def name(self) -> str:
        """The task's name in every row."""
        return f"open_{self.find}"

    def mine(self, case: Case) -> Mining:
        """One annotation a passage."""
        settings = ("", self.passages, self.max_words, self.asking)
        task: Task
        if self.find == "entities":
            task = EntityExtraction(*settings)
        elif self.find == "triples":
            task = RelationExtraction(*settings)
        elif self.find == "events":
            task = EventExtraction(*settings)
        else:
            task = AttributeExtraction(*settings)
        return task.mine(case)


PART: type[Task] = OpenExtraction
