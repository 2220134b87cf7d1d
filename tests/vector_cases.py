"""Cases of the checks that need an index with an encoder: one of the sample that ships.

An instruction of the quick start must find its own document; one that names no subject, or is another
document's, must not. Two requests for one subject in other words are near; for two subjects they are not.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from check_cases import Row, Verdict, example, rows

from miner.checks.near_duplicate import NearDuplicate
from miner.checks.round_trip import RoundTrip
from miner.store import Store

CHECKS = ("near_duplicate", "round_trip")


def verdicts(check: str, index: Path) -> Iterator[tuple[Row, Verdict]]:
    """Each case with what the check says, asked afresh for each."""
    ask = {"near_duplicate": _near_duplicate, "round_trip": _round_trip}[check](index)
    for number, row in enumerate(rows(check)):
        yield row, ask(row, number)


def scores(check: str, index: Path) -> tuple[int, int, int, int]:
    """Rightly refused, wrongly refused, wrongly let through, rightly let through."""
    counts = [0, 0, 0, 0]
    for row, verdict in verdicts(check, index):
        counts[(0 if verdict else 2) if row["bad"] else (1 if verdict else 3)] += 1
    return counts[0], counts[1], counts[2], counts[3]


def _near_duplicate(index: Path):
    check = NearDuplicate(str(index))

    def ask(row: Row, number: int) -> Verdict:
        verdict = None
        for place, text in enumerate((row["first"], row["second"])):
            item = example(text, "An answer.", documents=(str(place),))
            item = dataclasses.replace(item, id=str(place), task=f"case {number}")
            verdict = check.check(item, {})
        return verdict

    return ask


def _round_trip(index: Path):
    check = RoundTrip(str(index))
    ids = _ids(index)

    def ask(row: Row, number: int) -> Verdict:
        del number
        item = example(row["instruction"], "An answer.", documents=(ids[row["sample"]],))
        return check.check(item, {})

    return ask


@functools.cache
def _ids(index: Path) -> dict[str, str]:
    return {document.url: document.id for document in Store.open(index).iterate()}
