"""The part of a run's page on its grown tree: books by level, and what was asked from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.report.html import Html, cards, figure, join, section, table
from miner.report.svg import Bar, bars

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("proposed", "kept", "merged", "pruned", "failed")


def tree_section(figures: Mapping[str, Any]) -> Html:
    """The section of a run whose tree was grown.

    Args:
        figures: `tree` of the run's manifest (miner/growing.py).
    """
    nodes, examples = figures.get("nodes", 0), figures.get("examples", 0)
    values: dict[str, object] = {
        "syllabi": figures["syllabi"],
        "nodes with documents": f"{figures.get('nodes_with_documents', 0)} / {nodes}",
        "nodes with examples": f"{figures.get('nodes_with_examples', 0)} / {nodes}",
        "plans used": f"{figures.get('plans_used', 0):,} of {figures['plans_available']:,}",
        "questions answered": figures.get("answered", 0),
        "abstained": figures.get("abstained", 0),
        "examples": examples,
    }
    cost = figures.get("dollars_per_example")
    if cost:
        values["dollars an example"] = f"{cost:.5f}"
    levels = [(level, *(row[c] for c in COLUMNS)) for level, row in figures["levels"].items()]
    why = {**figures.get("reasons", {}), **figures.get("rejected", {})}
    reasons = [Bar(reason, number) for reason, number in sorted(why.items(), key=lambda x: -x[1])]
    return section(
        "Tree",
        cards(values),
        table(("level", *COLUMNS), levels),
        figure("Nodes and questions turned away", bars(reasons, "By reason"))
        if reasons
        else join(()),
        intro="The taxonomy was grown: at every level, proposed = kept + merged + pruned + failed.",
    )
