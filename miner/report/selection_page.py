"""The part of a run's page on its selection: what was chosen, how well, and from what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from miner.report.html import Html, cards, figure, join, section, table, tag
from miner.report.svg import Point, scatter, treemap
from miner.select.reasons import said

if TYPE_CHECKING:
    from miner.run import Run
    from miner.store import Store
    from miner.types import Candidate, Document, NodeSelection

LISTED = 500
"""Nodes in the table; report.json has them all."""
TILES = 400
"""Tiles of the tree map; of a larger taxonomy the deepest level that has no more is drawn."""
READ = 40
"""Nodes of which texts are shown, at equal distances."""
OF_EACH = 3
"""Texts of each kind that are shown of a node."""
EXCERPT = 280
"""Characters of a text that are shown."""

SHADES = {"f3": "full", "f2": "half or more", "f1": "less than half", "f0": "empty"}
"""Class of a tile, and what it means."""
WAYS = {
    "selected": "this selection",
    "nearest": "nearest by cosine",
    "random": "drawn by chance",
}
COMPARED = {
    "documents": "documents, counted per node",
    "different_documents": "different documents",
    "membership": "mean membership",
    "above_floor": "share at or above the floor",
    "coverage": "coverage of the node's population (1 is best)",
    "radius": "95 % radius (0 is best)",
    "near_duplicate_pairs": "near-duplicate pairs within nodes",
    "vendi": "Vendi score: different documents in effect, a node",
}


def sections(run: Run, store: Store, numbers: Mapping[str, Any]) -> Mapping[str, Html]:
    """The selection's sections by their headings.

    Args:
        run: Has selected.
        store: What it selected from.
        numbers: Of chosen.of_selection.
    """
    found = {"Selection": _selection(numbers), "Fill": _fill(numbers)}
    if "ways" in numbers:
        found |= {"Map": _map(run, store, numbers), "Compared": _compared(numbers)}
    return found | {"Texts": _texts(run, store, numbers)}


# -------------------------------------------------------------------------------------- tables


def _selection(numbers: Mapping[str, Any]) -> Html:
    whole, nodes = numbers["levels"][0], numbers["nodes"]
    values: dict[str, object] = {
        "documents asked for": whole["asked"],
        "documents chosen": whole["filled"],
        "spares": whole["spares"],
        "nodes with all their documents": f"{whole['full']:,} / {len(nodes):,}",
        "nodes short": whole["short"],
        "nodes empty": whole["empty"],
    }
    kind = (
        "a probability that people's labels were fitted to"
        if numbers["calibrated"]
        else (
            "a score from 0 to 1 that no labels have calibrated: it ranks, and is no measured share"
        )
    )
    floor = f"{numbers['floor']:.2f}" if "floor" in numbers else "the floor"
    measured = (
        f"Coverage is the mean cosine of a node's population (the documents at or above the floor) "
        f"to the nearest chosen one, in another space than the one that chose: "
        f"{numbers['embedding']['name']} of {numbers['embedding']['texts']:,} documents. "
        "Beside it stand what as many random documents of that population cover and what a greedy "
        "choice covers; within the radius, 95 % of the population find a chosen document. Pairs "
        "alike are near-duplicates among the chosen, and the Vendi score is how many different "
        "documents they amount to, both in the space that chose."
        if "embedding" in numbers
        else "Coverage was not measured."
    )
    more = len(nodes) - LISTED
    return section(
        "Selection",
        cards(values),
        tag("h3", "By level"),
        tag(
            "p",
            "A node above sums those below it; coverage, radius and Vendi are their means.",
            class_="quiet",
        ),
        table(_HEAD_LEVEL, [_level_row(row) for row in numbers["levels"]], "dense"),
        tag("h3", "By node"),
        tag("p", measured, class_="quiet"),
        table(_HEAD_NODE, [_node_row(row) for row in nodes[:LISTED]], "dense"),
        *([tag("p", f"{more:,} more stand in report.json.", class_="quiet")] if more > 0 else []),
        *_above(numbers["above"]),
        intro=f"Membership is {kind}. Nothing below {floor} is taken: a node for which too few "
        "documents reach it stays short and says why. What does reach it may be of a neighbouring "
        "topic, above all where a node's own documents are missing: read the texts below.",
    )


_COMMON = ("membership", "coverage", "random, greedy", "radius", "pairs alike", "Vendi")
_HEAD_NODE = (
    "node", "asked", "candidates", "above floor", "filled", "spares", *_COMMON, "why not full",
)  # fmt: skip
_HEAD_LEVEL = (
    "level", "nodes", "asked", "candidates", "above floor", "filled", "full", "short", "empty",
    *_COMMON,
)  # fmt: skip


_SHOWN = ("membership", "coverage", "radius", "near_duplicate_pairs")


def _measured(row: Mapping[str, Any]) -> tuple[object, ...]:
    bounds = (row["coverage_random"], row["coverage_greedy"])
    shown = {key: "" if row[key] is None else row[key] for key in _SHOWN}
    between = "" if None in bounds else f"{bounds[0]:.2f},\u00a0{bounds[1]:.2f}"
    vendi = "" if row["vendi"] is None else f"{row['vendi']:.1f}"
    return (
        shown["membership"], shown["coverage"], between, shown["radius"],
        shown["near_duplicate_pairs"], vendi,
    )  # fmt: skip


def _node_row(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        tag("span", row["path"][-1], title=" / ".join(row["path"])),
        *(row[key] for key in ("asked", "candidates", "above_floor", "filled", "spares")),
        *_measured(row),
        row["why"],
    )


def _level_row(row: Mapping[str, Any]) -> tuple[object, ...]:
    keys = (
        "level", "nodes", "asked", "candidates", "above_floor", "filled", "full", "short", "empty",
    )  # fmt: skip
    return (*(row[key] for key in keys), *_measured(row))


def _above(rows: Sequence[Mapping[str, Any]]) -> Iterator[Html]:
    """What stands above the nodes, folded away."""
    if rows:
        head = ("node", "asked", "candidates", "above floor", "filled", "full", "short", "empty")
        keys = ("asked", "candidates", "above_floor", "filled", "full", "short", "empty")
        listed = [
            (" / ".join(row["path"]), *(row[key] for key in keys), *_measured(row))
            for row in rows[:LISTED]
        ]
        yield tag(
            "details", tag("summary", "By node above"), table((*head, *_COMMON), listed, "dense")
        )


def _compared(numbers: Mapping[str, Any]) -> Html:
    ways = numbers["ways"]
    rows = [
        (line, *("" if ways[way][key] is None else ways[way][key] for way in WAYS))
        for key, line in COMPARED.items()
    ]
    return section(
        "Compared",
        table(("", *WAYS.values()), rows),
        intro=f"The same number of documents for each of {numbers['graded']:,} nodes, chosen "
        "otherwise: the nearest to its description by cosine, and documents drawn by chance from "
        "all that may be selected. Who belongs to a node is this selection's own membership in all "
        "columns, so it flatters itself; labelled text measures that (docs/selection.md).",
    )


# --------------------------------------------------------------------------------------- plots


def _fill(numbers: Mapping[str, Any]) -> Html:
    rows = _drawn(numbers)
    areas = {tuple(row["path"]): row["asked"] for row in rows}
    marks = {
        tuple(row["path"]): (_shade(row), f"{row['filled']:,} / {row['asked']:,}") for row in rows
    }
    plot = treemap(areas, "Fill of the taxonomy", marks=marks, legend=SHADES)
    return section(
        "Fill",
        figure("How full each node is", plot, "area: documents asked for"),
        intro="Red and orange nodes lack documents in this corpus, or lose them to their "
        "neighbours; the table above says which.",
    )


def _drawn(numbers: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The nodes, or what stands so far above them that there are not too many."""
    nodes = numbers["nodes"]
    if len(nodes) <= TILES:
        return nodes  # type: ignore[no-any-return]
    depths: dict[int, list[Mapping[str, Any]]] = {}
    for row in numbers["above"]:
        depths.setdefault(len(row["path"]), []).append(row)
    few = [rows for _, rows in sorted(depths.items()) if len(rows) <= TILES]
    return few[-1] if few else nodes[:TILES]


