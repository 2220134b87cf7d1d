"""A task of your own, from data alone: an instruction, fields, quotes, examples by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, object_schema, one_of
from miner.tasks.finding import dice
from miner.tasks.reading import Ask, Found, Shown, Unfit, one_round, question_of, single
from miner.types import Answers, Rejected, Request, Span, Task

if TYPE_CHECKING:
    from miner.types import Case, Mining


@dataclass(frozen=True)
class Field:
    """One field of a reply. `verbatim` means that it must stand in the text."""

    name: str
    description: str = ""
    verbatim: bool = False
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"field '{self.name}': a name of letters, digits and underscores")
        if self.verbatim and self.choices:
            raise ValueError(f"field '{self.name}': 'verbatim' and 'choices' exclude each other")


@dataclass(frozen=True)
class Shot:
    """An example by hand (CRAFT): a text, the instruction on it, and the output."""

    text: str
    output: str
    input: str = ""


@dataclass(frozen=True)
class Custom:
    """The reply's fields make the question and the answer; the quotes are its evidence."""

    needs_model: ClassVar[bool] = True
    name: str
    """The task's name in every row."""
    instruction: str
    """What the model is to do with a text, in your words."""
    fields: tuple[Field, ...]
    question: str = ""
    """The field that holds the example's instruction; empty if `ask` is the same for all."""
    ask: tuple[str, ...] = ()
    """Wordings of the example's instruction, where it is the same for all."""
    answer: str = "answer"
    """The field that holds the output."""
    closed_book: bool = False
    """Whether the instruction stands by itself, without the text."""
    shots: tuple[Shot, ...] = ()
    shots_per_prompt: int = 3
    passages: int = 1
    max_words: int = 350
    min_output_chars: int = 1
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        names = [f.name for f in self.fields]
        if len(set(names)) < len(names):
            raise ValueError(f"two 'fields' have one name: {', '.join(names)}")
        for key in ("question", "answer"):
            name = getattr(self, key)
            if name and name not in names:
                raise ValueError(f"'{key}' is '{name}', which is no field: {', '.join(names)}")
        if bool(self.question) == bool(self.ask):
            raise ValueError("give either 'question' (a field) or 'ask' (wordings)")

    def mine(self, case: Case) -> Mining:
        """One example's annotation a passage."""
        return one_round(
            case,
            self.name,
            [
                Ask(shown, self._request(case, shown), partial(self._read, shown))
                for shown in single(case, self.passages, self.max_words)
            ],
        )

    def _request(self, case: Case, shown: Shown) -> Request:
        schema = object_schema(
            **{f.name: one_of(f.choices) if f.choices else TEXT for f in self.fields}
        )
        lines = [
            f"- {f.name}: {f.description or 'see above'}"
            + (" Copied from the document, character by character." if f.verbatim else "")
            for f in self.fields
        ]
        return self.asking.request(
            case, "custom", shown.block, schema, instruction=self.instruction,
            fields="\n".join(lines), shots=self._shots(dice(case, "shots", shown.text.start)),
            language=language_name(case),
        )  # fmt: skip

    def _shots(self, rng: random.Random) -> str:
        chosen = rng.sample(self.shots, min(self.shots_per_prompt, len(self.shots)))
        parts = [
            json.dumps({"text": s.text, "input": s.input, "output": s.output}, ensure_ascii=False)
            for s in chosen
        ]
        return "Done well before:\n" + "\n".join(parts) if parts else "No examples are given."

    def _read(self, shown: Shown, data: Mapping[str, Any]) -> list[Found | Rejected]:
        spans: dict[Span, None] = {}
        for known in self.fields:
            if known.verbatim:
                try:
                    spans[shown.quote(data[known.name])] = None
                except Unfit as unfit:
                    raise Unfit(unfit.why.reason, f"{known.name}: {unfit.why.detail}") from None
        output = str(data[self.answer]).strip()
        if len(output) < self.min_output_chars:
            raise Unfit("short_output", output)
        if self.ask:
            asked = dice(shown.case, "ask").choice(self.ask)
        else:
            asked = question_of(str(data[self.question]), max_words=150)
        meta = {"self_contained": True} if self.closed_book else {"instruction": True}
        return [Found(Answers(shown.text, asked, tuple(spans), output), meta)]


PART: type[Task] = Custom
