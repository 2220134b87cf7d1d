"""Data sets of the Hugging Face hub, or local files by the same way, streamed by `datasets`.

A data set's files are taken one by one: the position in a stream of many is only a count, and goes
wrong without a word when a file is added or removed. Rows are numbered within their file.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from miner.errors import SourceError
from miner.sources.record import Columns, Record
from miner.types import File, Rejected, Row, Source

if TYPE_CHECKING:
    from datasets import IterableDataset


TRIED = 20
"""Files that are asked for the columns before a data set counts as unreadable."""


@dataclass(frozen=True, kw_only=True)
class HuggingFace(Columns):
    """A data set by its name on the hub, or by a format's name and `data_files`.

    Attributes:
        config: The data set's configuration, such as "en".
        split: Which part of it.
        data_files: Paths or patterns, of the data set or local.
    """

    config: str = ""
    split: str = "train"
    data_files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name:
            raise ValueError("'name' is missing: a data set such as 'allenai/c4', or 'json'")

    def files(self) -> Sequence[File]:
        """The data files of the split."""
        return self._stream[1]

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The records of a file from row `start` on."""
        where = f"{self.name}: {file.name}"
        yield from self.rows(file.name, self._records(file, start), where)

    @property
    def _stream(self) -> tuple[IterableDataset, tuple[File, ...]]:
        return _open(self.name, self.config, self.split, self.revision, self.data_files)

    def _records(self, file: File, start: int) -> Iterator[tuple[int, Record | Rejected]]:
        stream, files = self._stream
        names = [f.name for f in files]
        if file.name not in names:
            raise SourceError(f"{self.name}: the data set has no file '{file.name}' any more")
        number = start
        shard = stream.shard(len(names), names.index(file.name))
        try:
            for record in shard.skip(start):
                yield number, record
                number += 1
            if number == 0:
                yield 0, Rejected("empty_file", file.name)
        except _damages() as error:
            if number == start > 0:
                number = _readable(shard)  # it may have come among the rows that were skipped
            lost = f"from row {number} on: {type(error).__name__}: {error}"
            yield number, Rejected("damaged_file", lost)


@functools.lru_cache(maxsize=8)
def _open(
    name: str, config: str, split: str, revision: str, data_files: tuple[str, ...]
) -> tuple[IterableDataset, tuple[File, ...]]:
    """The stream of a split and its files, one for each of its shards."""
    from datasets import load_dataset_builder

    if name == "pandas":
        raise SourceError("name = 'pandas': pickles are programs, and are not read")
    try:
        builder = load_dataset_builder(
            name,
            config or None,
            revision=revision or None,
            data_files={split: list(data_files)} if data_files else None,
        )
        stream = _streamed(builder, split)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: {error}") from error
    except StopIteration as error:
        raise SourceError(f"{name}: nothing to read in {', '.join(data_files) or split}") from error
    return stream, tuple(_files(builder, split, stream.num_shards))


def _streamed(builder: Any, split: str) -> IterableDataset:
    """The stream of a split; where its first file is damaged, with the columns of a later one.

    Raises:
        ValueError: or another of `_damages`, that of the first file: none tells the columns.
        StopIteration: As before, where there is nothing in the files.
    """
    from datasets import load_dataset_builder

    unreadable: tuple[type[Exception], ...] = (*_damages(), StopIteration)
    try:
        return cast("IterableDataset", builder.as_streaming_dataset(split=split))
    except unreadable:
        kind = type(builder).__module__.rpartition(".")[2]
        for url in (builder.config.data_files or {}).get(split, ())[1:TRIED]:
            try:
                other = load_dataset_builder(kind, data_files={split: [str(url)]})
                builder.info.features = other.as_streaming_dataset(split=split).features
                return cast("IterableDataset", builder.as_streaming_dataset(split=split))
            except unreadable:
                continue
        raise


def _files(builder: Any, split: str, shards: int) -> Iterator[File]:
    found = (builder.config.data_files or {}).get(split)
    if found is None or len(found) != shards:
        # A data set that is not made of one file a shard: its revision stands for all.
        for number in range(shards):
            yield File(f"{split}-{number:05d}-of-{shards:05d}", str(builder.hash))
        return
    names = _short([str(url) for url in found])
    for name, url, origin in zip(names, found, found.origin_metadata, strict=True):
        key = "\0".join([str(url), *map(str, origin)]).encode()
        yield File(name, hashlib.blake2b(key, digest_size=16).hexdigest())


def _short(urls: list[str]) -> list[str]:
    """Names of files below what they have in common, so that a local folder can be moved."""
    if any(url.startswith("hf://") for url in urls):
        return urls  # they name data set and revision, and are the same for everybody
    folders = [url.split("/")[:-1] for url in urls]
    shared = 0
    while all(len(f) > shared and f[shared] == folders[0][shared] for f in folders):
        shared += 1
    return ["/".join(url.split("/")[shared:]) for url in urls]


def _readable(shard: IterableDataset) -> int:
    """How many rows there are before the damage."""
    number, records = 0, iter(shard)
    try:
        while next(records, None) is not None:
            number += 1
    except _damages():
        return number
    return number


def _damages() -> tuple[type[Exception], ...]:
    """What `datasets` raises over content, as against a network that fails."""
    import gzip

    import pyarrow as pa

    return (pa.ArrowInvalid, ValueError, EOFError, zlib.error, gzip.BadGzipFile)


PART: type[Source] = HuggingFace
