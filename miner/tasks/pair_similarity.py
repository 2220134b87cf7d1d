"""A model grades how much two passages say the same, with quotes of what they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, object_schema, one_of, spread
from miner.tasks.finding import dice
from miner.tasks.reading import Ask, Found, Shown, Unfit, one_round, paired
from miner.types import Answers, Rejected, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Case, Mining

GRADES: Mapping[str, tuple[str, str]] = {
    "same": (
        "one says what the other says, if not always in the same words",
        "They say the same.",
    ),
    "overlapping": (
        "a part of what they say is the same, and each says more than that",
        "They overlap: some of what they say is the same.",
    ),
    "related": (
        "they are about the same thing or person, but say different things about it",
        "They are about the same thing and say different things about it.",
    ),
    "unrelated": (
        "they are about different things, even if of one kind",
        "They are about different things.",
    ),
}
"""Grade to what the model is told and what an answer says, from most alike to least."""
QUESTIONS = (
    "How much do the two passages have in common?",
    "How are these two passages related?",
    "Compare what the two passages say.",
    "Do the passages say the same?",
)
_SCHEMA = object_schema(
    grade=one_of(tuple(GRADES)),
    shared={"type": "array", "items": object_schema(first=TEXT, second=TEXT)},
)


@dataclass(frozen=True)
class PairSimilarity:
    """Every other pair is of passages with much in common by their words, the rest of the farthest.

    Where the recipe allows neighbours, the second passage is another document's; otherwise both are
    of one document, and hardly any are about different things.
    """

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    pairs: int = 2
    """Pairs for each document."""
    neighbours: bool = False
    """Whether second passages are of other documents chosen for the node. A node's documents then
    share a split."""
    max_words: int = 120
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        if self.pairs < 1:
            raise ValueError("'pairs' is at least 1")

    @property
    def wants_neighbours(self) -> bool:
        """Whether other documents of the node are needed."""
        return self.neighbours

    def mine(self, case: Case) -> Mining:
        """All requests in one round."""
        asks = [
            self._ask(paired(case, piece, self.max_words, near=(case.rank + i) % 2 == 0))
            for i, piece in enumerate(spread(case, self.pairs, self.max_words))
        ]
        return one_round(case, "pair_similarity", asks)

    def _ask(self, shown: Shown | Rejected) -> Ask | Rejected:
        if isinstance(shown, Rejected):
            return shown
        grades = "\n".join(f"- {name}: {told}" for name, (told, _) in GRADES.items())
        request = self.asking.request(
            shown.case, "pair_similarity", shown.block, _SCHEMA,
            grades=grades, language=language_name(shown.case),
        )  # fmt: skip
        return Ask(shown, request, partial(self._read, shown))

    def _read(self, shown: Shown, data: Mapping[str, Any]) -> list[Found | Rejected]:
        first, second = shown.passages
        grade, shared = data["grade"], data["shared"]
        if (grade == "unrelated") == bool(shared):
            raise Unfit("settled" if shared else "no_evidence", grade)
        spans = [
            span
            for pair in shared
            for span in (
                shown.quote(pair["first"], among=(first,)),
                shown.quote(pair["second"], among=(second,)),
            )
        ]
        question = dice(shown.case, "pair_similarity", shown.key).choice(QUESTIONS)
        options = tuple(answer for _, answer in GRADES.values())
        finding = Answers(
            shown.text, question, tuple(dict.fromkeys(spans)), GRADES[grade][1], options,
            context=shown.context,
        )  # fmt: skip
        return [Found(finding, {"form": grade})]


PART: type[Task] = PairSimilarity
