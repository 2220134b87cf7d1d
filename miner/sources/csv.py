"""Tables as text: CSV and TSV with a header line, plain or compressed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from miner.errors import SourceError
from miner.sources.files import find_files, open_file
from miner.sources.lines import MAX_LINE_BYTES, Damaged, lines, unpacked
from miner.sources.record import Columns, Record
from miner.types import File, Rejected, Row, Source


@dataclass(frozen=True, kw_only=True)
class Csv(Columns):
    """Records of delimited text. A row's number is its record's, the header apart.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
        delimiter: What parts the fields; empty for a tab in .tsv and a comma elsewhere.
        encoding: Of all the files.
    """

    path: str
    delimiter: str = ""
    encoding: str = "utf-8"

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, (".csv", ".tsv"))

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The records of a file from number `start` on."""
        with open_file(self.path, file) as stream:
            records = self.records(stream, file, start, self.check)
            yield from self.rows(file.name, records, file.name)

    def records(
        self,
        stream: IO[bytes],
        file: File,
        start: int = 0,
        check: Callable[[Sequence[str], str], None] | None = None,
    ) -> Iterator[tuple[int, Record | Rejected]]:
        """Numbered records of a file, from number `start` on, after a check of the header."""
        delimiter = self.delimiter or ("\t" if ".tsv" in file.name.lower() else ",")
        csv.field_size_limit(MAX_LINE_BYTES)  # of the whole process: the module has no other way
        number, damages = -1, list[Rejected]()
        reader = csv.reader(self._lines(stream, damages), delimiter=delimiter)
        header = next(reader, None)
        if header is None:
            yield 0, Rejected("empty_file", file.name)
            return
        names = [name.removeprefix("\ufeff").strip() for name in header]
        if check:
            check(names, file.name)
        while (fields := _next(reader)) is not None:
            if fields != []:
                number += 1
                if number >= start:
                    yield number, fields if isinstance(fields, Rejected) else _record(names, fields)
        for damage in damages:
            yield number + 1, damage

    def _lines(self, stream: IO[bytes], damages: list[Rejected]) -> Iterator[str]:
        """Lines as characters; bytes that are none become lone surrogates, seen by `_record`."""
        try:
            for _, line in lines(unpacked(stream)):
                if isinstance(line, Rejected):
                    damages.append(line)
                    return
                yield line.decode(self.encoding, "surrogateescape") + "\n"
        except Damaged as damage:
            damages.append(damage.rejected)
        except LookupError as error:
            raise SourceError(f"encoding = '{self.encoding}': {error}") from error


def _next(reader: Iterator[list[str]]) -> list[str] | Rejected | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        return Rejected("unreadable_row", str(error))


def _record(names: list[str], fields: list[str]) -> Record | Rejected:
    if len(fields) != len(names):
        return Rejected("wrong_field_count", f"{len(fields)}, the header has {len(names)}")
    if any(
        "\udc80" <= sign <= "\udcff" for field in fields if not field.isascii() for sign in field
    ):
        return Rejected("undecodable", "bytes that are no characters")
    return dict(zip(names, fields, strict=True))


PART: type[Source] = Csv
