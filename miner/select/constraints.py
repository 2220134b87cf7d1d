"""Which documents may be selected at all, and how many of one site or source.

Read from the store's columns, not from texts. A document that is barred is still shown among those
passed over, with what barred it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from miner import dates
from miner.errors import SelectionError, choices
from miner.select.unread import UNREAD, reads

if TYPE_CHECKING:
    from miner.select.domain import Gate
    from miner.select.settings import Corpus, Select

CAPPED = {"max_per_domain": "url", "max_per_source": "source"}
"""A setting that caps a group, and the column that the group comes from."""

KINDS = {"url": "site", "source": "source"}


@dataclass(frozen=True)
class Cap:
    """At most `limit` documents of one group; `groups` holds every row's group, -1 for none."""

    groups: NDArray[np.int64]
    limit: int
    kind: str = "group"
    """What a group is, in a word."""


@dataclass(frozen=True)
class Constraints:
    """What bars a document, by row, and the caps on groups of documents."""

    reasons: tuple[str, ...] = ("",)
    barred: NDArray[np.int8] | None = None
    """Row to a place in `reasons`; 0 is a document that may be selected."""
    caps: tuple[Cap, ...] = field(default=())

    @property
    def free(self) -> NDArray[np.bool_] | None:
        """Per row whether nothing bars it; None where nothing bars any."""
        return None if self.barred is None else self.barred == 0

    def reason(self, row: int) -> str:
        """What bars a row, or nothing."""
        return "" if self.barred is None else self.reasons[self.barred[row]]

    def allowed(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows that nothing bars, in the order given."""
        return rows if self.barred is None else rows[self.barred[rows] == 0]


def read_constraints(
    store: Corpus,
    settings: Select,
    excluded: frozenset[str],
    gate: Gate | None = None,
    languages: Sequence[str] = (),
) -> Constraints:
    """Look up what the settings ask for; a store without constraints on it is not read at all.

    Args:
        store: The corpus.
        settings: See `Select`.
        excluded: Ids that are not selected again.
        gate: Of the domain that all must be of.
        languages: Those that the encoder reads; none where it reads all.

    Raises:
        SelectionError: A license, language, source or signal that no document has.
    """
    rules = _rules(settings)
    caps = {key: column for key, column in CAPPED.items() if getattr(settings, key) is not None}
    columns = {rule.column for rule in rules} | set(caps.values())
    columns |= {"language"} if languages else set()
    table = store.table(sorted(columns)).to_pydict() if columns else {}
    if languages:
        rules.append(_Rule("language", UNREAD, reads(store, table["language"], languages)))
    barred = np.zeros(len(store.ids), dtype=np.int8)
    for number, rule in enumerate(rules, 1):
        values = table[rule.column]
        rule.check(values)
        failing = np.fromiter((not rule.passes(v) for v in values), dtype=bool, count=len(values))
        barred[failing & (barred == 0)] = number
    if excluded:
        known = np.fromiter((id in excluded for id in store.ids), dtype=bool, count=len(barred))
        barred[known & (barred == 0)] = len(rules) + 1
    reasons = ["", *(rule.reason for rule in rules), "excluded: selected before"]
    if gate and settings.domain:
        outside = gate.probability < settings.domain.floor
        for failing, reason in (
            (outside, f"outside_domain: below {settings.domain.floor:.2f}"),
            (gate.repeats, "repeats_example: of the domain"),
        ):
            barred[failing & (barred == 0)] = len(reasons)
            reasons.append(reason)
    groups: dict[str, Callable[[str], str]] = {"url": site, "source": str}
    return Constraints(
        tuple(reasons),
        barred if barred.any() else None,
        tuple(
            Cap(
                _numbered(map(groups[column], table[column])), getattr(settings, key), KINDS[column]
            )
            for key, column in caps.items()
        ),
    )


def site(url: str) -> str:
    """The host of a URL without `www.`; empty if there is none."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:  # an address in brackets that is none
        return ""
    return host.removeprefix("www.")


def _numbered(names: Any) -> NDArray[np.int64]:
    numbers: dict[str, int] = {"": -1}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


# ------------------------------------------------------------------------------------- rules


@dataclass(frozen=True)
class _Rule:
    column: str
    reason: str
    passes: Callable[[Any], bool]
    named: Sequence[str] = ()
    """Values that the setting names, each of which some document should have."""

    def check(self, values: Sequence[Any]) -> None:
        present = {value or "" for value in values} if self.named else set()
        for name in self.named:
            if name not in present:
                raise SelectionError(
                    f"[select] no document has the {self.column} '{name}'; "
                    f"{choices(name, sorted(present)[:20])}"
                )


def _rules(settings: Select) -> list[_Rule]:
    rules = []
    for key, column in (("licenses", "license"), ("languages", "language"), ("sources", "source")):
        if wanted := getattr(settings, key):
            rules.append(_Rule(column, f"barred: {column}", _among(wanted), wanted))
    if settings.since or settings.until:
        rules.append(_Rule("timestamp", "barred: date", _dated(settings.since, settings.until)))
    if settings.min_chars or settings.max_chars is not None:
        most = float("inf") if settings.max_chars is None else settings.max_chars
        rules.append(_Rule("chars", "barred: length", _within(settings.min_chars, most)))
    for name, (low, high) in sorted(settings.signals.items()):
        rules.append(_Rule("signals", f"barred: signal {name}", _signalled(name, low, high)))
    return rules


def _among(wanted: Sequence[str]) -> Callable[[Any], bool]:
    return lambda value: (value or "") in wanted


def _within(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: value is not None and low <= value <= high


def _dated(since: str, until: str) -> Callable[[Any], bool]:
    """A document whose date is missing or unreadable is left out."""
    return lambda value: (
        dates.is_known(value or "")
        and not dates.is_before(value, since)
        and not dates.is_after(value, until)
    )


def _signalled(name: str, low: float, high: float) -> Callable[[Any], bool]:
    inside = _within(low, high)

    def passes(signals: Any) -> bool:
        found: Mapping[str, float] = dict(signals or {})
        return inside(found.get(name))

    return passes
