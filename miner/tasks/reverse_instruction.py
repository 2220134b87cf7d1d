"""A model writes the instruction that a document answers, in one of LongForm's three styles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from miner.errors import RecipeError
from miner.prompts import Prompt, document_block, with_note
from miner.tasks.asking import TEXT, object_schema, within
from miner.tasks.cues import instruction_in
from miner.tasks.finding import annotate, digest
from miner.tasks.prose import is_listing
from miner.tasks.structure import outline
from miner.text import paragraphs, sentences, words
from miner.types import Passage, Rejected, Request, Task, Writing

if TYPE_CHECKING:
    from miner.types import Case, Document, Mining, Reply, Span

PROMPTS = Path(__file__).parent / "prompts"
_SCHEMA = object_schema(instruction=TEXT)
_MARKED_SCHEMA = object_schema(instruction=TEXT, first_words=TEXT, last_words=TEXT)
LEFT_OUT = "[...]"
_OUTLINE = (
    "The piece is long. What you see of it is its outline: every heading, and how each part "
    f"begins; {LEFT_OUT} stands where something is left out. Your request is for the whole "
    "piece, with all of its parts, not for its beginning."
)
_MARKING = (
    "Some of what is shown may not belong to the piece: menus, bylines, adverts, notes to the "
    "reader. Say where the part that fulfils your request begins and ends: copy its first six "
    "to ten words into first_words and its last six to ten words into last_words, exactly as they "
    "are written."
)
MOST_WORDS = 8000
"""Of a piece that is asked for as a whole."""


@dataclass(frozen=True)
class ReverseInstruction:
    """The answer is the very stretch of the document that the model was shown, word for word.

    Attributes:
        styles: Taken in turn along each node's documents, so shares are exact; repeat one for more
            of it.
        min_words: Of the answer.
        max_words: A longer document is shown, and used, up to the last whole paragraph within this.
        whole: A longer document is the answer as a whole, up to 8,000 words; the model is shown its
            headings and how each part begins, within `max_words`.
        mark: The model marks the part that answers, and only that part is used: what it copies must
            stand in the document, so it can leave out and never rewrite.
        max_tokens: Of a reply.
        temperature: Of the requests.
        prompt: Another prompt file for every style; empty for the shipped one of each.
        model: A name among the recipe's models.
    """

    needs_model: ClassVar[bool] = True
    styles: tuple[Literal["formal", "informal", "search"], ...] = ("formal", "informal", "search")
    min_words: int = 40
    max_words: int = 1200
    whole: bool = False
    mark: bool = False
    max_tokens: int = 512
    temperature: float = 0.7
    prompt: str = ""
    model: str = ""

    def __post_init__(self) -> None:
        if not self.styles:
            raise ValueError("'styles' is empty")
        if self.whole and self.mark:
            raise ValueError("'mark' needs the text that 'whole' does not show: choose one of them")
        if self.prompt and not Path(self.prompt).is_file():
            raise RecipeError(f"tasks reverse_instruction: prompt '{self.prompt}': no such file")

    def mine(self, case: Case) -> Mining:
        """One request, one instruction."""
        output = self._output(case)
        if isinstance(output, Rejected):
            return [output]
        style = self._style(case)
        request = self._request(case, output, style)
        (reply,) = yield [request]
        if isinstance(reply, Rejected):
            return [reply]
        instruction = instruction_in(str(reply.data["instruction"]))
        if isinstance(instruction, Rejected):
            return [instruction]
        if self.mark:
            output = self._marked(case.document, output, reply)
            if isinstance(output, Rejected):
                return [output]
        finding = Writing(instruction, output, style)
        return [
            annotate(
                case, "reverse_instruction", finding, key=style, asked=[request], replies=[reply]
            )
        ]

    def _request(self, case: Case, output: Span, style: str) -> Request:
        prompt = Prompt.read(Path(self.prompt or PROMPTS / f"reverse_instruction_{style}.txt"))
        shown = output.text
        note = _MARKING if self.mark else ""
        if len(words(shown)) > self.max_words:
            shown, note = outlined(case.document, output, self.max_words), _OUTLINE
        messages = prompt.render(document=document_block(shown))
        return Request(
            task="reverse_instruction",
            document=case.document.id,
            messages=with_note(messages, note) if note else messages,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            schema=_MARKED_SCHEMA if self.mark else _SCHEMA,
            model=self.model,
            prompt_version=prompt.version,
        )

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
            if self.whole and total > MOST_WORDS:
                return Rejected("too_long", f"more than {MOST_WORDS} words")
            if total > self.max_words and end > start and not self.whole:
                break
            end = b
        if self.mark and start < end:  # menus around it are left out when it is marked
            return case.document.span(start, end)
        return self._usable(case.document, start, end)

    def _usable(self, document: Document, start: int, end: int) -> Span | Rejected:
        if start >= end or len(words(document.text[start:end])) < self.min_words:
            return Rejected("stub")
        if is_listing(document.text[start:end]):
            return Rejected("listing")
        return document.span(start, end)

    def _marked(self, document: Document, shown: Span, reply: Reply) -> Span | Rejected:
        """The part between the words that the model copied."""
        piece = Passage(document.id, shown.start, shown.end, shown.text)
        first = within(document, piece, str(reply.data["first_words"]))
        if isinstance(first, Rejected):
            return Rejected("not_marked", f"begins: {first.reason}: {reply.data['first_words']}")
        rest = Passage(document.id, first.start, shown.end, document.text[first.start : shown.end])
        last = within(document, rest, str(reply.data["last_words"]))
        if isinstance(last, Rejected):
            return Rejected("not_marked", f"ends: {last.reason}: {reply.data['last_words']}")
        return self._usable(document, first.start, last.end)


def outlined(document: Document, output: Span, max_words: int) -> str:
    """A piece's headings with the beginning of each part, or of its parts of equal length.

    Args:
        document: The piece's.
        output: The piece.
        max_words: That are shown at most, headings not counted.
    """
    parts = outline(document)
    places = [(s.title, s.start, s.end) for s in parts.sections if s.end <= output.end]
    lead_end = min((s.heading for s in parts.sections), default=output.start)
    if places:
        places.insert(0, ("", output.start, lead_end))
    else:
        stretches = paragraphs(output.text)
        count = min(len(stretches), 8)
        cuts = [stretches[i * len(stretches) // count][0] for i in range(count)]
        ends = [*cuts[1:], len(output.text)]
        places = [("", output.start + a, output.start + b) for a, b in zip(cuts, ends, strict=True)]
    share = max(15, max_words // len(places))
    return "\n\n".join(
        f"{title}\n{_beginning(document.text[a:b], share)}".strip() for title, a, b in places
    )


def _beginning(text: str, max_words: int) -> str:
    """Whole sentences from the beginning of a text, the first in any case."""
    total, end = 0, 0
    for start, stop in sentences(text):
        total += len(words(text[start:stop]))
        if total > max_words and end:
            return f"{text[:end].strip()} {LEFT_OUT}"
        end = stop
    return text.strip()


PART: type[Task] = ReverseInstruction
