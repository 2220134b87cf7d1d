"""ShareGPT's conversations: turns from human and gpt, as axolotl and LLaMA-Factory read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.exports.messages import prompt

if TYPE_CHECKING:
    from miner.types import Example, Export


@dataclass(frozen=True)
class ShareGPT:
    """One human turn and one gpt turn, after a system turn where there is a text for it."""

    system: str = ""
    """Value of a system turn before each conversation; empty for none."""

    def row(self, example: Example) -> dict[str, Any]:
        """`conversations`, a list of from and value."""
        turns = [("system", self.system)] if self.system else []
        turns += [("human", prompt(example)), ("gpt", example.output)]
        return {"conversations": [{"from": who, "value": value} for who, value in turns]}


PART: type[Export] = ShareGPT
