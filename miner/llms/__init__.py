"""Models: one file each is a way to ask one. `from_argument` reads what a command line says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from miner.errors import RecipeError

if TYPE_CHECKING:
    from miner.types import LLM


def from_argument(text: str, model: str = "") -> LLM | None:
    """The model that `--llm` and `--model` mean.

    Args:
        text: `none`, the address of an OpenAI-compatible server, or a kind of this folder.
        model: Its name; required with an address.

    Raises:
        RecipeError: The name is missing, or there is no such kind.
    """
    from miner import recipe
    from miner.types import LLM

    if text == "none":
        return None
    if "://" in text:
        if not model:
            raise RecipeError(f"--llm {text}: needs --model NAME: which model shall answer there?")
        return recipe.build(recipe.find(LLM, "openai"), {"base_url": text, "model": model}, "--llm")
    return recipe.build(
        recipe.find(LLM, text, "--llm"), {"model": model} if model else {}, f"--llm {text}"
    )
