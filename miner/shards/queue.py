"""Which shards are still to be cleaned; a file's length is known only once it was read."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from miner.engine import stop_asked
from miner.errors import SourceError
from miner.shards import Shard, group
from miner.shards.cleaning import last_place

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from typing import Any

    from miner.engine import Crashed
    from miner.plan import Card
    from miner.shards import Work
    from miner.types import File

DEATHS = 2
"""Times that one document may kill or hang its worker before it is quarantined."""
TRIES = 3
"""Times that a shard may end its process before any document is to blame."""


@dataclasses.dataclass(frozen=True)
class Share:
    """The part of the shards that one of several processes works on.

    Attributes:
        number: Of this process, from 0.
        of: How many there are.
    """

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"share {self.number} of {self.of}: they are counted from 0")


class Queue:
    """Hands out shards, and learns from what they report where files end.

    A worker goes on with the file that it has open; one that is free takes a file that nobody has
    begun, and only when there is none joins in another's. With a limit, files come one by one.

    Args:
        card: The card.
        work: The files of the unfinished store.
        files: Number of the source, and its file: what is to be read.
        first: Number of the first group of files; lower ones belong to parts that are there.
        share: Of the shards, those to hand out.
    """

    def __init__(
        self,
        card: Card,
        work: Work,
        files: Sequence[tuple[int, File]],
        first: int = 0,
        share: Share = Share(),
    ) -> None:
        self.card, self.work, self.first, self.share = card, work, first, share
        self.groups = group(files, card.shard_rows)
        self.table = card.table()
        self.rows = 0
        """Read so far."""
        self._chunks = [0] * len(self.groups)
        """The next chunk of each group of files that is to be handed out."""
        # Files are shared out where there are enough of them, or else their chunks.
        self._by_file = len(self.groups) >= 4 * share.of
        others = share.of if self._by_file else 1
        self._ended = [n % others != share.number % others for n in range(len(self.groups))]
        self._lowest = 0
        """All groups below have ended."""
        self._begun = 0
        """No group from here on has been begun."""
        self._deaths: Counter[tuple[str, int]] = Counter()
        self._quarantined: dict[str, set[int]] = {}
        self._again: list[Shard] = []

    def waiting(self) -> bool:
        """Whether anything is left to hand out."""
        return bool(self._again) or self._next(None, peek=True) is not None

    def specs(self) -> Generator[Shard, Shard | None, None]:
        """What is to be done, until the end of each file is reported; sent what was done last."""
        last = None
        while not stop_asked():
            shard = self._again.pop(0) if self._again else self._next(last)
            if shard is None:
                return
            last = yield shard

    def missing(self) -> list[str]:
        """Names of the shards that are not cleaned, as far as one can tell; at most one a file."""
        self.rows, found = 0, []
        for number in range(len(self.groups)):
            chunk = 0
            while not self._limit_reached():
                name = self._name(number, chunk)
                marker = self.work.marker("clean", name)
                if marker is None:
                    found.append(name)
                    break
                self.rows += marker["read"]
                if marker["ended"] or len(self.groups[number]) > 1:
                    break
                chunk += 1
        return found

    def done(self, shard: Shard, marker: Mapping[str, Any]) -> None:
        """Note what a shard reported."""
        self._note(self._group(shard), marker)

    def crashed(self, shard: Shard, crash: Crashed) -> None:
        """Try again; quarantine the document that kills its worker time and again.

        Raises:
            SourceError: The worker dies before it comes to any document.
        """
        place = last_place(self.work, shard.name) if crash.place is None else crash.place
        key = (shard.name, -1 if place is None else place)
        self._deaths[key] += 1
        if self._deaths[key] >= DEATHS and place is not None:
            self._quarantined.setdefault(shard.name, set()).add(place)
        elif self._deaths[key] > TRIES:
            names = ", ".join(file.name for _, file in shard.files)
            raise SourceError(f"{names}: reading it ends the process: {crash.detail}")
        poisoned = tuple(sorted(self._quarantined.get(shard.name, ())))
        careful = crash.place is None
        self._again.append(dataclasses.replace(shard, poisoned=poisoned, careful=careful))

    # -- which comes next

    def _next(self, last: Shard | None, *, peek: bool = False) -> Shard | None:
        """The shard to hand out to whoever did `last`; None if there is none for now."""
        while not self._limit_reached():
            number = self._choose(last)
            if number is None:
                return None
            chunk = self._chunks[number]
            name = self._name(number, chunk)
            marker = self.work.marker("clean", name)
            if marker is not None:
                self._note(number, marker)
            elif self._mine(number, chunk):
                if peek:
                    return self._shard(number, chunk)
                self._advance(number)
                return self._shard(number, chunk)
            self._advance(number)
        return None

    def _choose(self, last: Shard | None) -> int | None:
        """The group of files that the next shard is taken from."""
        while self._lowest < len(self.groups) and self._ended[self._lowest]:
            self._lowest += 1
        if self._lowest == len(self.groups):
            return None
        if self.card.limit:
            return self._lowest
        own = self._group(last) if last else -1
        if own >= 0 and not self._ended[own]:
            return own
        while self._begun < len(self.groups) and self._ended[self._begun]:
            self._begun += 1
        if self._begun < len(self.groups):
            return self._begun
        return self._lowest

    def _advance(self, number: int) -> None:
        self._begun = max(self._begun, number + 1)
        self._chunks[number] += 1
        if len(self.groups[number]) > 1:  # read to the end as one shard
            self._ended[number] = True

    def _note(self, number: int, marker: Mapping[str, Any]) -> None:
        self.rows += marker["read"]
        if marker["ended"]:
            self._ended[number] = True

    def _mine(self, number: int, chunk: int) -> bool:
        return self._by_file or (number + chunk) % self.share.of == self.share.number

    def _limit_reached(self) -> bool:
        return bool(self.card.limit) and self.rows >= self.card.limit

    def _group(self, shard: Shard) -> int:
        return int(shard.name.partition("-")[0]) - self.first

    def _name(self, number: int, chunk: int) -> str:
        return f"{self.first + number:05d}-{chunk:05d}"

    def _shard(self, number: int, chunk: int) -> Shard:
        members = self.groups[number]
        whole = len(members) > 1
        rows, limit = self.card.shard_rows, self.card.limit
        name = self._name(number, chunk)
        return Shard(
            folder=str(self.work.folder),
            name=name,
            card=self.table,
            files=members,
            start=0 if whole else chunk * rows,
            stop=None if whole else (chunk + 1) * rows,
            most=limit or None,
            poisoned=tuple(sorted(self._quarantined.get(name, ()))),
        )
