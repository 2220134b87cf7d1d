"""JSON lines, one record a line: plain, gzip, zstd, bzip2 or xz."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.errors import SourceError
from miner.sources.files import find_files, open_file
from miner.sources.lines import Damaged, lines, unpacked
from miner.sources.record import Columns, Later, Record
from miner.types import File, Rejected, Row, Source

if TYPE_CHECKING:
    from typing import IO


@dataclass(frozen=True, kw_only=True)
class JsonLines(Columns):
    """Records of JSON lines. A row's number is its line's; empty lines have none.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
    """

    path: str

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, (".jsonl", ".json", ".ndjson"))

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The records of a file from line `start` on."""
        with open_file(self.path, file) as stream:
            yield from self.rows(file.name, later_records(stream, start, file), file.name)


def records(stream: IO[bytes], start: int, file: File) -> Iterator[tuple[int, Record | Rejected]]:
    """Numbered records of JSON lines, from line `start` on."""
    for number, later in later_records(stream, start, file):
        yield number, later() if callable(later) else later


def later_records(
    stream: IO[bytes], start: int, file: File
) -> Iterator[tuple[int, Later | Rejected]]:
    """The same, each parsed when it is asked for."""
    number = -1
    try:
        for number, line in lines(unpacked(stream)):
            if number == 0 and not isinstance(line, Rejected) and line.lstrip()[:1] == b"[":
                raise SourceError(f"{file.name}: one JSON array, not one record a line")
            if number < start or line == b"":
                continue
            yield number, line if isinstance(line, Rejected) else functools.partial(_record, line)
        if number < 0:
            yield 0, Rejected("empty_file", file.name)
    except Damaged as damage:
        yield number + 1, damage.rejected


def _record(line: bytes) -> Record | Rejected:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Rejected("unreadable_line", str(error))
    if not isinstance(record, dict):
        return Rejected("not_a_record", f"{type(record).__name__}, not an object")
    return record


PART: type[Source] = JsonLines
