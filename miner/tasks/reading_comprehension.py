"""A model asks questions on passages; answers stand in the text, or rest on quotes from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from miner.tasks.asking import TEXT, Asking, language_name, object_schema
from miner.tasks.finding import dice
from miner.tasks.forms import FORMS
from miner.tasks.reading import Ask, Found, Shown, one_round, paired, single
from miner.types import Annotation, Answers, Rejected, Reply, Task

if TYPE_CHECKING:
    from miner.tasks.asking import Items
    from miner.types import Case, Mining

Form = Literal[
    "extractive", "multi_span", "abstractive", "yes_no", "multiple_choice", "unanswerable",
    "conversational", "multi_hop", "coreference", "word_sense", "sentence_completion",
]  # fmt: skip
_ABSENT = object_schema(answered={"type": "boolean"}, quote=TEXT)


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
    check_absent: bool = True
    """Whether each unanswerable question is put to the model once more, in a second round."""
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
        """All questions in one round; then those without an answer, to be sure of it."""
        turn = dice(case, "reading_comprehension").randrange(len(self.forms))
        found = yield from one_round(
            case,
            "reading_comprehension",
            [
                self._ask(shown, self.forms[(turn + i) % len(self.forms)])
                for i, shown in enumerate(single(case, self.passages, self.max_words))
            ],
        )
        return (yield from self._checked(case, found)) if self.check_absent else found

    def _checked(self, case: Case, found: list[Annotation | Rejected]) -> Mining:
        """What was found, without questions that the model finds an answer to when asked again."""
        checking = replace(self.asking, prompt="", temperature=0.0)
        asked = {
            item.id: checking.request(
                case, "question_absent", item.finding.text.text, _ABSENT,
                question=item.finding.question, language=language_name(case),
            )
            for item in found
            if isinstance(item, Annotation)
            and isinstance(item.finding, Answers)
            and item.meta["form"] == "unanswerable"
        }  # fmt: skip
        if not asked:
            return found
        replies = dict(zip(asked, (yield list(asked.values())), strict=True))
        return [
            _absent(item, replies[item.id])
            if isinstance(item, Annotation) and item.id in replies
            else item
            for item in found
        ]

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


def _absent(item: Annotation, reply: Reply | Rejected) -> Annotation | Rejected:
    if isinstance(reply, Rejected):
        return reply
    if reply.data["answered"]:
        return Rejected("answered_after_all", reply.data["quote"][:160])
    return replace(item, request_ids=(*item.request_ids, reply.request_id))


PART: type[Task] = ReadingComprehension
