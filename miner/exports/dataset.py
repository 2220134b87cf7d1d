"""The data set of a run: Parquet and JSON lines in each format, and the card that explains them.

    dataset/README.md                      the card, with one `configs:` entry a format
    dataset/<format>/<split>-00000.parquet the format's columns, and where each row came from
    exports/<format>.<split>.jsonl         the format's columns alone

Equal examples give equal bytes: nothing here knows the time, and rows keep the run's order.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa

from miner import atomic, recipe
from miner.errors import UsageError
from miner.exports import card, figures
from miner.exports.mix import Mix
from miner.run import ROW_GROUP, Run, dump_example, schemas
from miner.types import Example, Export
from miner.verdicts import reviewed

if TYPE_CHECKING:
    from miner.store import Store

PART_ROWS = 50_000
"""Rows of one Parquet file."""

LEFT_OUT = ("instruction", "input", "output", "split")
"""An example's columns that each format says in its own way, or that the file's name says."""


def export(
    run: Run,
    store: Store,
    exports: Sequence[Export],
    mix: Mix | None = None,
    *,
    grounded: bool = False,
) -> Path:
    """Write dataset/ and exports/ of a run anew; what an earlier call left there is replaced.

    What people rejected stays out, what they edited goes out as edited (miner.verdicts).

    Args:
        run: Its examples and manifest are read.
        store: Where its documents came from, for the card.
        exports: The formats; the first is what `load_dataset(folder)` gives.
        mix: Which examples go out; all, where there is none.
        grounded: Leave out what rests on no document (style "ungrounded").

    Returns:
        The folder that holds the data set.

    Raises:
        UsageError: No format, or one twice; or the mix names a task or node without examples.
    """
    names = [name_of(e) for e in exports]
    if not names or len(set(names)) != len(names):
        raise UsageError(f"exports: expected different formats, got {', '.join(names) or 'none'}")
    splits = _splits(run, mix or Mix(), grounded=grounded)
    counts = figures.count(_going_out(run, splits))
    folder = run.path / "dataset"
    written: set[Path] = set()
    for name, export in zip(names, exports, strict=True):
        written |= _write_format(run, export, name, counts.splits, splits)
    for stale in {*folder.glob("*/*.parquet"), *(run.path / "exports").glob("*.jsonl")} - written:
        stale.unlink()
        with suppress(OSError):  # others are still in it
            stale.parent.rmdir()
    text = card.render(run, store, counts, names)
    atomic.write_bytes(folder / "README.md", text.encode("utf-8", "replace"))
    return folder


def _splits(run: Run, mix: Mix, *, grounded: bool) -> Mapping[str, str] | None:
    """The split of each example that goes out; None where all do, in their own."""
    if mix.takes_all and not grounded:
        return None
    left = [e for e in reviewed(run) if e.documents or not grounded]
    return {example.id: example.split for example in mix.choose(left)}


def _going_out(run: Run, splits: Mapping[str, str] | None) -> Iterator[Example]:
    """What a mix leaves of a run's examples, in order."""
    for example in reviewed(run):
        if splits is None:
            yield example
        elif split := splits.get(example.id):
            yield dataclasses.replace(example, split=split)


def name_of(export: Export) -> str:
    """The format's name as a folder: its kind, or the class of a third party's."""
    return recipe.kind_of(export).rpartition(":")[2].lower()


def _write_format(
    run: Run,
    export: Export,
    name: str,
    splits: Sequence[str],
    chosen: Mapping[str, str] | None,
) -> set[Path]:
    """Every split of one format, in one pass over the examples."""
    schema = _schema(export)
    with ExitStack() as stack:
        tables = {s: _Parts(run.path / "dataset" / name, s, schema) for s in splits}
        lines = {
            s: stack.enter_context(atomic.writing(run.path / "exports" / f"{name}.{s}.jsonl"))
            for s in splits
        }
        for example in _going_out(run, chosen):
            row = export.row(example)
            tables[example.split].add(row | _origin(example))
            write_line(lines[example.split], row)
        for table in tables.values():
            table.close()
    paths = {path for table in tables.values() for path in table.paths}
    return paths | {run.path / "exports" / f"{name}.{s}.jsonl" for s in splits}


def _origin(example: Example) -> dict[str, Any]:
    row = dump_example(example)
    return {name: row[name] for name in row if name not in LEFT_OUT}


def _schema(export: Export) -> pa.Schema:
    """The format's own columns, and all that says where a row came from."""
    import pyarrow as pa

    blank = export.row(Example(id="", task="", instruction="", input="", output=""))
    own = [pa.field(name, pa.array([value]).type) for name, value in blank.items()]
    origin = schemas()["examples"]
    rest = [origin.field(f.name) for f in dataclasses.fields(Example) if f.name not in LEFT_OUT]
    return pa.schema(own + [field for field in rest if field.name not in blank])


@dataclasses.dataclass
class _Parts:
    """Rows of one split, cut into files of at most PART_ROWS; at least one, be it empty."""

    folder: Path
    split: str
    schema: pa.Schema
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    paths: list[Path] = dataclasses.field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        if len(self.rows) == PART_ROWS:
            self._flush()

    def close(self) -> None:
        if self.rows or not self.paths:
            self._flush()

    def _flush(self) -> None:
        path = self.folder / f"{self.split}-{len(self.paths):05d}.parquet"
        write_parquet(path, self.rows, self.schema)
        self.paths.append(path)
        self.rows = []


def write_parquet(path: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """One Parquet file whose bytes depend on the rows alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with atomic.writing(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as out:
        for start in range(0, len(rows), ROW_GROUP):
            group = list(rows[start : start + ROW_GROUP])
            out.write_table(pa.Table.from_pylist(group, schema=schema))


def write_line(file: IO[bytes], row: dict[str, Any]) -> None:
    """One line of JSON. Characters that some readers take for a line's end are escaped."""
    text = json.dumps(row, ensure_ascii=False)
    for character in _LINE_ENDS.intersection(text):
        text = text.replace(character, f"\\u{ord(character):04x}")
    try:
        file.write(text.encode() + b"\n")
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but it has an escape
        file.write(json.dumps(row).encode() + b"\n")


_LINE_ENDS = frozenset("\u0085\u2028\u2029")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)