def _shade(row: Mapping[str, Any]) -> str:
    share = row["filled"] / row["asked"] if row["asked"] else 1.0
    return "f3" if share >= 1 else "f2" if share >= 0.5 else "f1" if share > 0 else "f0"


def _map(run: Run, store: Store, numbers: Mapping[str, Any]) -> Html:
    found = run.grades["map"]
    paths = {row["node"]: row["path"] for row in numbers["nodes"]}
    # A single root has no neighbour to differ from: its children take the colours.
    level = 1 if len({path[0] for path in paths.values()}) == 1 else 0
    ids = [id for *_, id in found["corpus"]] + [id for _, _, id, _ in found["chosen"]]
    named = _titles(store, ids)
    points = [Point(x, y, "", named[id]) for x, y, id in found["corpus"]]
    points += [
        Point(x, y, (paths[node][level:] or paths[node])[0], f"{named[id]} · {paths[node][-1]}")
        for x, y, id, node in found["chosen"]
    ]
    plot = scatter(points, "Map of the corpus", backdrop="")
    note = (
        f"{len(found['chosen']):,} chosen on {len(found['corpus']):,} of {len(store):,} documents"
    )
    return section(
        "Map",
        figure("Where the chosen documents lie", plot, note),
        intro="Pale: an even sample of the corpus. Coloured: the chosen. The plane is the one in "
        "which the nodes differ most on the mean: what lies apart here is apart; what lies "
        "together may differ in other directions.",
    )


