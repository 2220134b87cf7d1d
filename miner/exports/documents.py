"""The selected documents as a data set of their own: where sampling for a domain ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic, recipe
from miner.exports import card
from miner.exports.dataset import write_parquet
from miner.exports.figures import Counts
from miner.types import Candidate, Taxonomy

if TYPE_CHECKING:
    import pyarrow as pa

    from miner.run import Run
    from miner.store import Store

PART_ROWS = 10_000
"""Documents of one Parquet file."""


def export_documents(run: Run, store: Store, out: Path) -> Path:
    """Write every chosen document, with its node and its membership.

    Args:
        run: Its selection is read; nothing need have been mined.
        store: Where the documents are.
        out: Folder of the data set, which `datasets.load_dataset` reads.

    Returns:
        `out`.

    Raises:
        StoreError: Nothing is selected yet.
    """
    chosen = [c for node in run.selection().nodes for c in node.chosen]
    paths = _paths(run)
    counts = Counts()
    written = set()
    for number, start in enumerate(range(0, max(len(chosen), 1), PART_ROWS)):
        rows = list(_rows(chosen[start : start + PART_ROWS], store, paths))
        for row in rows:
            counts.add_document(row)
        path = out / "documents" / f"train-{number:05d}.parquet"
        write_parquet(path, rows, _schema())
        written.add(path)
    for stale in set((out / "documents").glob("*.parquet")) - written:
        stale.unlink()
    atomic.write_bytes(out / "README.md", _card(run, store, counts).encode("utf-8", "replace"))
    return out


def _rows(
    chosen: list[Candidate], store: Store, paths: Mapping[str, tuple[str, ...]]
) -> Iterator[dict[str, Any]]:
    documents = store.documents([c.document for c in chosen])
    for candidate in chosen:
        document = documents[candidate.document]
        yield {
            "id": document.id,
            "text": document.text,
            "node": list(paths.get(candidate.node, (candidate.node,))),
            "node_id": candidate.node,
            "rank": candidate.rank,
            "probability": candidate.probability,
            "margin": candidate.margin,
            "cosine": candidate.cosine,
            "title": document.title,
            "url": document.url,
            "source": document.source,
            "license": document.license,
            "language": document.language,
            "timestamp": document.timestamp,
            "sha256": document.sha256,
            "cleaners": list(document.cleaners),
        }


def _schema() -> pa.Schema:
    import pyarrow as pa

    text, texts, real = pa.string(), pa.list_(pa.string()), pa.float64()
    columns = {
        "id": text,
        "text": pa.large_string(),
        "node": texts,
        "node_id": text,
        "rank": pa.int64(),
        "probability": real,
        "margin": real,
        "cosine": real,
    }
    rest = ("title", "url", "source", "license", "language", "timestamp", "sha256")
    columns |= dict.fromkeys(rest, text) | {"cleaners": texts}
    return pa.schema(list(columns.items()))


def _paths(run: Run) -> dict[str, tuple[str, ...]]:
    """Node id to the names from its root, from the run's own taxonomy."""
    from miner.taxonomy.load import load
    from miner.types import Node

    if nodes := run.manifest.get("taxonomy") or run.grades.get("taxonomy"):
        fields = {"id", "name", "level", "description", "parent"}
        taxonomy = Taxonomy("", tuple(Node(**{k: n[k] for k in fields if k in n}) for n in nodes))
    else:
        name = recipe.read_toml(run.path / "recipe.toml").get("taxonomy", "general")
        taxonomy = load(recipe.locate(name, "pipelines/taxonomies"))
    return {node.id: taxonomy.path(node.id) for node in taxonomy.nodes}


def _card(run: Run, store: Store, counts: Counts) -> str:
    name = f"{run.manifest.get('name') or run.path.name}: documents"
    about = (
        f"{counts.examples:,} documents selected from the {len(store):,} of the index "
        f"`{card.plain(store.name)}`, balanced over {len(counts.of('node'))} nodes and diverse "
        "within each. `probability` is how surely a document belongs to its node, `margin` how far "
        "the next node is; the text is as stored, and `cleaners` says what changed it. They were "
        "selected automatically, and no person has read them.\n"
    )
    parts = [
        card.metadata(name, counts, ["documents"]),
        f"# {card.plain(name)}\n",
        about,
        card.table(("node", "documents"), counts.of("node").items()),
        card.table(("language", "documents"), counts.of("language").items()),
        card.origins(counts),
        card.rights(counts),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)
