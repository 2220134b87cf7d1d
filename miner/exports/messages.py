"""Chat messages: role and content, as trl, axolotl, LLaMA-Factory and OpenAI read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.types import Example, Export


@dataclass(frozen=True)
class Messages:
    """One user turn and one assistant turn, after a system turn where there is a text for it."""

    system: str = ""
    """Content of a system turn before each conversation; empty for none."""

    def row(self, example: Example) -> dict[str, Any]:
        """`messages`, a list of role and content."""
        turns = [("system", self.system)] if self.system else []
        turns += [("user", prompt(example)), ("assistant", example.output)]
        return {"messages": [{"role": role, "content": content} for role, content in turns]}


def prompt(example: Example) -> str:
    """What the model is given: the instruction, and its input after an empty line."""
    return f"{example.instruction}\n\n{example.input}" if example.input else example.instruction


PART: type[Export] = Messages
