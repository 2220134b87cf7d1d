"""Stanford Alpaca's three columns: instruction, input, output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.types import Example, Export


@dataclass(frozen=True)
class Alpaca:
    """An input that is empty stays an empty string, as in the original."""

    def row(self, example: Example) -> dict[str, Any]:
        """`instruction`, `input` and `output`."""
        return {
            "instruction": example.instruction,
            "input": example.input,
            "output": example.output,
        }


PART: type[Export] = Alpaca
