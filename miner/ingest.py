"""The indexing job: source -> clean -> deduplicate -> embed -> store -> FAISS.

Two phases with a barrier between them. Shards (a file, a range of its rows) are read, cleaned and
signed; then duplicates are decided over all signatures, whatever the order in which they came; then
what is kept is embedded and stored. A shard's marker is written last, so that the same command
after a kill goes on where the markers end. The bytes of documents/, vectors/ and rejected/ depend
on the input and the card alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from miner import atomic, recipe, shards
from miner.encoders import NUMERICS, require_same, to_identity
from miner.engine import Crashed, stop_asked, stop_if_asked, stoppable
from miner.engine.local import Local
from miner.errors import ChangedError, EncoderError, SourceError
from miner.index import build as build_index
from miner.plan import Card, Plan
from miner.shards import Deduplicate, Shard, Work
from miner.store import VERSION, Store, make_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.types import Engine

__all__ = ["Card", "Deduplicate", "ingest"]

Progress: TypeAlias = Callable[[str, int, int | None], None]

DEATHS = 2
"""Times that one document may kill or hang its worker before it is quarantined."""


# ---------------------------------------------------------------------------------------- ingest


def ingest(
    card: Card,
    store_path: Path | str,
    *,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Store:
    """Index a corpus, or go on with it where it was left.

    Args:
        card: What to do.
        store_path: The store's folder; made if it is missing.
        engine: Where shards are cleaned; processes of this machine by default.
        progress: Called as (phase, done, total or None).

    Returns:
        The finished store.

    Raises:
        ChangedError: The folder was begun with another card or corpus.
        BusyError: Another process is at work on it.
        SourceError: A source is not there.
        Stopped: A signal or a full disk ended the work; the same call goes on from there.
    """
    folder = Path(store_path)
    plan = Plan.make(card)
    with atomic.lock(folder), stoppable(), shards.stopping_when_full(folder):
        if (folder / "index.json").is_file():
            return _finished(folder, plan)
        atomic.sweep(folder)
        job = _Job(folder, plan, engine or Local(), progress or (lambda *_: None))
        job.begin()
        job.clean()
        job.decide()
        job.embed()
        return job.finish()


def _finished(folder: Path, plan: Plan) -> Store:
    """A store that needs nothing but, perhaps, another FAISS index."""
    store = Store.open(folder)
    plan.require_same(store.manifest["plan"], folder)
    try:
        require_same(store.manifest["plan"]["encoder"], plan.card.encoder.identity, NUMERICS)
    except EncoderError as error:
        raise ChangedError(f"{folder}: {error}") from error
    made = store.manifest["index"]
    wanted = recipe.dump(plan.card.index)
    if made["settings"] == wanted and (folder / "vectors.faiss").is_file():
        return store
    manifest = dict(store.manifest)
    manifest["index"] = {**build_index(store, plan.card.index), "settings": wanted}
    atomic.write_json(folder / "index.json", manifest)
    return Store.open(folder)


# --------------------------------------------------------------------------------------- the job


class _Job:
    """The phases of one ingestion; each leaves behind what the next one reads."""

    def __init__(self, folder: Path, plan: Plan, engine: Engine, progress: Progress) -> None:
        self.folder, self.plan, self.engine, self.progress = folder, plan, engine, progress
        self.card = plan.card
        self.work = Work(folder)
        self.started = time.time()
        self.seconds: dict[str, float] = {}

    def begin(self) -> None:
        """Write down what is being made, or see that it is the same as before."""
        path = self.work.path / "plan.json"
        record = self.plan.record()
        if path.is_file():
            made = recipe.read_json(path)
            self.plan.require_same(made, self.folder)
            try:
                require_same(made["encoder"], record["encoder"])
            except EncoderError as error:
                raise ChangedError(f"{self.folder}: {error}") from error
        else:
            make_secret(self.folder)
            atomic.write_json(path, record)

    @contextlib.contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[phase] = round(time.monotonic() - start, 3)

    # -- phase 1

    def clean(self) -> None:
        """Read, clean and sign every shard that has not been."""
        with self._timed("clean"):
            queue = _Queue(self.plan, self.work)
            while queue.waiting():
                for shard, result in self.engine.map(shards.clean_shard, queue.specs()):
                    if isinstance(result, Crashed):
                        queue.crashed(shard, result)
                    else:
                        queue.done(shard, result)
                        self.progress("read", queue.rows, None)
                stop_if_asked()

    # -- the barrier

    def decide(self) -> None:
        """Say of every document whether it is kept."""
        with self._timed("decide"):
            self.progress("deduplicate", 0, 1)
            if not self.work.decided.is_file():
                shards.decide(self.work, self.card.deduplicate, self.card.limit)
            self.progress("deduplicate", 1, 1)

    # -- phase 2

    def embed(self) -> None:
        """Embed and store what is kept, in this process: the encoder uses every core."""
        with self._timed("embed"):
            decisions = {name: self.work.decision(name) for name in self.work.names("decide")}
            total, done = sum(d["kept"] for d in decisions.values()), 0
            for name, decision in decisions.items():
                if not decision["rows"]:
                    continue  # asked for beyond the end of a file, or beyond the limit
                marker = self.work.marker("embed", name)
                if marker is None:

                    def tick(rows: int, done: int = done) -> None:
                        self.progress("embed", done + rows, total)

                    marker = shards.embed_shard(self.work, name, self.card.encoder, tick)
                done += marker["rows"]
                self.progress("embed", done, total)

    # -- the end

    def finish(self) -> Store:
        """Build FAISS, write the manifest, clear away what was only for the way."""
        markers = [self.work.marker("embed", name) for name in self.work.names("embed")]
        parts = [marker for marker in markers if marker]
        manifest = self._manifest(parts)
        with self._timed("index"):
            self.progress("index", 0, 1)
            built = build_index(Store(self.folder, manifest), self.card.index)
            self.progress("index", 1, 1)
        manifest["index"] = {**built, "settings": recipe.dump(self.card.index)}
        manifest["timing"] = {"started": self.started, "seconds": self.seconds}
        atomic.write_json(self.folder / "index.json", manifest)
        shutil.rmtree(self.work.path)
        return Store.open(self.folder)

    def _manifest(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        reasons: Counter[str] = Counter()
        for part in parts:
            reasons.update(part["reasons"])
        kept, rejected = sum(p["rows"] for p in parts), sum(p["rejected"] for p in parts)
        encoder = to_identity(self.card.encoder)
        columns = ("name", "rows", "rejected")
        digests = ("documents_sha256", "vectors_sha256", "rejected_sha256")
        return {
            "version": VERSION,
            "name": self.card.name,
            "dimensions": self.card.encoder.dimensions,
            "plan": self.plan.record(),
            "encoder": encoder,
            "books": {
                "read": kept + rejected,
                "kept": kept,
                "rejected": dict(sorted(reasons.items())),
            },
            "parts": [{key: part[key] for key in (*columns, *digests)} for part in parts],
            "versions": _versions(),
        }


class _Queue:
    """Which shards are still to be cleaned; a file's length is known only once it was read."""

    def __init__(self, plan: Plan, work: Work) -> None:
        self.plan, self.work = plan, work
        self.groups = shards.group(plan.files, plan.card.shard_rows)
        self.rows = 0
        self.ended: dict[int, int] = {}
        """Number of the group to that of its last shard."""
        self.deaths: Counter[tuple[str, int]] = Counter()
        self.quarantined: dict[str, set[int]] = {}
        self.again: list[Shard] = []
        self.fresh = True
        self.table = plan.card.table()

    def waiting(self) -> bool:
        """Whether anything is left to hand out."""
        return self.fresh or bool(self.again)

    def specs(self) -> Iterator[Shard]:
        """What is to be done, in order, until the end of each file is reported."""
        while self.again and not stop_asked():
            yield self.again.pop(0)
        if not self.fresh:
            return
        for number in range(len(self.groups)):
            chunk = 0
            while number not in self.ended and not self._limit_reached():
                if stop_asked():
                    return
                shard = self._shard(number, chunk)
                marker = self.work.marker("clean", shard.name)
                if marker is None:
                    yield shard
                else:
                    self.done(shard, marker)
                chunk += 1
        self.fresh = False

    def _limit_reached(self) -> bool:
        return bool(self.plan.card.limit) and self.rows >= self.plan.card.limit

    def _shard(self, number: int, chunk: int) -> Shard:
        members = self.groups[number]
        whole = len(members) > 1
        rows, limit = self.plan.card.shard_rows, self.plan.card.limit
        name = f"{number:05d}-{chunk:05d}"
        return Shard(
            folder=str(self.work.folder),
            name=name,
            card=self.table,
            files=members,
            start=0 if whole else chunk * rows,
            stop=None if whole else (chunk + 1) * rows,
            most=limit or None,
            poisoned=tuple(sorted(self.quarantined.get(name, ()))),
        )

    def done(self, shard: Shard, marker: Mapping[str, Any]) -> None:
        """Note what a shard reported."""
        self.rows += marker["read"]
        if marker["ended"]:
            self.ended[int(shard.name.partition("-")[0])] = 0

    def crashed(self, shard: Shard, crash: Crashed) -> None:
        """Try again; quarantine the document that kills its worker time and again.

        Raises:
            SourceError: The worker dies before it comes to any document.
        """
        place = -1 if crash.place is None else crash.place
        self.deaths[shard.name, place] += 1
        if self.deaths[shard.name, place] >= DEATHS:
            if place < 0:
                names = ", ".join(file.name for _, file in shard.files)
                raise SourceError(f"{names}: reading it ends the process: {crash.detail}")
            self.quarantined.setdefault(shard.name, set()).add(place)
        poisoned = tuple(sorted(self.quarantined.get(shard.name, ())))
        self.again.append(dataclasses.replace(shard, poisoned=poisoned))


def _versions() -> dict[str, str]:
    packages = ("corpus-miner", "numpy", "pyarrow", "faiss-cpu", "tokenizers")
    return {name: importlib.metadata.version(name) for name in packages}
