"""A model says which topic of the taxonomy a text is about; the rule's topic is its candidate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, object_schema, one_of
from miner.tasks.candidates import NONE, Candidates, agreement, hinted, ruled
from miner.tasks.reading import Ask, Found, Shown, one_round
from miner.tasks.topic import Topic
from miner.types import Labels, Passage, Rejected, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Case, Mining

NO_TOPIC = "none of these"


@dataclass(frozen=True)
class JudgedTopic:
    """Asks where the rules of `topic` have an answer, with their text and options.

    The floor is lower than that of `topic`, since the model is one witness more.
    """

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    options: int = 5
    none_share: float = 0.1
    floor: float = 0.5
    min_words: int = 40
    max_words: int = 180
    asking: Asking = field(default_factory=Asking)

    def mine(self, case: Case) -> Mining:
        """One labelled text."""
        rule = Topic(
            options=self.options, none_share=self.none_share, floor=self.floor,
            min_words=self.min_words, max_words=self.max_words,
        )  # fmt: skip
        (found,) = ruled(rule, case)
        if isinstance(found, Rejected) or not isinstance(found.finding, Labels):
            return [found]
        text, options = found.finding.text, found.finding.options
        label = "".join(found.finding.labels) or NO_TOPIC
        hints = Candidates("topic", ((label, "", 0, 0),)) if self.asking.candidates else NONE
        request = self.asking.request(
            case, "classification", text.text,
            object_schema(label=one_of((*options, NO_TOPIC)), quote=TEXT),
            question="topic", language=language_name(case),
            labels="\n".join(f"- {option}" for option in (*options, NO_TOPIC)),
        )  # fmt: skip
        request = hinted(request, hints)
        shown = Shown(case, (Passage(case.document.id, text.start, text.end, text.text),))
        return (yield from one_round(
            case, "judged_topic", [Ask(shown, request, partial(_read, shown, found.finding, hints))]
        ))  # fmt: skip


def _read(
    shown: Shown, ruled: Labels, hints: Candidates, data: Mapping[str, str]
) -> list[Found | Rejected]:
    quote = shown.quote(data["quote"])
    labels = tuple(label for label in ruled.options if label == data["label"])
    meta = agreement(hints, [(data["label"], "", 0, 0)])
    return [Found(replace(ruled, labels=labels), {"shown_by": quote.text, **meta})]


PART: type[Task] = JudgedTopic
