"""A small job with a model on loopback, for tests of what a run pays for."""

from __future__ import annotations

from typing import Any

from miner.job import Recipe

TREE = """
name = "two"
[[nodes]]
id = "earth"
name = "Geology"
level = "field"
description = "Rocks, volcanoes, minerals, earthquakes and the history of the Earth."
[[nodes]]
id = "life"
name = "Biology"
level = "field"
description = "Animals, plants, cells, species and how living things work."
"""
PROMPT = """# system
You write instructions.

# user
Write the instruction that this text answers. {extra}

{{{{document}}}}
"""


def write_prompt(folder, extra: str = ""):
    path = folder / "prompt.txt"
    path.write_text(PROMPT.format(extra=extra))
    return path


def small_job(folder, url: str = "", **keys: Any) -> Recipe:
    """Two nodes, a task that asks one question a document, and one that asks nobody."""
    tree = folder / "two.toml"
    tree.write_text(TREE)
    prompt = folder / "prompt.txt"
    if not prompt.exists():
        write_prompt(folder)
    llm = {"kind": "openai", "base_url": url, "model": "m", "structured": "json_schema"}
    table = {
        "taxonomy": str(tree),
        "select.per_node": 2,
        "select.floor": 0.0,
        "tasks": [
            {"kind": "reverse_instruction", "prompt": str(prompt)},
            {"kind": "write_document"},
        ],
        "checks": [{"kind": "grounded"}, {"kind": "duplicate"}],
        "llm": llm if url else "none",
        "exports": [{"kind": "alpaca"}],
    }
    changed = {key.replace("__", "."): value for key, value in keys.items()}
    return Recipe.read("quickstart", table | changed)
