"""The rows of a shard. A file stays open for the shard that follows, so that it is read once.

A compressed file, or one of lines, can only be read from its beginning: shards that each began
there would cost the square of its length. A process keeps the file that it read last where it
stands; the next shard of the file, wherever it begins, is reached by passing over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.engine import beat_before
from miner.types import File, Row, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.shards import Shard


@dataclass
class _Reader:
    """A file that is open, and stands before the row `at`; while it is being read, nowhere."""

    source: Source
    file: File
    rows: Iterator[Row]
    at: int | None
    ahead: Row | None = None
    """A row that was read, and belongs to what comes after."""

    def take(self, start: int, stop: int | None) -> Iterator[Row]:
        """The rows of these numbers; `ahead` is None afterwards if the file has no more."""
        self.at = None
        while (row := self.ahead or next(self.rows, None)) is not None:
            self.ahead = None
            if stop is not None and row.number >= stop:
                self.ahead, self.at = row, stop
                return
            # Rows before are of other shards; damage there is theirs to report.
            if row.number >= start:
                yield row
            else:
                beat_before(row.number)

    def close(self) -> None:
        """Close the file."""
        if close := getattr(self.rows, "close", None):
            close()


_reader: _Reader | None = None
"""Of this process: nothing else lasts from one call of a worker's function to the next."""


def rows_of(
    shard: Shard, sources: Sequence[Source], ended: Callable[[], None]
) -> Iterator[tuple[Source, File, Row]]:
    """The shard's rows. Calls `ended` when its files have no more."""
    place = 0
    for number, file in shard.files:
        reader = _reader_at(sources[number], file, shard.start)
        for row in reader.take(shard.start, shard.stop):
            if shard.most is not None and place >= shard.most:
                return
            yield reader.source, file, row
            place += 1
        if reader.ahead is not None:
            return
        close_reader()
    ended()


def _reader_at(source: Source, file: File, start: int) -> _Reader:
    """The file that is open, if it is this one and can still reach the row; or else opened."""
    global _reader  # noqa: PLW0603 - see there
    held = _reader
    same = held is not None and (held.source, held.file) == (source, file)
    if held and same and held.at is not None and held.at <= start:
        return held
    close_reader()
    _reader = _Reader(source, file, iter(source.read(file, start)), start)
    return _reader


def close_reader() -> None:
    """Close the file that this process holds open."""
    global _reader
    held, _reader = _reader, None
    if held:
        held.close()
