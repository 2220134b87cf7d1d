"""A rule-based model that needs no network: for tests, and for trying a recipe without paying.

It answers from the prompt alone. Asked for JSON it fills the schema with words of the text between
the marks; asked for prose it writes an instruction about the longest words of its beginning.
What it says is deterministic and well-formed, and nothing more: never train on it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.types import LLM, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLOCK = re.compile(
    r"^-{5} document (\S+) begins -{5}\n(.*?)\n-{5} document \1 ends", re.DOTALL | re.MULTILINE
)
_SENTENCE = re.compile(r"[^.!?\n]{3,}")
OWN_WORDS = {
    "instruction": "Describe {}, and what belongs to it.",
    "question": "What is said of {}?",
    "query": "{}",
}
VERBS = ("Describe", "Explain", "Write about", "Summarise what is known of", "Tell me about")


@dataclass(frozen=True)
class Fake:
    """Answers by rule.

    Attributes:
        model: The name that stands in the ledger and in the examples.
        latency_seconds: Time that each answer takes.
    """

    model: str = "fake"
    latency_seconds: float = 0.0

    async def complete(self, request: Request) -> Reply:
        """Answer from the prompt alone; equal requests get equal answers."""
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        prompt = "\n".join(m.content for m in request.messages)
        text = self.answer(prompt, request)
        return Reply(
            "",
            text,
            finish_reason="stop",
            model=self.model,
            prompt_tokens=len(prompt) // 4,
            completion_tokens=len(text) // 4 + 1,
            body=json.dumps({"model": self.model, "text": text}),
        )

    def answer(self, prompt: str, request: Request) -> str:
        """The text of the answer."""
        found = _BLOCK.search(prompt)
        text = found.group(2) if found else request.messages[-1].content
        parts = [part.strip() for part in _SENTENCE.findall(text)] or ["nothing"]
        seed = hashlib.sha256(f"{request.sample}|{prompt}".encode("utf-8", "replace")).digest()
        if request.schema is not None:
            return json.dumps(fill(request.schema, parts, seed), ensure_ascii=False)
        verb = VERBS[seed[0] % len(VERBS)]
        return f"{verb} {topics(parts)}."


def topics(parts: list[str]) -> str:
    """The longest words of the text's beginning, in their order: never a run of its words."""
    words = list(dict.fromkeys(re.findall(r"\w{3,}", " ".join(parts[:2])))) or ["this"]
    longest = sorted(words, key=len, reverse=True)[:3]
    return " and ".join(word for word in words if word in longest)


def fill(
    schema: Mapping[str, Any], parts: list[str], seed: bytes, place: int = 0, name: str = ""
) -> Any:
    """A value that fits a schema; its strings are pieces of the text, verbatim.

    Where a property's name asks for the model's own words, those are about the piece instead.
    """
    if "anyOf" in schema:
        return fill(schema["anyOf"][0], parts, seed, place, name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][seed[place % 32] % len(schema["enum"])]
    kind = schema["type"]
    if kind == "object":
        children = enumerate(schema.get("properties", {}).items(), place + 1)
        return {key: fill(child, parts, seed, i, key) for i, (key, child) in children}
    if kind == "array":
        many = 1 + seed[place % 32] % 2
        return [
            fill(schema.get("items", {"type": "null"}), parts, seed, place + i) for i in range(many)
        ]
    piece = parts[place % len(parts)]
    plain: dict[str, Any] = {
        "string": piece
        if name not in OWN_WORDS
        else OWN_WORDS[name].replace("{}", topics([piece])),
        "integer": place,
        "number": float(place),
        "boolean": bool(seed[place % 32] % 2),
        "null": None,
    }
    return plain[kind]


PART: type[LLM] = Fake
