"""Parquet files, a few rows at a time; row groups before the start are not read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from miner.sources.files import find_files, open_file
from miner.sources.record import Columns, Record
from miner.types import File, Rejected, Row, Source

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH = 256
"""Rows held at once."""


@dataclass(frozen=True, kw_only=True)
class Parquet(Columns):
    """Records of Parquet files.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
    """

    path: str

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, (".parquet",))

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The records of a file from row `start` on."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        with open_file(self.path, file) as stream:
            try:
                table = pq.ParquetFile(stream)
            except (pa.ArrowException, OSError) as error:
                yield Row(0, Rejected("damaged_file", str(error)))
                return
            self.check(table.schema_arrow.names, file.name)
            yield from self.rows(file.name, self._records(table, start), file.name)

    def head(self, stream: IO[bytes]) -> list[Record]:
        """The first records with all their columns; none of a damaged file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            batches = pq.ParquetFile(stream).iter_batches(BATCH)
            return [
                record for batch in itertools.islice(batches, 1) for record in batch.to_pylist()
            ]
        except (pa.ArrowException, OSError):
            return []

    def _records(
        self, table: pq.ParquetFile, start: int
    ) -> Iterator[tuple[int, Record | Rejected]]:
        import pyarrow as pa

        columns = [name for name in table.schema_arrow.names if name in self.wanted()]
        first = 0
        for group in range(table.metadata.num_row_groups):
            size = table.metadata.row_group(group).num_rows
            if start < first + size:
                number = first  # where the damage is does not depend on where reading begins
                try:
                    for batch in table.iter_batches(BATCH, row_groups=[group], columns=columns):
                        skip = max(0, start - number)
                        for record in batch.slice(skip).to_pylist() if skip < len(batch) else ():
                            yield number + skip, record
                            skip += 1
                        number += len(batch)
                except (pa.ArrowException, OSError) as error:
                    lost = f"rows {number} to {first + size - 1}: {error}"
                    yield number, Rejected("damaged_row_group", lost)
            first += size


PART: type[Source] = Parquet
