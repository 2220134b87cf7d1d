"""How far models and rules agree, where a task has both (miner.tasks.candidates)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.tasks.candidates import AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from miner.types import Annotation


def of_annotations(annotations: Iterable[Annotation]) -> list[dict[str, Any]]:
    """A row for each task, model and rule: what both found, and what one of them did.

    Of accepted annotations alone: what the check `complete` refused as disputed is among the
    rejected.
    """
    rows: dict[tuple[str, str, str], dict[str, int]] = {}
    for annotation in annotations:
        if told := annotation.meta.get(AGREEMENT):
            key = (annotation.task, annotation.model, told["rule"])
            row = rows.setdefault(
                key, {"annotations": 0, "both": 0, "model_only": 0, "rule_only": 0}
            )
            row["annotations"] += 1
            row["both"] += told["both"]
            row["model_only"] += told["model_only"]
            row["rule_only"] += len(told["rule_only"])
    return [
        {"task": task, "model": model, "rule": rule, **row, "share": _share(row)}
        for (task, model, rule), row in sorted(rows.items())
    ]


def _share(row: dict[str, int]) -> float | None:
    """Found by both, of all that either found; None where neither found anything."""
    total = row["both"] + row["model_only"] + row["rule_only"]
    return round(row["both"] / total, 4) if total else None
