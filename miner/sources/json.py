"""JSON files that are one value: an array of records, or arrays of them somewhere within."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miner.sources.files import find_files
from miner.sources.lines import MAX_LINE_BYTES
from miner.sources.record import Columns, Record
from miner.sources.text import whole
from miner.types import File, Rejected, Row, Source

ANY = "*"
"""Stands for every key."""


@dataclass(frozen=True, kw_only=True)
class Json(Columns):
    """Records of JSON files. A row's number is its record's; a file is in memory while it is read.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
        records: Keys that lead to the records, such as "data.paragraphs"; `*` is every key, and
            arrays on the way are gone through. Empty for a file that is an array of records.
        max_bytes: Of one file, unpacked.
    """

    path: str
    records: str = ""
    max_bytes: int = 8 * MAX_LINE_BYTES

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, (".json",))

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The records of a file from number `start` on."""
        found = ((n, later) for n, later in enumerate(self.found(file)) if n >= start)
        yield from self.rows(file.name, found, file.name)

    def found(self, file: File) -> Iterator[Record | Rejected]:
        """Every record of a file, or why there is none."""
        content = whole(self.path, file, self.max_bytes)
        if isinstance(content, Rejected):
            yield content
            return
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as error:
            yield Rejected("unreadable_file", str(error))
            return
        records = [self._record(record) for record in within(value, self.records)]
        yield from records
        if not records:
            yield Rejected("empty_file", f"no record under '{self.records}'")

    def _record(self, value: Any) -> Record | Rejected:
        if isinstance(value, str):
            return {self.html or self.text: value}
        if isinstance(value, Mapping):
            return value
        return Rejected("not_a_record", f"{type(value).__name__}, not an object")


def within(value: Any, keys: str) -> Iterator[Any]:
    """What lies under keys that are parted by dots; arrays are gone through wherever they stand."""
    if isinstance(value, list):
        for one in value:
            yield from within(one, keys) if isinstance(one, Mapping | list) else _end(one, keys)
    elif not keys:
        yield value
    elif isinstance(value, Mapping):
        key, _, rest = keys.partition(".")
        for one in value.values() if key == ANY else filter(None, [value.get(key)]):
            yield from within(one, rest)


def _end(value: Any, keys: str) -> Iterator[Any]:
    if not keys:
        yield value


def head(path: str, file: File, count: int) -> list[Record]:
    """The first records of a file that is an array; none of one that is not."""
    found = itertools.islice(Json(path=path).found(file), count)
    return [record for record in found if not isinstance(record, Rejected)]


PART: type[Source] = Json
