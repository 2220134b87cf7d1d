"""A run's folder: what it holds, and how its rows are written and read.

    runs/<run>/
      recipe.toml manifest.json     as resolved; a run can be repeated from them
      selection.parquet             every node's chosen, spares and passed-over candidates
      grades.json                   the selection's figures beside those of other ways to choose
      ledger.sqlite                 every request, reply and cost
      annotations/ examples/ rejected/    part-*.parquet
      report.html report.json dataset/ exports/

Parts are written whole and in order, so a reader always sees a prefix of the run. The manifest
comes last: a run without one is unfinished.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from miner import atomic
from miner.errors import StoreError, reading
from miner.types import (
    Annotation,
    Answers,
    Attributes,
    Candidate,
    Entities,
    Events,
    Example,
    Finding,
    Labels,
    NodeSelection,
    Phrases,
    Recalled,
    Relations,
    Selection,
    Span,
    Writing,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

GRADES = "grades.json"
"""Figures of a selection in a second embedding (select/grade.py)."""

ROW_GROUP = 1000
"""Rows that are decoded together when one is looked up."""

FINDINGS: Mapping[str, type[Finding]] = {
    kind.__name__: kind
    for kind in (
        *(Writing, Labels, Answers, Entities, Relations),
        *(Events, Attributes, Phrases, Recalled),
    )
}


# ------------------------------------------------------------------------------ annotations


def dump_finding(finding: Finding) -> str:
    """A finding as JSON text with its kind; equal findings give equal text."""
    kind = type(finding).__name__
    try:
        table = msgspec.json.encode(finding).decode()
    except ValueError:  # a lone surrogate, which UTF-8 lacks and JSON text has as an escape
        table = _ENCODE(dataclasses.asdict(finding))
    return f'{{"kind":"{kind}",{table[1:]}'


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def load_finding(text: str) -> Finding:
    """The way back from `dump_finding`."""
    return finding_from(json.loads(text))


def finding_from(table: Mapping[str, Any]) -> Finding:
    """A finding from its table; what else stands beside it, such as an id, is left alone.

    Raises:
        KeyError: There is no such kind.
        ValueError: The table is no finding of its kind.
    """
    try:
        return msgspec.convert(table, FINDINGS[table["kind"]])
    except msgspec.ValidationError as error:
        raise ValueError(f"no {table['kind']}: {error}") from error


def dump_annotation(annotation: Annotation) -> dict[str, Any]:
    """An annotation as a row of annotations/."""
    row = {
        f.name: getattr(annotation, f.name)
        for f in dataclasses.fields(annotation)
        if f.name not in {"finding", "scores", "meta"}
    }
    return row | {
        "finding": dump_finding(annotation.finding),
        "scores": _json(annotation.scores),
        "meta": _json(annotation.meta),
    }


def load_annotation(row: Mapping[str, Any]) -> Annotation:
    """The way back from `dump_annotation`."""
    return Annotation(
        **{
            k: v
            for k, v in row.items()
            if k not in {"finding", "scores", "meta", "documents", "request_ids"}
        },
        finding=load_finding(row["finding"]),
        documents=tuple(row["documents"]),
        request_ids=tuple(row["request_ids"]),
        scores=json.loads(row["scores"]),
        meta=json.loads(row["meta"]),
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# ---------------------------------------------------------------------------------- examples


def dump_example(example: Example) -> dict[str, Any]:
    """An example as a row of examples/ (docs/formats.md); scores are a list of name and value."""
    row = {f.name: getattr(example, f.name) for f in dataclasses.fields(example)}
    row["evidence"] = [dataclasses.asdict(span) for span in example.evidence]
    row["scores"] = [{"name": k, "value": float(v)} for k, v in sorted(example.scores.items())]
    return row


def load_example(row: Mapping[str, Any]) -> Example:
    """The way back from `dump_example`."""
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    values["evidence"] = tuple(Span(**span) for span in row["evidence"])
    values["scores"] = {score["name"]: score["value"] for score in row["scores"]}
    return Example(**typing.cast("dict[str, Any]", values))


def schemas() -> Mapping[str, pa.Schema]:
    """The columns of each folder of parts, and of selection.parquet."""
    import pyarrow as pa

    text, texts, real = pa.string(), pa.list_(pa.string()), pa.float64()
    span = pa.struct(
        [("document", text), ("start", pa.int64()), ("end", pa.int64()), ("text", text)]
    )
    score = pa.struct([("name", text), ("value", real)])
    types = {
        "annotations": {
            f.name: texts if f.name in {"documents", "request_ids"} else text
            for f in dataclasses.fields(Annotation)
        },
        "examples": {
            f.name: texts if str(f.type).startswith("tuple") else text
            for f in dataclasses.fields(Example)
        }
        | {"evidence": pa.list_(span), "scores": pa.list_(score), "difficulty": real},
        "rejected": dict.fromkeys(
            ("subject", "task", "node", "document", "url", "id", "reason", "detail"), text
        ),
        "selection": {f.name: text for f in dataclasses.fields(Candidate)}
        | {"rank": pa.int64(), "probability": real, "margin": real, "cosine": real},
    }
    return {name: pa.schema(list(columns.items())) for name, columns in types.items()}


# --------------------------------------------------------------------------------- the folder


@dataclasses.dataclass(frozen=True)
class Run:
    """The folder of one run."""

    path: Path

    @classmethod
    def open(cls, path: Path | str) -> Run:
        """A run that exists, finished or not.

        Raises:
            StoreError: The folder is missing or holds no run.
        """
        run = cls(Path(path))
        if not run.path.is_dir():
            raise StoreError(f"{path}: no such folder")
        if not (run.path / "recipe.toml").is_file():
            raise StoreError(f"{path}: is no run: it has no recipe.toml")
        return run

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.path / "ledger.sqlite"

    @property
    def begun(self) -> bool:
        """Whether the folder is bound to a recipe."""
        return (self.path / "recipe.toml").is_file()

    @property
    def finished(self) -> bool:
        """Whether everything is written: a manifest that says "mined" comes before the export."""
        return self.manifest.get("state") == "done"

    @property
    def manifest(self) -> dict[str, Any]:
        """What the run was and what came of it; empty while it is unfinished."""
        path = self.path / "manifest.json"
        return atomic.read_json(path, "state", "taxonomy") if path.is_file() else {}

    # -- parts

    def parts(self, folder: str) -> list[Path]:
        """The parts of annotations/, examples/ or rejected/, in order."""
        return sorted((self.path / folder).glob("part-*.parquet"))

    def write_part(self, folder: str, number: int, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write one part whole. Equal rows give equal bytes."""
        path = self.path / folder / f"part-{number:05d}.parquet"
        write_table(path, rows, schemas()[folder])
        return path

    def part_rows(self, folder: str, number: int) -> Iterator[dict[str, Any]]:
        """The rows of one part; none if there is no such part."""
        path = self.path / folder / f"part-{number:05d}.parquet"
        return read_rows(path) if path.is_file() else iter(())

    def rows(self, folder: str) -> Iterator[dict[str, Any]]:
        """All rows of a folder of parts, in order."""
        for part in self.parts(folder):
            yield from read_rows(part)

    def examples(self) -> Iterator[Example]:
        """The accepted examples, in order."""
        return map(load_example, self.rows("examples"))

    def annotations(self) -> Iterator[Annotation]:
        """The accepted annotations, in order."""
        return map(load_annotation, self.rows("annotations"))

    def rejected(self, reason: str = "") -> Iterator[dict[str, Any]]:
        """What was turned away: subject (case, annotation, example), where, reason, detail."""
        return (row for row in self.rows("rejected") if not reason or row["reason"] == reason)

    # -- selection

    def write_selection(self, selection: Selection) -> None:
        """Write selection.parquet, and selection.json with each node's figures."""
        rows = [dataclasses.asdict(c) for node in selection.nodes for c in node.candidates]
        write_table(self.path / "selection.parquet", rows, schemas()["selection"])
        nodes = [
            {f.name: getattr(n, f.name) for f in dataclasses.fields(n) if f.name != "candidates"}
            for n in selection.nodes
        ]
        atomic.write_json(
            self.path / "selection.json", {"calibrated": selection.calibrated, "nodes": nodes}
        )

    def selection(self) -> Selection:
        """What was selected.

        Raises:
            StoreError: Nothing has been yet.
        """
        path = self.path / "selection.json"
        if not path.is_file():
            raise StoreError(
                f"{self.path}: nothing is selected yet: miner select RECIPE --run {self.path}"
            )
        table = atomic.read_json(path, "calibrated", "nodes")
        candidates: dict[str, list[Candidate]] = {}
        for row in read_rows(self.path / "selection.parquet"):
            candidates.setdefault(row["node"], []).append(Candidate(**row))
        with reading(path):
            nodes = tuple(
                NodeSelection(**node, candidates=tuple(candidates.get(node["node"], ())))
                for node in table["nodes"]
            )
        return Selection(nodes, calibrated=table["calibrated"])

    @property
    def grades(self) -> dict[str, Any]:
        """How the selection was graded; empty where it was not."""
        path = self.path / GRADES
        return atomic.read_json(path, "floor", "nodes", "ways", "map") if path.is_file() else {}


def write_table(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Write rows as one Parquet file, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    with atomic.writing(path) as file:
        pq.write_table(table, file, compression="zstd", row_group_size=ROW_GROUP)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: damaged: {error}") from error
