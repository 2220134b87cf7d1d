"""What tasks that ask a model share: passages spread over a document, requests, quotes as spans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.alignment import align
from miner.errors import RecipeError
from miner.prompts import Block, Prompt, document_block
from miner.tasks.prose import is_listing
from miner.tasks.structure import outline
from miner.text import base_language, passages, words
from miner.types import Passage, Rejected, Reply, Request, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from miner.types import Case, Document

    Items: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
    """The data of a reply that was asked for by `list_schema`."""

PROMPTS = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Asking:
    """How a task asks its model."""

    prompt: str = ""
    """Another prompt file; empty for the shipped one."""
    max_tokens: int = 1536
    temperature: float = 0.0
    model: str = ""
    candidates: bool = True
    """Whether the model sees what rules found, as candidates that may be wrong, where a task has
    both; who found what is then recorded."""

    def __post_init__(self) -> None:
        if self.prompt and not Path(self.prompt).is_file():
            raise RecipeError(f"prompt '{self.prompt}': no such file")

    def request(
        self, case: Case, task: str, text: str, schema: Mapping[str, Any], **slots: str
    ) -> Request:
        """A request about a piece of a document, with the prompt of the task.

        Args:
            case: The document at its node.
            task: Names the shipped prompt.
            text: What the model is shown; blocks of several documents' texts as they stand.
            schema: JSON Schema of the reply.
            slots: Values of the prompt's other placeholders.
        """
        shown = text if isinstance(text, Block) else document_block(text)
        prompt = Prompt.read(Path(self.prompt) if self.prompt else PROMPTS / f"{task}.txt")
        return Request(
            task=task,
            document=case.document.id,
            messages=prompt.render(document=shown, **slots),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            schema=schema,
            model=self.model,
            prompt_version=prompt.version,
        )


def spread(case: Case, count: int, max_words: int, min_words: int = 30) -> list[Passage]:
    """Up to `count` passages, one from each equal part of the document, so that none is favoured.

    Passages do not overlap, so that nothing is found twice; lists and stubs are left out.
    """
    end = outline(case.document).end
    cut = [
        passage
        for passage in passages(case.document, max_words, overlap=0)
        if passage.end <= end
        and len(words(passage.text)) >= min_words
        and not is_listing(passage.text)
    ]
    if len(cut) <= count:
        return cut
    return [cut[(2 * i + 1) * len(cut) // (2 * count)] for i in range(count)]


def within(document: Document, passage: Passage, quote: str, before: str = "") -> Span | Rejected:
    """A quote as a span of its passage; offsets are ours, whatever the model counted."""
    found = align(replace(document, text=passage.text), quote, before)
    if isinstance(found, Rejected):
        return found
    return document.span(passage.start + found.start, passage.start + found.end)


def object_schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema of an object in the portable subset: all keys required, no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def list_schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema of {"items": [object, ...]}."""
    return object_schema(items={"type": "array", "items": object_schema(**properties)})


TEXT = {"type": "string"}


def one_of(values: Sequence[str]) -> dict[str, Any]:
    """A JSON Schema of one of these strings."""
    return {"type": "string", "enum": list(values)}


def items_of(reply: Reply | Rejected) -> list[dict[str, Any]] | Rejected:
    """The items of a reply that was asked for by `list_schema`."""
    if isinstance(reply, Rejected):
        return reply
    items: list[dict[str, Any]] = reply.data["items"]
    return items


def language_name(case: Case) -> str:
    """What a prompt calls the document's language."""
    return base_language(case.document.language) or "that of the document"
