"""What lies at a path before it is indexed: files, columns, lengths, and a card to begin with."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from miner import recipe
from miner.errors import SourceError
from miner.sources import json
from miner.sources.csv import Csv
from miner.sources.files import find_files, is_elsewhere, open_file
from miner.sources.jsonl import records
from miner.sources.lines import unpacked
from miner.sources.parquet import Parquet
from miner.types import Document, File, Rejected, Row, Source

KINDS: Mapping[str, str] = {
    **dict.fromkeys((".jsonl", ".json", ".ndjson"), "jsonl"),
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".warc", ".wet", ".arc"), "warc"),
    **dict.fromkeys((".txt", ".text", ".md"), "text"),
    ".parquet": "parquet",
    ".xml": "wikipedia_dump",
}
"""The kind of source that reads files with an ending."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "content", "raw_content", "body", "article", "document", "passage", "story"),
    "id": ("id", "doc_id", "_id", "uuid", "docid", "document_id", "pageid", "revid"),
    "url": ("url", "uri", "link", "source_url", "canonical_url"),
    "title": ("title", "headline", "heading", "name", "subject"),
    "timestamp": ("timestamp", "date", "published", "created", "created_at", "crawl_date", "time"),
    "language": ("language", "lang", "locale"),
    "license": ("license", "licence", "rights"),
}
"""Names that columns have in the wild, the most usual first."""

SAMPLED = 200

LICENSE = '# Under which licence are the texts? In the source: values = { license = "..." }\n'
"""The first line of a card for a corpus that does not say."""


@dataclass(frozen=True)
class Column:
    """What the sampled records hold under one name."""

    name: str
    types: str
    filled: float
    mean_chars: float
    example: str


