"""The figures of a run or an index: plain numbers, each recomputed from the files beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from miner import verdicts
from miner.checks.findings import finding_of
from miner.checks.skeletons import skeleton
from miner.report.agreement import of_annotations
from miner.report.balance import Balance
from miner.report.chosen import of_selection
from miner.report.svg import even_bins, log_bins
from miner.text import verb_and_noun

if TYPE_CHECKING:
    from miner.run import Run
    from miner.store import Store

OPENINGS = 20
"""First words of instructions that are listed."""

KEPT = (
    "name", "state", "seed", "store", "model", "tasks", "tasks_skipped", "checks", "checks_off",
    "calibrated", "books", "requests", "tree",
)  # fmt: skip
"""What is taken over from the manifest as it stands."""


def of_run(run: Run) -> dict[str, Any]:
    """All figures of a run's report, ready for JSON."""
    manifest = run.manifest
    return {key: manifest[key] for key in KEPT if key in manifest} | {
        "nodes": _nodes(run, manifest),
        "selection": of_selection(run),
        "examples": _examples(run, str(manifest.get("pipeline", ""))),
        "rejected": _rejected(run),
        "agreement": of_annotations(run.annotations()),
        "review": verdicts.figures(run),
        "evaluation": _evaluation(run),
    }


def _evaluation(run: Run) -> dict[str, Any]:
    """Scores on gold, where `miner evaluate` wrote some into this run; the lists stay there."""
    path = run.path / "evaluation.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        gold: {
            "model": table["model"],
            "tasks": {
                task: {k: v for k, v in scores.items() if k not in {"missed", "wrong"}}
                for task, scores in table["tasks"].items()
            },
        }
        for gold, table in found.items()
    }


def _nodes(run: Run, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Selection and mining of each node, in the taxonomy's order."""
    mined = {node["node"]: node for node in manifest.get("nodes", [])}
    paths = node_paths(manifest.get("taxonomy", []))
    rows = []
    for node in run.selection().nodes:
        probabilities = [c.probability for c in node.chosen]
        rows.append(
            {
                "node": node.node,
                "path": list(paths.get(node.node, (node.node,))),
                "quota": node.quota,
                "population": node.population,
                "chosen": len(node.chosen),
                "spares": len(node.spares),
                "mean_membership": sum(probabilities) / len(probabilities)
                if probabilities
                else 0.0,
                "figures": dict(node.figures),
                "why_underfilled": node.reason,
            }
            | {
                key: mined.get(node.node, {}).get(key, default)
                for key, default in (
                    ("asked", 0),
                    ("productive", 0),
                    ("accepted_examples", 0),
                    ("reason", ""),
                )
            }
        )
    return rows


def node_paths(nodes: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Node id to the names from its root, from the manifest's list of nodes."""
    by_id = {node["id"]: node for node in nodes}

    def path(id: str) -> tuple[str, ...]:
        node = by_id[id]
        above = path(node["parent"]) if node.get("parent") else ()
        return (*above, str(node["name"]))

    return {id: path(id) for id in by_id}


def _examples(run: Run, pipeline: str) -> dict[str, Any]:
    """Counts by every column that has few values, lengths, and how instructions begin.

    Where the recipe names a trained pipeline, also the root verb and its object (Self-Instruct).
    """
    by: dict[str, Counter[str]] = {}
    lengths: dict[str, list[int]] = {"instruction": [], "input": [], "output": []}
    openings: Counter[str] = Counter()
    verbs: Counter[str] = Counter()
    licences: dict[str, str] = {}
    skeletons: Counter[str] = Counter()
    difficulties: list[float] = []
    choices = Balance()
    evidence = total = 0
    for example in run.examples():
        total += 1
        evidence += len(example.evidence)
        values = {
            "task": example.task,
            "split": example.split,
            "language": example.language or "unknown",
            "style": example.style or "none",
            "format": example.format or "text",
            "model": example.model or "none",
            "node": " / ".join(example.node) or "none",
        }
        for column, value in values.items():
            by.setdefault(column, Counter())[value] += 1
        for part, sizes in lengths.items():
            sizes.append(len(getattr(example, part)))
        openings[" ".join(example.instruction.split()[:2])] += 1
        if pipeline:
            verbs[" ".join(verb_and_noun(example.instruction, pipeline)).strip() or "none"] += 1
        skeletons[skeleton(example.instruction, example.title)] += 1
        choices.add(finding_of(example))
        if example.difficulty is not None:
            difficulties.append(example.difficulty)
        licences |= dict(zip(example.documents, example.license, strict=False))
    return {
        "total": total,
        "evidence_spans": evidence,
        "documents": len(licences),
        "by": {column: ordered(counts) for column, counts in by.items()},
        "licences_of_documents": ordered(Counter(v or "unknown" for v in licences.values())),
        "lengths": {part: [list(b) for b in log_bins(sizes)] for part, sizes in lengths.items()},
        "openings": ordered(openings, OPENINGS),
        "verbs_and_nouns": ordered(verbs, OPENINGS),
        "skeletons": ordered(skeletons, OPENINGS),
        "different_skeletons": len(skeletons),
        "difficulty": [list(b) for b in even_bins(difficulties, 0, 1, 20)],
        "choices": choices.figures(),
    }


def _rejected(run: Run) -> dict[str, Any]:
    """Counts by subject and reason, and by task."""
    reasons: dict[str, Counter[str]] = {}
    tasks: Counter[str] = Counter()
    for row in run.rejected():
        reasons.setdefault(row["subject"], Counter())[row["reason"]] += 1
        tasks[row["task"]] += 1
    return {
        "by_reason": {subject: ordered(counts) for subject, counts in sorted(reasons.items())},
        "by_task": ordered(tasks),
        "total": sum(tasks.values()),
    }


def of_store(store: Store) -> dict[str, Any]:
    """All figures of an index's report, ready for JSON."""
    table = store.table(("source", "language", "license", "url", "chars", "timestamp"))
    columns = {name: table[name].to_pylist() for name in table.column_names}
    reasons: Counter[str] = Counter(row["reason"] for row in store.rejected())
    rejected = sum(reasons.values())
    return {
        "name": store.name,
        "documents": len(store),
        "read": len(store) + rejected,
        "rejected": {"total": rejected, "by_reason": ordered(reasons)},
        "characters": sum(columns["chars"]),
        "by": {
            name: ordered(Counter(v or "unknown" for v in columns[name]))
            for name in ("source", "language", "license")
        },
        "hosts": ordered(Counter(map(host, columns["url"])), 20),
        "years": dict(sorted(Counter(str(t)[:4] for t in columns["timestamp"] if t).items())),
        "lengths": [list(b) for b in log_bins(columns["chars"], 2)],
        "manifest": {k: v for k, v in store.manifest.items() if k != "parts"},
    }


def host(url: str) -> str:
    """The host of an address, or empty."""
    return url.partition("://")[2].partition("/")[0].lower()


def ordered(counts: Mapping[str, int], most: int | None = None) -> dict[str, int]:
    """Counts with the largest first; equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most])