def _titles(store: Store, ids: Sequence[str]) -> dict[str, str]:
    listing = store.table(("title", "url")).take(store.rows(ids)).to_pylist()
    return {
        id: (row["title"] or row["url"] or id)[:100] for id, row in zip(ids, listing, strict=True)
    }


# --------------------------------------------------------------------------------------- texts


def _texts(run: Run, store: Store, numbers: Mapping[str, Any]) -> Html:
    floor = float(numbers.get("floor", 0.0))
    paths = {row["node"]: row["path"] for row in numbers["nodes"]}
    some = [node for node in run.selection().nodes if node.candidates]
    step = max(len(some) / READ, 1)
    some = [some[int(i * step)] for i in range(min(len(some), READ))]
    kinds = {node.node: _kinds(node, floor) for node in some}
    ids = {c.document for found in kinds.values() for c, _ in found}
    documents = store.documents(sorted(ids))
    parts = [
        tag(
            "details",
            tag("summary", f"{' / '.join(paths[node.node])} · {len(node.chosen)} of {node.quota}"),
            table(
                ("", "membership", "document", "text", "what became of it"),
                [_text_row(kind, c, documents[c.document]) for c, kind in kinds[node.node]],
            ),
        )
        for node in some
    ]
    shown = f" {len(parts)} of {len(paths)} nodes are shown." if len(parts) < len(paths) else ""
    return section(
        "Texts",
        join(parts) if parts else tag("p", "No document came near any node.", class_="quiet"),
        intro=f"Of each node the {OF_EACH} surest, the {OF_EACH} nearest above the floor and the "
        f"{OF_EACH} nearest below it: read them to judge whether the floor is right.{shown}",
    )


def _kinds(node: NodeSelection, floor: float) -> list[tuple[Candidate, str]]:
    """The surest, the least sure above the floor, and the surest below it, each once."""
    sure = sorted(node.chosen, key=lambda c: -c.probability)[:OF_EACH]
    rest = [c for c in node.candidates if c not in sure]
    above = sorted((c for c in rest if c.probability >= floor), key=lambda c: c.probability)
    below = sorted((c for c in rest if c.probability < floor), key=lambda c: -c.probability)
    return [
        *((c, "sure") for c in sure),
        *((c, "borderline") for c in reversed(above[:OF_EACH])),
        *((c, "refused") for c in below[:OF_EACH]),
    ]


def _text_row(kind: str, candidate: Candidate, document: Document) -> tuple[object, ...]:
    text = " ".join(document.text[: 2 * EXCERPT].split())
    cut = text[:EXCERPT] + (" …" if len(text) > EXCERPT else "")
    became = said(candidate.reason) or candidate.status
    return (kind, candidate.probability, document.title or document.url, cut, became)
