"""Files are read once, whatever is asked of them and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.shards import Shard
from miner.shards.reading import close_reader, rows_of
from miner.sources.parquet import Parquet
from miner.types import File, Rejected, Row

FILE = File("numbers", "")


@dataclass
class Numbers:
    """A source of one file that counts what it is asked for."""

    rows: int
    openings: int = 0
    passed: int = 0
    made: list[int] = field(default_factory=list)

    def files(self) -> Sequence[File]:
        return [FILE]

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        self.openings += 1
        for number in range(self.rows):
            self.passed += 1
            if number >= start:
                yield Row(number, lambda number=number: self._make(number))

    def _make(self, number: int) -> tuple[Rejected, str]:
        self.made.append(number)
        return Rejected("number", str(number)), ""


@pytest.fixture(autouse=True)
def _closed():
    yield
    close_reader()


def shard(start: int, stop: int) -> Shard:
    return Shard("folder", "name", {}, ((0, FILE),), start, stop)


def details(source: Numbers, start: int, stop: int) -> tuple[list[str], bool]:
    ended = []
    rows = rows_of(shard(start, stop), [source], lambda: ended.append(True))
    return [row.content.detail for _, _, row in rows], bool(ended)


def test_successive_shards_read_a_file_once():
    source = Numbers(1000)
    found, ended = [], False
    for start in range(0, 1025, 25):
        some, ended = details(source, start, start + 25)
        found += some
        if ended:
            break
    assert found == [str(n) for n in range(1000)]
    assert ended
    assert (source.openings, source.passed) == (1, 1000)


def test_what_others_do_is_passed_over_and_not_made():
    source = Numbers(1000)
    for start in range(0, 1000, 100):
        details(source, start, start + 25)
    assert (source.openings, source.passed) == (1, 926)
    assert len(source.made) == 250


@given(st.permutations(range(8)), st.integers(0, 40))
def test_rows_do_not_depend_on_what_was_read_before(order, rows):
    close_reader()
    source = Numbers(rows)
    for chunk in order:
        start, stop = 5 * chunk, 5 * chunk + 5
        expected = [str(n) for n in range(start, min(stop, rows))]
        assert details(source, start, stop) == (expected, rows <= stop)


def test_a_reader_that_was_left_in_the_middle_is_not_gone_on_with():
    source = Numbers(100)
    rows = rows_of(shard(0, 50), [source], lambda: None)
    next(rows)
    rows.close()
    assert details(source, 50, 60)[0] == [str(n) for n in range(50, 60)]


def test_damage_stands_where_it_stands_wherever_reading_begins(tmp_path):
    path = tmp_path / "t.parquet"
    texts = [f"a text of some words, and its number {n}" for n in range(3000)]
    pq.write_table(
        pa.table({"text": texts}),
        path,
        row_group_size=1000,
        data_page_size=1000,
        use_dictionary=False,
    )
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    place, size = column.data_page_offset, column.total_compressed_size
    data = bytearray(path.read_bytes())
    data[place + size // 2 : place + size] = b"\xff" * (size - size // 2)
    path.write_bytes(data)
    source = Parquet(path=str(path))
    (file,) = source.files()
    whole = list(source.read(file))
    assert [row.content.reason for row in whole if isinstance(row.content, Rejected)] == [
        "damaged_row_group"
    ]
    for start in (1, 900, 1000, 1500, 1999, 2000, 2500):
        rows = [row for row in source.read(file, start) if row.number >= start]
        assert rows == [row for row in whole if row.number >= start]
