"""The figures of a selection: of its nodes, of every level above them, and of other ways to choose.

Read from selection.parquet, selection.json and grades.json; nothing is computed that they do not
hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.run import Run
    from miner.types import NodeSelection

MEANS = ("coverage", "coverage_random", "coverage_greedy", "radius", "vendi")
"""Figures of a node of which a level has the mean over its nodes that have them."""


def of_selection(run: Run) -> dict[str, Any]:
    """All figures of the selection's part of a report, ready for JSON.

    Returns:
        `nodes`, `above` (every inner node), `levels` (the broadest first), and what the grades
        hold.
    """
    grades = run.grades
    known = run.manifest.get("taxonomy") or grades.get("taxonomy", [])
    paths, levels = lineages(known)
    graded = grades.get("nodes", {})
    selection = run.selection()
    nodes = [
        _node(node, paths.get(node.node, ((node.node, node.node),)), graded.get(node.node, {}))
        for node in selection.nodes
    ]
    above: dict[str, list[dict[str, Any]]] = {}
    depths: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for node, row in zip(selection.nodes, nodes, strict=True):
        for depth, (id, _) in enumerate(paths.get(node.node, ((node.node, node.node),))):
            depths.setdefault(depth, {}).setdefault(id, []).append(row)
            if id != node.node:
                above.setdefault(id, []).append(row)
    return {
        "calibrated": selection.calibrated,
        "nodes": nodes,
        "above": [
            {"node": id, "path": [name for _, name in paths[id]]} | summed(rows)
            for id, rows in above.items()
        ],
        "levels": [
            {"level": _level(found, levels, depth), "nodes": len(found)}
            | summed([row for rows in found.values() for row in rows])
            for depth, found in sorted(depths.items())
        ],
        **{key: grades[key] for key in ("floor", "embedding", "graded", "ways") if key in grades},
    }


def _node(
    node: NodeSelection, path: Sequence[tuple[str, str]], graded: Mapping[str, float]
) -> dict[str, Any]:
    probabilities = [c.probability for c in node.chosen]
    return {
        "node": node.node,
        "path": [name for _, name in path],
        "asked": node.quota,
        "candidates": int(graded.get("considered", node.population)),
        "above_floor": node.population,
        "filled": len(node.chosen),
        "spares": len(node.spares),
        "membership": sum(probabilities) / len(probabilities) if probabilities else None,
        "coverage": graded.get("coverage"),
        "coverage_random": graded.get("coverage_random"),
        "coverage_greedy": graded.get("coverage_greedy"),
        "radius": graded.get("radius"),
        "near_duplicate_pairs": int(node.figures.get("near_duplicate_pairs", 0)),
        "vendi": node.figures.get("vendi"),
        "why": node.reason,
    }


def summed(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nodes taken together: sums of documents, means of what is a node's own."""
    filled = sum(row["filled"] for row in rows)
    sums = {
        key: sum(row[key] for row in rows)
        for key in ("asked", "candidates", "above_floor", "filled", "spares")
    }
    return sums | {
        "full": sum(row["filled"] >= row["asked"] for row in rows),
        "short": sum(0 < row["filled"] < row["asked"] for row in rows),
        "empty": sum(row["filled"] == 0 < row["asked"] for row in rows),
        "membership": sum(row["filled"] * (row["membership"] or 0) for row in rows) / filled
        if filled
        else None,
        "near_duplicate_pairs": sum(row["near_duplicate_pairs"] for row in rows),
        **{key: _mean(row[key] for row in rows) for key in MEANS},
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def lineages(
    nodes: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, tuple[tuple[str, str], ...]], dict[str, str]]:
    """Node id to (id, name) from its root down to itself, and node id to its level's name."""
    paths: dict[str, tuple[tuple[str, str], ...]] = {}
    levels = {}
    for node in nodes:  # parents come before children
        above = paths.get(node.get("parent") or "", ())
        paths[node["id"]] = (*above, (node["id"], str(node["name"])))
        levels[node["id"]] = str(node.get("level") or "")
    return paths, levels


def _level(ids: Iterable[str], levels: Mapping[str, str], depth: int) -> str:
    """A level's name where its nodes agree on one."""
    names = {levels.get(id, "") for id in ids}
    return names.pop() if len(names) == 1 and "" not in names else f"level {depth + 1}"
