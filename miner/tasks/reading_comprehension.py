"""A model asks questions on passages; answers stand in the text, or rest on quotes from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from miner.tasks.asking import Asking, language_name
from miner.tasks.finding import dice
from miner.tasks.forms import FORMS
from miner.tasks.reading import Ask, Found, Shown, one_round, paired, single
from miner.types import Rejected, Task

if TYPE_CHECKING:
    from miner.tasks.asking import Items
    from miner.types import Case, Mining

Form = Literal[
    "extractive", "multi_span", "abstractive", "yes_no", "multiple_choice", "unanswerable",
    "conversational", "multi_hop", "coreference", "word_sense", "sentence_completion",
]  # fmt: skip


@dataclass(frozen=True)
class ReadingComprehension:
    """Forms take turns over the passages, so that each form sees every part of a document."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    forms: tuple[Form, ...] = (
        "extractive", "multi_span", "abstractive", "yes_no", "multiple_choice", "unanswerable",
        "conversational", "multi_hop", "coreference", "word_sense", "sentence_completion",
    )  # fmt: skip
    passages: int = 3
    questions: int = 2
    """Questions of one form on one passage; in a conversation, twice as many turns."""
    wrong_options: int = 3
    neighbours: bool = False
    """Whether multi_hop's second passage is of another document chosen for the node. A node's
    documents then share a split."""
    max_words: int = 220
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        if not self.forms:
            raise ValueError("'forms' is empty")
        if self.questions < 1 or self.passages < 1 or self.wrong_options < 1:
            raise ValueError("'passages', 'questions' and 'wrong_options' are at least 1")

    @property
    def wants_neighbours(self) -> bool:
        """Whether a form looks at a second document."""
        return self.neighbours and "multi_hop" in self.forms

    def mine(self, case: Case) -> Mining:
        """All requests in one round."""
        turn = dice(case, "reading_comprehension").randrange(len(self.forms))
        return one_round(
            case,
            "reading_comprehension",
            [
                self._ask(shown, self.forms[(turn + i) % len(self.forms)])
                for i, shown in enumerate(single(case, self.passages, self.max_words))
            ],
        )

    def _ask(self, shown: Shown, name: str) -> Ask | Rejected:
        form = FORMS[name]
        if form.passages == 2:
            pair = paired(shown.case, shown.passages[0], self.max_words)
            if isinstance(pair, Rejected):
                return pair
            shown = pair
        count = self.questions * form.times
        slots = {"count": str(count), "language": language_name(shown.case)}
        if form.chooses:
            slots["wrong"] = str(self.wrong_options)
        request = self.asking.request(
            shown.case, f"question_{name}", shown.block, form.schema, **slots
        )
        return Ask(shown, request, partial(self._read, shown, name, count), name)

    def _read(self, shown: Shown, name: str, count: int, data: Items) -> list[Found | Rejected]:
        made = FORMS[name].read(shown, data["items"][:count], self.wrong_options)
        return [
            Found(item.finding, {**item.meta, "form": name}) if isinstance(item, Found) else item
            for item in made
        ]


PART: type[Task] = ReadingComprehension
