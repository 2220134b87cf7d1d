"""Signs of prompt injection: documents that speak to a model, replies that say what they must not.

Rules outside the model, all of them: they reduce injection and prevent nothing. A document that
speaks to a model is mined all the same, tagged and counted: many only quote such a text. A reply
that repeats its instructions, or names an address that it was not shown, is not used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNS = {
    "orders": re.compile(
        r"\b(?:ignore|disregard|forget|override)\s+(?:(?:all|any|every|of|the|your|these|those)\s+)*"
        r"(?:previous|prior|above|preceding|earlier|foregoing)\s+(?:\w+\s+)?"
        r"(?:instruction|prompt|direction|command|rule|message|context)s?\b",
        re.IGNORECASE,
    ),
    "role": re.compile(
        r"\b(?:you are now (?:an? |in )|your system prompt\b|new (?:system )?instructions?:"
        r"|if you are an? (?:ai|llm|language model|assistant)\b|(?:note|message|instructions?) to "
        r"(?:any |all )?(?:ai|llm|language model)s?\b)",
        re.IGNORECASE,
    ),
    "chat_template": re.compile(
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>"
        r"|\[/?INST\]|<</?SYS>>|<start_of_turn>|^#{2,3} (?:Instruction|System|Response):\s*$",
        re.MULTILINE,
    ),
    # Tag characters spell invisible text; after a black flag they name a region's flag.
    "hidden_text": re.compile(
        "(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0020-\U000e007e]{4,}"
    ),
    "false_fence": re.compile(
        r"^[ \t]*[-=#*_~<]{2,}[^\n]{0,80}\bdocument\b[^\n]{0,80}\b(?:begins|ends)\b",
        re.IGNORECASE | re.MULTILINE,
    ),
}
_URL = re.compile(r"(?:\bhttps?://|\bwww\.)[^\s<>\"'`|\\^{}\[\]()]+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.:!?])\s+|\n+")
ECHO_CHARS = 50
"""A sentence of the instructions from this length on is no coincidence in a reply."""


def suspicion(text: str) -> str:
    """How a document seems to speak to a model; empty if it does not."""
    return next((name for name, sign in _SIGNS.items() if sign.search(text)), "")


def foreign_url(reply: str, shown: Iterable[str]) -> str:
    """An address in a reply that stands in nothing of what was shown; empty if there is none."""
    found = {_bare(url) for url in _URL.findall(reply.replace("\\/", "/"))}
    if not found:
        return ""
    seen = "\n".join(shown).lower()
    return next((url for url in sorted(found) if url and url not in seen), "")


def _bare(url: str) -> str:
    """Without what people leave out or put around: scheme, www, closing punctuation."""
    bare = re.sub(r"^https?://", "", url.lower()).removeprefix("www.")
    return bare.rstrip(".,;:!?*_/")


def echo(reply: str, instructions: str) -> str:
    """A long sentence of the instructions that a reply repeats; empty if it repeats none."""
    sentences = (part.strip() for part in _SENTENCE.split(instructions))
    return next((s for s in sentences if len(s) >= ECHO_CHARS and s in reply), "")
