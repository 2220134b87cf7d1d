"""OpenAI's fine-tuning files: messages and nothing else, at least ten of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from miner.exports.messages import Messages

if TYPE_CHECKING:
    from miner.types import Example

SUFFIX = ".jsonl"


def fits(example: Example) -> bool:
    """Any example but one with an empty answer, which the service refuses."""
    return bool(example.output.strip())


def rows(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """`messages` alone."""
    return map(Messages().row, examples)


def paste(name: str, files: Mapping[str, str]) -> tuple[str, str]:
    """The calls that send the files in and begin a job."""
    lines = [f"# {name}: needs at least ten rows a file"]
    lines += [f"openai files create -f {file} -p fine-tune" for file in files.values()]
    lines.append("openai fine_tuning.jobs create -F TRAINING_FILE_ID -m MODEL")
    return "commands.sh", "\n".join([*lines, ""])
