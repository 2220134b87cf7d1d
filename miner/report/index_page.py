"""An index's report: what was read, kept and turned away, and how the corpus lies in space."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic
from miner.report import evidence, figures
from miner.report.html import Html, cards, figure, join, page, section, table, tag
from miner.report.svg import Bar, Point, bars, compact, histogram, scatter

if TYPE_CHECKING:
    from miner.store import Store

MAPPED = 1500
"""Documents on the map, at equal distances in the order of rows."""

SHOWN = 8
"""Documents that are shown."""

PER_REASON = 3


def write(store: Store) -> Path:
    """Write report.json and report.html into the store's folder.

    Returns:
        The page.
    """
    numbers = figures.of_store(store)
    atomic.write_json(store.path / "report.json", numbers)
    path = store.path / "report.html"
    atomic.write_bytes(path, render(store, numbers))
    return path


def render(store: Store, numbers: Mapping[str, Any]) -> bytes:
    """The page of these figures."""
    sections = {
        "Overview": _overview(numbers),
        "Map": _map(store),
        "Documents": _documents(numbers),
        "Rejected": _rejected(store, numbers),
        "Sample": _sample(store),
        "Manifest": _manifest(numbers),
    }
    return page(f"Index {numbers['name']}", "documents, vectors and what was turned away", sections)


def _overview(numbers: Mapping[str, Any]) -> Html:
    kept, read = numbers["documents"], numbers["read"]
    values: dict[str, object] = {
        "read": read,
        "kept": kept,
        "turned away": numbers["rejected"]["total"],
        "kept share": f"{kept / read:.0%}" if read else "none",
        "characters": compact(numbers["characters"]),
        "sources": len(numbers["by"]["source"]),
    }
    return section("Overview", cards(values))


def _map(store: Store) -> Html:
    """Two principal components of an even sample of the vectors."""
    rows = list(range(0, len(store), max(len(store) // MAPPED, 1)))[:MAPPED]
    if len(rows) < 3:
        return section("Map", tag("p", "Too few documents for a map.", class_="quiet"))
    places = principal_components(store.vectors(rows))
    listing = store.table(("source", "title", "url")).take(rows).to_pylist()
    points = [
        Point(x, y, row["source"], (row["title"] or row["url"])[:120])
        for (x, y), row in zip(places, listing, strict=True)
    ]
    plot = scatter(points, "Map of the documents", ("first component", "second component"))
    note = f"{len(rows):,} of {len(store):,} documents; the first two principal components"
    return section("Map", figure("Where documents lie", plot, note))


def principal_components(vectors: Any) -> list[tuple[float, float]]:
    """The first two principal components of each row, signs fixed, shape (n, 2)."""
    import numpy as np

    rows = np.asarray(vectors, dtype=np.float64)
    rows = rows - rows.mean(axis=0)
    _, axes = np.linalg.eigh(rows.T @ rows)
    axes = axes[:, [-1, -2]]
    # An axis may point either way: the largest of its components is made positive.
    strongest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[strongest, [0, 1]])
    return [(float(x), float(y)) for x, y in rows @ axes]


def _documents(numbers: Mapping[str, Any]) -> Html:
    bins = [tuple(b) for b in numbers["lengths"]]
    plots = [figure("Characters of a document", histogram(bins, "Lengths"))]
    titles = {"source": "Sources", "language": "Languages", "license": "Licences"}
    for place, (column, title) in enumerate(titles.items(), 1):
        rows = [
            Bar(value, n, colour=place) for value, n in islice(numbers["by"][column].items(), 12)
        ]
        plots.append(figure(title, bars(rows, title, 440, 150)))
    hosts = [Bar(h or "none", n, colour=4) for h, n in numbers["hosts"].items()]
    plots.append(figure("Hosts", bars(hosts[:12], "Hosts", 440, 190)))
    if numbers["years"]:
        years = [Bar(year, n, colour=5) for year, n in numbers["years"].items()]
        plots.append(figure("Years", bars(years[-12:], "Years", 440, 70)))
    return section("Documents", tag("div", *plots, class_="pair"))


def _rejected(store: Store, numbers: Mapping[str, Any]) -> Html:
    reasons = numbers["rejected"]["by_reason"]
    plot = bars([Bar(r, n, colour="bad") for r, n in reasons.items()], "Rejected by reason")
    shown: dict[str, list[tuple[str, ...]]] = {}
    for row in store.rejected():
        rows = shown.setdefault(row["reason"], [])
        if len(rows) < PER_REASON:
            detail = (row["detail"] or "")[:200]
            rows.append((row["reason"], row["file"], str(row["row"]), row["url"], detail))
    listed = [row for reason in sorted(shown) for row in shown[reason]]
    read = table(("reason", "file", "row", "url", "detail"), listed)
    parts = [figure("Turned away, by reason", plot)] if reasons else []
    return section(
        "Rejected",
        *parts,
        tag("details", tag("summary", "Read some of them"), read),
        intro="Nothing is dropped without a reason. Read all: miner rejected STORE [--reason R].",
    )


def _sample(store: Store) -> Html:
    ids = store.ids
    documents = store.documents(ids[:: max(len(ids) // SHOWN, 1)][:SHOWN])
    parts = []
    for document in documents.values():
        about = " · ".join(p for p in (document.source, document.license, document.url) if p)
        rows = (tag("dt", "Title"), tag("dd", document.title, dir="auto"))
        body = tag("dd", evidence.highlighted(document.text, ()), dir="auto")
        parts.append(
            tag(
                "div",
                tag("p", about, class_="about"),
                tag("dl", *(rows if document.title else ()), tag("dt", "Text"), body),
                class_="example",
            )
        )
    return section("Sample", join(parts), intro="Documents at equal distances in the index.")


def _manifest(numbers: Mapping[str, Any]) -> Html:
    rows = [(key, tag("code", str(value))) for key, value in sorted(_flat(numbers["manifest"]))]
    return section("Manifest", table(("key", "value"), rows))


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat += _flat(value, f"{prefix}{key}.")
        elif not isinstance(value, list) or len(value) <= 20:
            flat.append((f"{prefix}{key}", value))
    return flat
