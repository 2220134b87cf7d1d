"""What people decided about a run's examples, and what that says about the rest.

A verdict is a row of reviews/<reviewer>.jsonl in the run's folder: id, reviewer, verdict (accept,
edit, reject), reason, and the edited instruction, input and output where there are any. Rows are
appended and never changed; a reviewer's later verdict on an example replaces the earlier one.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.errors import StoreError, UsageError, choices

if TYPE_CHECKING:
    from miner.run import Run
    from miner.types import Example

PARTS = ("instruction", "input", "output")
DECISIONS = ("accept", "edit", "reject")
REASONS: Mapping[str, str] = {
    "unsupported": "the document does not say this",
    "wrong": "the answer does not answer the instruction",
    "incomplete": "something that belongs to the answer is missing",
    "unclear": "the instruction can be understood in several ways, or in none",
    "unnatural": "nobody would ask or write like this",
    "unclean": "page furniture, markup or a cut text",
    "trivial": "nothing can be learnt from it",
    "harmful": "offensive, personal or dangerous",
    "other": "see the note",
}
"""Reason codes of a rejection, with what each means."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One person's decision on one example."""

    id: str
    reviewer: str
    verdict: str
    reason: str = ""
    note: str = ""
    instruction: str | None = None
    input: str | None = None
    output: str | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any], where: str) -> Verdict:
        """A verdict from a row of a file.

        Raises:
            UsageError: A field is missing or is none of those allowed.
        """
        values = {f.name: row[f.name] for f in dataclasses.fields(cls) if row.get(f.name)}
        if values.get("verdict") == "edit":  # an edit may empty a part
            values |= {part: row[part] for part in PARTS if row.get(part) is not None}
        for name in ("id", "reviewer", "verdict"):
            if not isinstance(values.get(name), str):
                raise UsageError(f"{where}: '{name}' is missing")
        verdict = cls(**values)
        if verdict.verdict not in DECISIONS:
            raise UsageError(
                f"{where}: verdict '{verdict.verdict}'; {choices(verdict.verdict, DECISIONS)}"
            )
        if verdict.verdict == "reject" and verdict.reason not in REASONS:
            raise UsageError(
                f"{where}: reason '{verdict.reason}'; {choices(verdict.reason, REASONS)}"
            )
        return verdict


Verdicts = Mapping[str, Mapping[str, Verdict]]
"""Example to reviewer to verdict."""


