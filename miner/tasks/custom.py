"""A task of your own, from data alone: an instruction, fields, quotes, examples by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, object_schema, one_of, spread, within
from miner.tasks.cues import instruction_in
from miner.tasks.finding import annotate, dice
from miner.types import Annotation, Answers, Passage, Rejected, Reply, Request, Span, Task

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
        pieces = spread(case, self.passages, self.max_words)
        if not pieces:
            return [Rejected("no_passage")]
        requests = [self._request(case, piece) for piece in pieces]
        replies = yield requests
        return [
            self._annotated(case, piece, request, reply)
            for piece, request, reply in zip(pieces, requests, replies, strict=True)
        ]

    def _request(self, case: Case, piece: Passage) -> Request:
        schema = object_schema(
            **{f.name: one_of(f.choices) if f.choices else TEXT for f in self.fields}
        )
        lines = [
            f"- {f.name}: {f.description or 'see above'}"
            + (" Copied from the document, character by character." if f.verbatim else "")
            for f in self.fields
        ]
        return self.asking.request(
            case, "custom", piece.text, schema, instruction=self.instruction,
            fields="\n".join(lines), shots=self._shots(dice(case, "shots", piece.start)),
            language=language_name(case),
        )  # fmt: skip

    def _shots(self, rng: random.Random) -> str:
        chosen = rng.sample(self.shots, min(self.shots_per_prompt, len(self.shots)))
        parts = [
            json.dumps({"text": s.text, "input": s.input, "output": s.output}, ensure_ascii=False)
            for s in chosen
        ]
        return "Done well before:\n" + "\n".join(parts) if parts else "No examples are given."

    def _annotated(
        self, case: Case, piece: Passage, request: Request, reply: Reply | Rejected
    ) -> Annotation | Rejected:
        if isinstance(reply, Rejected):
            return reply
        data: Mapping[str, Any] = reply.data
        spans: list[Span] = []
        for known in self.fields:
            if known.verbatim:
                span = within(case.document, piece, data[known.name])
                if isinstance(span, Rejected):
                    return Rejected(span.reason, f"{known.name}: {span.detail}")
                spans.append(span)
        output = str(data[self.answer]).strip()
        if len(output) < self.min_output_chars:
            return Rejected("short_output", output)
        asked = self._asked(case, data)
        if isinstance(asked, Rejected):
            return asked
        text = case.document.span(piece.start, piece.end)
        finding = Answers(text, asked, tuple(dict.fromkeys(spans)), output)
        meta = {"self_contained": True} if self.closed_book else {"instruction": True}
        return annotate(
            case, self.name, finding, key=str(piece.start), asked=[request], replies=[reply],
            meta=meta,
        )  # fmt: skip

    def _asked(self, case: Case, data: Mapping[str, Any]) -> str | Rejected:
        if self.ask:
            return dice(case, "ask").choice(self.ask)
        return instruction_in(str(data[self.question]))


PART: type[Task] = Custom
