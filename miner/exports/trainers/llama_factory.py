"""LLaMA-Factory: messages in its sharegpt formatting, and their entry in dataset_info.json."""

from __future__ import annotations

import json
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
    """The entries of dataset_info.json, one a split."""
    entries = {
        name if split == "train" else f"{name}_{split}": {
            "file_name": file,
            "formatting": "sharegpt",
            "columns": {"messages": "messages"},
            "tags": {
                "role_tag": "role",
                "content_tag": "content",
                "user_tag": "user",
                "assistant_tag": "assistant",
                "system_tag": "system",
            },
        }
        for split, file in files.items()
    }
    return "dataset_info.json", json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
