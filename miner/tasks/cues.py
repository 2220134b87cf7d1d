"""A model's instruction, cleared of what belongs to its reply and not to the instruction."""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re

from miner.types import Rejected

_CUE = re.compile(
    r"^\s*(?:[#>*_`-]+\s*)*(?:(?:the |formal |informal |user'?s? |search |possible |generated )*"
    r"(?:instruction|query|message|question|prompt|request|answer|output|response|user|x|q))"
    r"(?:\s*\d+)?\s*[*_`]*\s*:\s*[*_`]*\s*|^\s*(?:sure|certainly|of course|okay|ok)[^\n:]{0,80}:\s*",
    re.IGNORECASE,
)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "`": "`"}
_POINTING = re.compile(
    r"\b(?:(?:this|the|that|above|below|given|following|provided|attached) (?:\w+ )?(?:text|document|"
    r"passage|excerpt|snippet|content)|text (?:above|below)|(?:article|post|text|passage) (?:above|below)|"
    r"based on the (?:text|article|passage)|as an ai\b|language model)\b",
    re.IGNORECASE,
)  # fmt: skip
"""A person who has not seen the document cannot point at it."""


def instruction_in(reply: str, max_words: int = 150, least: int = 8) -> str | Rejected:
    """The instruction that a reply consists of, or why it is none.

    Cues ("Instruction:"), fences and quotation marks around it are taken off; what points at a text
    that its reader does not have is refused, and what has fewer than `least` characters.
    """
    text = reply.strip()
    before = None
    while text != before:
        before = text
        text = _unquoted(_CUE.sub("", text).strip())
    text = re.sub(r"[ \t]*\n\s*", " ", text) if text.count("\n") < 3 else text
    if len(text) < least or not re.search(r"\w", text):
        return Rejected("empty_instruction", reply[:200])
    if len(text.split()) > max_words:
        return Rejected("long_instruction", text[:200])
    if _POINTING.search(text):
        return Rejected("points_at_text", text[:200])
    return text


def _unquoted(text: str) -> str:
    text = re.sub(r"^```\w*\n(.*)\n```$", r"\1", text, flags=re.DOTALL).strip()
    closing = _QUOTES.get(text[:1])
    inner = text[1:-1]
    if len(text) > 2 and closing == text[-1] and closing not in inner and text[0] not in inner:
        return inner.strip()
    return text
