"""What people decided about a run's examples: rejected ones stay out, edited ones go out as edited.

A verdict is a row of reviews/*.jsonl in the run's folder: id, reviewer, verdict (accept, edit,
reject), reason, and the edited instruction, input and output where there are any.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from miner.errors import StoreError

if TYPE_CHECKING:
    from miner.run import Run
    from miner.types import Example

PARTS = ("instruction", "input", "output")


def verdicts(run: Run) -> dict[str, dict[str, dict[str, Any]]]:
    """Example to reviewer to verdict; a reviewer's later verdict replaces the earlier one.

    Raises:
        StoreError: A file of verdicts is damaged.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted((run.path / "reviews").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if line.strip():
                try:
                    row = json.loads(line)
                    found.setdefault(row["id"], {})[row["reviewer"]] = row
                except (ValueError, KeyError, TypeError) as error:
                    raise StoreError(f"{path}:{number}: is no verdict: {error}") from error
    return found


def reviewed(run: Run) -> Iterator[Example]:
    """The run's examples as people left them.

    An example is rejected when more reviewers reject it than not; of several edits the one of the
    reviewer whose name comes first is taken.
    """
    decided = verdicts(run)
    for example in run.examples():
        rows = list(decided.get(example.id, {}).values())
        rejections = sum(row["verdict"] == "reject" for row in rows)
        if 2 * rejections > len(rows):
            continue
        edits = sorted((r for r in rows if r["verdict"] == "edit"), key=lambda r: r["reviewer"])
        if edits:
            changed = {part: edits[0][part] for part in PARTS if edits[0].get(part) is not None}
            yield dataclasses.replace(example, **changed)
        else:
            yield example
