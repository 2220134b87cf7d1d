"""A model sums up, simplifies, restyles, outlines, entitles or explains a passage, with quotes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from miner.tasks.asking import TEXT, Asking, language_name, object_schema
from miner.tasks.finding import dice
from miner.tasks.reading import Ask, Found, Shown, Unfit, one_round, single
from miner.tasks.skills import SKILLS
from miner.text import words
from miner.types import Answers, Rejected, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Case, Mining

Skill = Literal[
    "summary", "title", "headline", "headings", "outline", "simplify", "restyle", "explain",
    "questions",
]  # fmt: skip
_SCHEMA = object_schema(output=TEXT, support={"type": "array", "items": TEXT})


@dataclass(frozen=True)
class Generalist:
    """Skills take turns along a node's documents; the model's output has its support quoted."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    skills: tuple[Skill, ...] = (
        "summary", "title", "headings", "outline", "simplify", "restyle", "explain", "questions",
    )  # fmt: skip
    audiences: tuple[str, ...] = (
        "a curious twelve-year-old",
        "someone who knows nothing of the subject",
        "an expert from another field",
        "a friend who has one minute",
        "a class of students",
    )
    """Whom `explain` explains to, one drawn for each passage."""
    styles: tuple[str, ...] = (
        "a letter to a friend",
        "a short news report",
        "a formal notice",
        "a lively talk in front of an audience",
        "a dialogue between two people",
        "a diary entry",
    )
    """What `restyle` turns a text into, one drawn for each passage."""
    passages: int = 1
    max_words: int = 350
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        if not self.skills:
            raise ValueError("'skills' is empty")
        for skill, name in (("explain", "audiences"), ("restyle", "styles")):
            if skill in self.skills and not getattr(self, name):
                raise ValueError(f"'{name}' is empty, and '{skill}' needs one")

    def mine(self, case: Case) -> Mining:
        """One skill a passage."""
        shown = single(case, self.passages, self.max_words, min_words=60)
        return one_round(
            case, "generalist", [self._ask(piece, case.rank + i) for i, piece in enumerate(shown)]
        )

    def _ask(self, shown: Shown, turn: int) -> Ask | Rejected:
        """The skill whose turn it is, or the next that fits the passage."""
        turns = [self.skills[(turn + i) % len(self.skills)] for i in range(len(self.skills))]
        skill = next((s for s in turns if SKILLS[s].fits(shown.text.text)), None)
        if skill is None:
            return Rejected("no_skill_fits", ", ".join(self.skills))
        manners = {"explain": self.audiences, "restyle": self.styles}.get(skill, ("",))
        manner = dice(shown.case, skill, "as", shown.key).choice(manners)
        request = self.asking.request(
            shown.case, "generalist", shown.block, _SCHEMA,
            assignment=SKILLS[skill].assignment.replace("{as}", manner),
            language=language_name(shown.case),
        )  # fmt: skip
        return Ask(shown, request, partial(self._read, shown, skill, manner))

    def _read(
        self, shown: Shown, skill: str, manner: str, data: Mapping[str, Any]
    ) -> list[Found | Rejected]:
        output, passage, known = data["output"].strip(), shown.text.text, SKILLS[skill]
        share = len(words(output)) / max(1, len(words(passage)))
        if not output or not known.least <= share <= known.most:
            raise Unfit("length", f"{skill}: {share:.2f} of the passage")
        if wrong := known.check(output, passage):
            raise Unfit(wrong, f"{skill}: {output[:160]}")
        try:
            spans = shown.quotes(data["support"])
        except Unfit as unfit:
            raise Unfit("unsupported", f"{skill}: {unfit.why.detail or 'no quote'}") from None
        wording = dice(shown.case, skill, shown.key).choice(known.wordings)
        finding = Answers(shown.text, wording.replace("{as}", manner), spans, output)
        return [Found(finding, {"instruction": True}, task=skill)]


PART: type[Task] = Generalist
