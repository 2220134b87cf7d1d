"""A model writes the instruction that a document answers, in one of LongForm's three styles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from miner.errors import RecipeError
from miner.prompts import Prompt, document_block
from miner.tasks.cues import instruction_in
from miner.tasks.finding import annotate, digest
from miner.tasks.prose import is_listing
from miner.tasks.structure import outline
from miner.text import paragraphs, words
from miner.types import Rejected, Request, Task, Writing

if TYPE_CHECKING:
    from miner.types import Case, Mining, Span

PROMPTS = Path(__file__).parent / "prompts"
_SCHEMA = {
    "type": "object",
    "properties": {"instruction": {"type": "string"}},
    "required": ["instruction"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class ReverseInstruction:
    """The answer is the very stretch of the document that the model was shown, word for word."""

    needs_model: ClassVar[bool] = True
    styles: tuple[Literal["formal", "informal", "search"], ...] = ("formal", "informal", "search")
    """Taken in turn along each node's documents, so shares are exact; repeat one for more of it."""
    min_words: int = 40
    max_words: int = 1200
    """A longer document is shown, and used, up to the last whole paragraph within this."""
    max_tokens: int = 512
    temperature: float = 0.7
    prompt: str = ""
    """Another prompt file for every style; empty for the shipped one of each."""
    model: str = ""

    def __post_init__(self) -> None:
        if not self.styles:
            raise ValueError("'styles' is empty")
        if self.prompt and not Path(self.prompt).is_file():
            raise RecipeError(f"tasks reverse_instruction: prompt '{self.prompt}': no such file")

    def mine(self, case: Case) -> Mining:
        """One request, one instruction."""
        output = self._output(case)
        if isinstance(output, Rejected):
            return [output]
        style = self._style(case)
        prompt = Prompt.read(Path(self.prompt or PROMPTS / f"reverse_instruction_{style}.txt"))
        request = Request(
            task="reverse_instruction",
            document=case.document.id,
            messages=prompt.render(document=document_block(output.text)),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            schema=_SCHEMA,
            model=self.model,
            prompt_version=prompt.version,
        )
        (reply,) = yield [request]
        if isinstance(reply, Rejected):
            return [reply]
        instruction = instruction_in(str(reply.data["instruction"]))
        if isinstance(instruction, Rejected):
            return [instruction]
        finding = Writing(instruction, output, style)
        return [
            annotate(
                case, "reverse_instruction", finding, key=style, asked=[request], replies=[reply]
            )
        ]

    def _style(self, case: Case) -> str:
        turn = int(digest(case.node.id), 16) + case.rank
        return self.styles[turn % len(self.styles)]

    def _output(self, case: Case) -> Span | Rejected:
        """Whole paragraphs from the beginning, without the appendix behind the article."""
        text = case.document.text
        parts = outline(case.document)
        end = start = parts.lead[0]
        total = 0
        for a, b in paragraphs(text):
            if a < start or b > parts.end:
                continue
            total += len(words(text[a:b]))
            if total > self.max_words and end > start:
                break
            end = b
        if start >= end or len(words(text[start:end])) < self.min_words:
            return Rejected("stub")
        if is_listing(text[start:end]):
            return Rejected("listing")
        return case.document.span(start, end)


PART: type[Task] = ReverseInstruction
