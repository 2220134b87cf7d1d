"""trl's SFTTrainer: a prompt and its completion as messages; only the answer is learnt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from miner.exports.messages import prompt

if TYPE_CHECKING:
    from miner.types import Example

SUFFIX = ".jsonl"


def fits(example: Example) -> bool:
    """Any example does."""
    del example
    return True


def rows(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """`prompt` and `completion`, each a list of messages."""
    for example in examples:
        yield {
            "prompt": [{"role": "user", "content": prompt(example)}],
            "completion": [{"role": "assistant", "content": example.output}],
        }


def paste(name: str, files: Mapping[str, str]) -> tuple[str, str]:
    """A script that begins training."""
    listed = ", ".join(f'"{split}": "{file}"' for split, file in files.items())
    return "train.py", (
        f'"""Fine-tune on {name}."""\n\n'
        "from datasets import load_dataset\n"
        "from trl import SFTConfig, SFTTrainer\n\n"
        f'data = load_dataset("json", data_files={{{listed}}})\n'
        "trainer = SFTTrainer(\n"
        '    model="Qwen/Qwen3-0.6B",\n'
        '    args=SFTConfig(output_dir="trained", max_length=4096),\n'
        '    train_dataset=data["train"],\n'
        ")\n"
        "trainer.train()\n"
    )