@dataclass(frozen=True)
class Peek:
    """What was found at a path. `rows` are the first ones as the proposed source reads them."""

    path: str
    kind: str
    files: tuple[File, ...]
    others: Counter[str]
    columns: tuple[Column, ...]
    settings: Mapping[str, Any]
    rows: tuple[Row, ...]

    @property
    def documents(self) -> list[Document]:
        """The documents among the rows."""
        return [row.content for row in self.rows if isinstance(row.content, Document)]

    @property
    def quarters(self) -> list[int]:
        """Characters of the shortest text, of those at each quarter, and of the longest."""
        sizes = sorted(len(document.text) for document in self.documents)
        return [sizes[min(len(sizes) - 1, len(sizes) * q // 4)] for q in range(5) if sizes]

    @property
    def rejected(self) -> Counter[str]:
        """How often each reason came up."""
        return Counter(r.content.reason for r in self.rows if isinstance(r.content, Rejected))

    def card(self, language: str = "") -> str:
        """A card, in TOML, that indexes what is there."""
        import tomli_w

        values = {"values": {"language": language}} if language else {}
        # A card's relative paths are taken from the card's folder, ours from the current one.
        path = self.path if is_elsewhere(self.path) else str(Path(self.path).resolve())
        table = {
            "name": PurePosixPath(self.path.rstrip("/")).name.partition(".")[0] or "corpus",
            "sources": [{"kind": self.kind, **self.settings, "path": path, **values}],
            "clean": [{"kind": "repair"}, {"kind": "length", "min_chars": 200}],
            "deduplicate": {},
            "encoder": {"kind": "minilm"},
        }
        # Nobody can guess it, and everything that is made from the texts depends on it.
        say = "" if "license" in {*self.settings, *(c.name for c in self.columns)} else LICENSE
        return say + tomli_w.dumps(table)


def peek(path: str, sampled: int = SAMPLED) -> Peek:
    """Look at the files of a path and at the first rows of the first of them.

    Raises:
        SourceError: Nothing is there, or nothing that any source reads.
    """
    every = find_files(path, ("",))
    by_kind = Counter(kind for file in every if (kind := KINDS.get(_ending(file.name), "")))
    if not by_kind:
        endings = ", ".join(sorted({_ending(f.name) or f.name for f in every})[:8])
        raise SourceError(f"{path}: no source reads {endings}; those read: {', '.join(KINDS)}")
    kind = by_kind.most_common(1)[0][0]
    files = tuple(f for f in every if KINDS.get(_ending(f.name)) == kind)
    others = Counter(_ending(f.name) or f.name for f in every if f not in files)
    if kind == "wikipedia_dump" and not _begins(path, files[0], b"<mediawiki", somewhere=True):
        kind = "stack_exchange"
    if kind == "jsonl" and _begins(path, files[0], b"["):
        kind = "json"
    columns = _columns(path, kind, files[0], sampled)
    settings = {"path": path, **_settings(columns)}
    source: Source = recipe.build(recipe.find(Source, kind), settings, path)
    rows = itertools.chain.from_iterable(_rows(source, file) for file in source.files())
    first = tuple(itertools.islice(rows, sampled))
    return Peek(path, kind, files, others, columns, settings, first)


def _rows(source: Source, file: File) -> Iterator[Row]:
    """The rows of a file; of one that lacks the columns of the first file, that it does."""
    try:
        yield from source.read(file)
    except SourceError as error:
        yield Row(0, Rejected("unlike_the_first_file", str(error)))


def _ending(name: str) -> str:
    name = name.lower()
    for packed in (".gz", ".zst", ".bz2", ".xz"):
        name = name.removesuffix(packed)
    return PurePosixPath(name).suffix


def _begins(path: str, file: File, mark: bytes, *, somewhere: bool = False) -> bool:
    """Whether a file begins with a mark, spaces apart, or has it somewhere near its beginning."""
    with open_file(path, file) as stream:
        head = next(unpacked(stream), b"")
    return mark in head if somewhere else head.lstrip().startswith(mark)


def _columns(path: str, kind: str, file: File, sampled: int) -> tuple[Column, ...]:
    """The columns of the first records; none where a kind has its own."""
    if kind not in ("json", "jsonl", "csv", "parquet"):
        return ()
    found = [r for r in itertools.islice(_raw(path, kind, file), sampled) if r]
    names = dict.fromkeys(name for record in found for name in record)
    return tuple(_column(name, [record.get(name) for record in found]) for name in names)


def _raw(path: str, kind: str, file: File) -> Iterator[Mapping[str, Any]]:
    if kind == "json":
        yield from json.head(path, file, SAMPLED)
        return
    with open_file(path, file) as stream:
        if kind == "parquet":
            yield from Parquet(path=path).head(stream)
            return
        found = (
            records(stream, 0, file) if kind == "jsonl" else Csv(path=path).records(stream, file)
        )
        yield from (record for _, record in found if not isinstance(record, Rejected))


def _column(name: str, values: Sequence[Any]) -> Column:
    filled = [value for value in values if value not in (None, "")]
    texts = [value if isinstance(value, str) else str(value) for value in filled]
    return Column(
        name,
        "/".join(sorted({type(value).__name__ for value in filled})) or "empty",
        len(filled) / max(len(values), 1),
        sum(map(len, texts)) / max(len(texts), 1),
        texts[0][:200] if texts else "",
    )


def _settings(columns: Sequence[Column]) -> dict[str, str]:
    """Which column is which, where the name is not the default one."""
    if not columns:
        return {}
    chosen = {}
    names = {column.name.lower(): column.name for column in columns if column.filled > 0}
    for key, usual in COLUMNS.items():
        found = next((names[name] for name in usual if name in names), "")
        if found and (found != key or key == "id"):
            chosen[key] = found
    texts = [column for column in columns if column.types == "str"]
    if "text" not in names and "text" not in chosen and texts:
        chosen["text"] = max(texts, key=lambda column: column.mean_chars).name
    body = next((c for c in texts if c.name == chosen.get("text", "text")), None)
    if body and body.example.lstrip()[:1] == "<":
        chosen["html"] = chosen.pop("text", "text")
    if chosen.get("timestamp") == "date":
        del chosen["timestamp"]
    return chosen