def verdicts(run: Run) -> dict[str, dict[str, Verdict]]:
    """All that was decided, the last word of each reviewer.

    Raises:
        StoreError: A file of verdicts is damaged.
    """
    found: dict[str, dict[str, Verdict]] = {}
    for path in sorted((run.path / "reviews").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if line.strip():
                try:
                    verdict = Verdict.read(json.loads(line), f"{path}:{number}")
                except (ValueError, UsageError) as error:
                    raise StoreError(f"{path}:{number}: is no verdict: {error}") from error
                found.setdefault(verdict.id, {})[verdict.reviewer] = verdict
    return found


def record(run: Run, decided: Iterable[Verdict]) -> int:
    """Append verdicts to their reviewers' files, each safe on disk before the next is taken.

    Returns:
        How many.

    Raises:
        UsageError: A reviewer's name is none that a file can have.
    """
    count = 0
    for verdict in decided:
        if not re.fullmatch(r"[\w][\w.@-]{0,60}", verdict.reviewer):
            raise UsageError(f"reviewer '{verdict.reviewer}': a name of letters, digits, . @ _ -")
        path = run.path / "reviews" / f"{verdict.reviewer}.jsonl"
        path.parent.mkdir(exist_ok=True)
        row = {k: v for k, v in dataclasses.asdict(verdict).items() if v not in ("", None)}
        if verdict.verdict == "edit":
            row |= {p: v for p in PARTS if (v := getattr(verdict, p)) is not None}
        with path.open("ab") as file:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        count += 1
    return count


def reviewed(run: Run) -> Iterator[Example]:
    """The run's examples as people left them: without those they rejected, with their edits.

    An example is rejected when more reviewers reject it than not; of several edits, the one of the
    reviewer whose name comes first is taken.
    """
    decided = verdicts(run)
    for example in run.examples():
        rows = sorted(decided.get(example.id, {}).values(), key=lambda v: v.reviewer)
        rejections = sum(v.verdict == "reject" for v in rows)
        if 2 * rejections > len(rows):
            continue
        edit = next((v for v in rows if v.verdict == "edit"), None)
        if edit:
            parts = {p: v for p in PARTS if (v := getattr(edit, p)) is not None}
            yield dataclasses.replace(example, **parts)
        else:
            yield example


def accepted(run: Run) -> Iterator[Example]:
    """The examples that somebody accepted as they are and nobody rejected."""
    decided = verdicts(run)
    for example in run.examples():
        words = {v.verdict for v in decided.get(example.id, {}).values()}
        if "accept" in words and "reject" not in words:
            yield example


# ------------------------------------------------------------------------------------- figures


def wilson(passed: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """A 95 % interval for a share. Source: Wilson (1927)."""
    if total == 0:
        return 0.0, 1.0
    share = passed / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    half /= 1 + z * z / total
    return max(middle - half, 0.0), min(middle + half, 1.0)


def alpha(units: Iterable[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal values: 1 is full agreement, 0 is chance.

    Args:
        units: The values that each unit was given, one a coder; units with a single one count
            for nothing.

    Returns:
        None where it is not defined: no unit has two values, or all values are the same.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    weights: dict[tuple[str, str], float] = {}
    for unit in units:
        if len(unit) > 1:
            for i, one in enumerate(unit):
                for j, other in enumerate(unit):
                    if i != j:
                        pairs[one, other] += 1
                        key = (one, other)
                        weights[key] = weights.get(key, 0.0) + 1 / (len(unit) - 1)
    totals: dict[str, float] = {}
    for (one, _), weight in weights.items():
        totals[one] = totals.get(one, 0.0) + weight
    n = sum(totals.values())
    expected = sum(totals[a] * totals[b] for a in totals for b in totals if a != b)
    if not pairs or not expected:
        return None
    observed = sum(weight for (a, b), weight in weights.items() if a != b)
    return 1 - (n - 1) * observed / expected


def figures(run: Run) -> dict[str, Any]:
    """What reviews say: pass rate a task with its interval, agreement, and what was in dispute.

    An example passes if it is accepted or edited by at least half of its reviewers.
    """
    decided = verdicts(run)
    if not decided:
        return {}
    tasks: dict[str, list[bool]] = {}
    for example in run.examples():
        if rows := decided.get(example.id):
            passed = sum(v.verdict != "reject" for v in rows.values())
            tasks.setdefault(example.task, []).append(2 * passed >= len(rows))
    rates = {task: _rate(passes) for task, passes in sorted(tasks.items())}
    kept = [{v.verdict == "reject" for v in rows.values()} for rows in decided.values()]
    reasons = Counter(
        v.reason for rows in decided.values() for v in rows.values() if v.verdict == "reject"
    )
    return {
        "examples": len(decided),
        "reviewers": sorted({v.reviewer for rows in decided.values() for v in rows.values()}),
        "all": _rate([passed for passes in tasks.values() for passed in passes]),
        "by_task": rates,
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "alpha": alpha(
            ["reject" if v.verdict == "reject" else "keep" for v in rows.values()]
            for rows in decided.values()
        ),
        "disputed": sum(len(values) > 1 for values in kept),
    }


def _rate(passes: Sequence[bool]) -> dict[str, float]:
    low, high = wilson(sum(passes), len(passes))
    share = sum(passes) / len(passes) if passes else 0.0
    return {"passed": sum(passes), "of": len(passes), "rate": share, "low": low, "high": high}
