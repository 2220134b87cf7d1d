"""A task of your own, from data alone: an instruction, fields, quotes, examples by hand."""

from __future__ import annotations

import json
import random
import re
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
    many: bool = False
    """Whether it is a list; as the answer, each on a line of its own."""
    pattern: str = ""
    """A regular expression that each value must match as a whole."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"field '{self.name}': 'pattern' is no pattern: {error}") from None
        if not self.name.isidentifier():
            raise ValueError(f"field '{self.name}': a name of letters, digits and underscores")
        if self.verbatim and self.choices:
            raise ValueError(f"field '{self.name}': 'verbatim' and 'choices' exclude each other")

    @property
    def schema(self) -> Mapping[str, Any]:
        """Of its value in a reply."""
        one = one_of(self.choices) if self.choices else TEXT
        return {"type": "array", "items": one} if self.many else one

    def values(self, data: Mapping[str, Any]) -> list[str]:
        """What a reply says, without what is empty.

        Raises:
            Unfit: A value does not match the pattern.
        """
        said = data[self.name] if self.many else [data[self.name]]
        values = [value.strip() for value in said if value.strip()]
        if self.pattern:
            for value in values:
                if not re.fullmatch(self.pattern, value):
                    raise Unfit("other_pattern", f"{self.name}: {value[:120]}")
        return values


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
    max_output_chars: int = 20_000
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
        schema = object_schema(**{f.name: f.schema for f in self.fields})
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
        said = {known.name: known.values(data) for known in self.fields}
        for known in self.fields:
            for value in (said[known.name] or [""]) if known.verbatim else ():
                try:
                    spans[shown.quote(value)] = None
                except Unfit as unfit:
                    raise Unfit(unfit.why.reason, f"{known.name}: {unfit.why.detail}") from None
        output = "\n".join(said[self.answer])
        if len(output) < self.min_output_chars:
            raise Unfit("short_output", output)
        if len(output) > self.max_output_chars:
            raise Unfit("long_output", output[:120])
        if self.ask:
            asked = dice(shown.case, "ask").choice(self.ask)
        else:
            asked = question_of(" ".join(said[self.question]), max_words=150)
        meta = {"instruction": True, "own_words": True}
        if self.closed_book:
            meta = {"self_contained": True}
        return [Found(Answers(shown.text, asked, tuple(spans), output), meta)]


PART: type[Task] = Custom
