"""axolotl: messages, and the stanza of its YAML that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from miner.exports.messages import Messages

if TYPE_CHECKING:
    from miner.types import Example

SUFFIX = ".jsonl"


def fits(example: Example) -> bool:
    """Any example does."""
    del example
    return True


def rows(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """`messages` alone."""
    return map(Messages().row, examples)


def paste(name: str, files: Mapping[str, str]) -> tuple[str, str]:
    """What goes into the training recipe."""
    del name
    lines = []
    for key, split in (("datasets", "train"), ("test_datasets", "validation")):
        if split in files:
            lines += [
                f"{key}:",
                f"  - path: {files[split]}",
                "    ds_type: json",
                *(["    split: train"] if key == "test_datasets" else []),
                "    type: chat_template",
                "    field_messages: messages",
                "    message_property_mappings:",
                "      role: role",
                "      content: content",
                "    roles_to_train: [assistant]",
            ]
    return "datasets.yaml", "\n".join([*lines, ""])
