"""The work on one shard of a corpus.

`cleaning.clean_shard` and `embedding.embed_shard` turn files into files and report by a marker that
is written last; they run unchanged in this process, in a local pool and on a cluster. `deciding`
stands between them. What lies in work/ is removed when the store is finished.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from miner import recipe
from miner.errors import Stopped
from miner.signatures import MinHash
from miner.types import File

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALL_ROW = 256
"""Bytes; a file too small for a shard's rows, if they were of this size, shares its shard."""
SHARD_FILES = 1024


@dataclass(frozen=True)
class Deduplicate:
    """What counts as having been seen before; the first in the order of the corpus is kept.

    Attributes:
        exact: Texts that are the same but for case, spaces and Unicode form.
        near: Texts whose word 5-grams overlap.
        threshold: Jaccard similarity from which they do.
        scheme: Who computes the MinHash: `rensa`, `numpy`, or rensa where it is installed.
        against: Folders of other indexes, from the current one: what they hold was seen before.
    """

    exact: bool = True
    near: bool = True
    threshold: float = 0.8
    scheme: Literal["auto", "rensa", "numpy"] = "auto"
    against: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError("threshold must be above 0 and at most 1")

    @property
    def signer(self) -> MinHash:
        """How texts are signed."""
        return MinHash(self.scheme)


@dataclass(frozen=True)
class Shard:
    """A deterministic piece of the input; plain values, so that it travels to any engine.

    Attributes:
        folder: Of the store.
        name: Of the part that it becomes.
        card: The card's table.
        files: Number of the source, and its file; one, or several small ones read whole.
        start: First row of the file.
        stop: Row at which the next shard begins; None for the end of the files.
        most: Rows at most.
        poisoned: Places that are not to be touched, since they killed their worker.
        careful: Write down each place, since a worker died and nobody knows where.
    """

    folder: str
    name: str
    card: Mapping[str, Any]
    files: tuple[tuple[int, File], ...]
    start: int = 0
    stop: int | None = None
    most: int | None = None
    poisoned: tuple[int, ...] = ()
    careful: bool = False


@dataclass(frozen=True)
class Embedding:
    """A cleaned shard that is to be embedded elsewhere; plain values as well.

    Attributes:
        folder: Of the store.
        name: Of the part.
        card: The card's table.
        threads: For an encoder to which the card gives none.
    """

    folder: str
    name: str
    card: Mapping[str, Any]
    threads: int = 1


@dataclass(frozen=True)
class Work:
    """The files of an unfinished store, by phase and name of the shard."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where they lie."""
        return self.folder / "work"

    @property
    def decided(self) -> Path:
        """Written when the decisions are whole."""
        return self.path / "decided.json"

    @property
    def buried(self) -> Path:
        """Documents of the store that is updated, which do not stay."""
        return self.path / "buried.parquet"

    def file(self, phase: str, name: str, suffix: str) -> Path:
        """One file of a shard."""
        return self.path / phase / f"{name}.{suffix}"

    def marker(self, phase: str, name: str) -> dict[str, Any] | None:
        """What a shard reported when it was done; None if it is not."""
        path = self.file(phase, name, "json")
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def decision(self, name: str) -> dict[str, Any]:
        """What was decided of a cleaned shard."""
        return recipe.read_json(self.file("decide", name, "json"))

    def names(self, phase: str) -> list[str]:
        """The shards of a phase that are done, in the order of the corpus."""
        names = (path.stem for path in (self.path / phase).glob("*.json"))
        return sorted(names, key=lambda name: [int(number) for number in name.split("-")])


def group(files: Sequence[tuple[int, File]], shard_rows: int) -> list[tuple[tuple[int, File], ...]]:
    """Put neighbouring small files of one source together; a large one stands alone."""
    small = shard_rows * SMALL_ROW
    groups: list[list[tuple[int, File]]] = []
    room, last = 0, -1
    for number, file in files:
        size = small if file.bytes is None else file.bytes
        joins = size < small and number == last and size <= room
        if joins and len(groups[-1]) < SHARD_FILES:
            groups[-1].append((number, file))
            room -= size
        else:
            groups.append([(number, file)])
            room, last = (8 * small - size, number) if size < small else (0, -1)
    return [tuple(members) for members in groups]


@contextlib.contextmanager
def stopping_when_full(folder: Path) -> Iterator[None]:
    """Make of a full disk a stop, from which the same command goes on.

    Raises:
        Stopped: Something could not be written for want of room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}:
            raise
        free = shutil.disk_usage(folder).free >> 20
        raise Stopped(
            f"{folder}: cannot write: {os.strerror(error.errno)} ({free} MB free); make room, "
            "then the same command goes on from here"
        ) from error
