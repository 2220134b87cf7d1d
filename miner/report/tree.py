"""The part of a run's page on its grown tree: books by level, and what was asked from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.report.html import Html, cards, join, section, table
from miner.taxonomy.reasons import NODES, QUESTIONS, by_level, explained

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("proposed", "kept", "merged", "pruned", "failed")


def tree_section(figures: Mapping[str, Any]) -> Html:
    """The section of a run whose tree was grown.

    Args:
        figures: `tree` of the run's manifest (miner/growing.py).
    """
    nodes, rejected = figures.get("nodes", 0), figures.get("rejected", {})
    answered, abstained = figures.get("answered", 0), figures.get("abstained", 0)
    values: dict[str, object] = {
        "syllabi": figures["syllabi"],
        "duplicates merged": sum(row["merged"] for row in figures["levels"].values()),
        "nodes with documents": _share(figures.get("nodes_with_documents", 0), nodes),
        "coverage: nodes with examples": _share(figures.get("nodes_with_examples", 0), nodes),
        "plans used": f"{figures.get('plans_used', 0):,} of {figures['plans_available']:,}",
        "answers from passages": figures.get("grounded", answered),
        "answers from memory": figures.get("ungrounded", 0),
        "abstained": abstained,
        "otherwise rejected": sum(rejected.values()) - abstained,
        "examples": figures.get("examples", 0),
    }
    cost = figures.get("dollars_per_example")
    if cost is not None:
        values["dollars an example"] = f"{cost:.5f}" if cost else "no price given"
    levels = [(level, *(row[c] for c in COLUMNS)) for level, row in by_level(figures["levels"])]
    reasons = [
        ("node", reason, many, meaning)
        for many, reason, meaning in explained(figures.get("reasons", {}), NODES)
    ]
    reasons += [
        ("question", reason, many, meaning)
        for many, reason, meaning in explained(rejected, QUESTIONS)
    ]
    return section(
        "Tree",
        cards(values),
        table(("level", *COLUMNS), levels),
        table(("turned away", "reason", "number", "what it means"), reasons)
        if reasons
        else join(()),
        intro="The taxonomy was grown: at every level, proposed = kept + merged + pruned + failed.",
    )


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "0"
