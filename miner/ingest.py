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
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from miner import atomic, recipe, shards
from miner.deciding import Base, decide
from miner.encoders import NUMERICS, require_same, to_identity
from miner.engine import Crashed, stop_asked, stop_if_asked, stoppable
from miner.engine.local import Local
from miner.errors import ChangedError, EncoderError, SourceError, UsageError
from miner.index import build as build_index
from miner.plan import Card, Plan
from miner.shards import Deduplicate, Shard, Work
from miner.store import VERSION, Part, Store, make_secret, read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.types import Engine

__all__ = ["Card", "Deduplicate", "ingest"]

Progress: TypeAlias = Callable[[str, int, int | None], None]

DEATHS = 2
"""Times that one document may kill or hang its worker before it is quarantined."""
TRIES = 3
"""Times that a shard may end its process before any document is to blame."""

T = TypeVar("T")


# ---------------------------------------------------------------------------------------- ingest


def ingest(
    card: Card,
    store_path: Path | str,
    *,
    update: bool = False,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Store:
    """Index a corpus, or go on with it where it was left.

    An update reads new and changed files, and buries what stood in those that changed or vanished;
    texts that did not change are not embedded again. What an earlier run turned away as a copy of
    a document that is now gone stays away: only a new store decides that anew.

    Args:
        card: What to do.
        store_path: The store's folder; made if it is missing.
        update: Take up what has changed in the corpus since the store was finished.
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
    if (folder / "recipe.toml").is_file():
        raise UsageError(f"{folder}: is a run, not an index; give another folder by --store")
    plan = Plan.make(card)
    with atomic.lock(folder), stoppable(), shards.stopping_when_full(folder):
        base = _base(folder, plan, update=update)
        if base is not None and not base.stale and not _fresh(base, plan):
            return _finished(base.store, plan)
        atomic.sweep(folder)
        job = _Job(folder, plan, engine or Local(), progress or (lambda *_: None), base)
        job.begin()
        job.clean()
        job.decide()
        job.embed()
        return job.finish()


def _base(folder: Path, plan: Plan, *, update: bool) -> Base | None:
    """The finished store, if there is one, and what of it is stale.

    Raises:
        ChangedError: It is of another card; or of another state of the corpus, and `update` is off.
    """
    if not (folder / "index.json").is_file():
        return None
    store = Store.open(folder)
    made = store.manifest["plan"]
    if "merged" in made:
        raise ChangedError(f"{folder}: was merged from other stores; update those and merge again")
    plan.require_same_card(made, folder)
    if not update:
        plan.require_same(made, folder)
    try:
        require_same(made["encoder"], plan.card.encoder.identity, NUMERICS)
    except EncoderError as error:
        raise ChangedError(f"{folder}: {error}") from error
    changes = plan.changed_files(made)
    if changes and plan.card.limit:
        raise ChangedError(f"{folder}: an index with a limit cannot be updated, only made anew")
    return Base(store, frozenset(changes.get("changed", set()) | changes.get("gone", set())))


def _fresh(base: Base, plan: Plan) -> set[tuple[int, str]]:
    """The files that an update reads."""
    changes = plan.changed_files(base.store.manifest["plan"])
    return changes.get("changed", set()) | changes.get("new", set())


def _finished(store: Store, plan: Plan) -> Store:
    """A store that needs nothing but, perhaps, another FAISS index."""
    shutil.rmtree(store.path / "work", ignore_errors=True)  # a kill may have left it
    wanted = recipe.dump(plan.card.index)
    if store.manifest["index"]["settings"] == wanted and (store.path / "vectors.faiss").is_file():
        return store
    manifest = dict(store.manifest)
    manifest["index"] = {**build_index(store, plan.card.index), "settings": wanted}
    atomic.write_json(store.path / "index.json", manifest)
    return Store.open(store.path)


# --------------------------------------------------------------------------------------- the job


class _Job:
    """The phases of one ingestion; each leaves behind what the next one reads."""

    def __init__(
        self,
        folder: Path,
        plan: Plan,
        engine: Engine,
        progress: Progress,
        base: Base | None = None,
    ) -> None:
        self.folder, self.plan, self.engine, self.progress = folder, plan, engine, progress
        self.base = base
        self.card = plan.card
        self.work = Work(folder)
        self.started = time.time()
        self.seconds: dict[str, float] = {}
        self.embedded = self.total = 0

    def begin(self) -> None:
        """Write down what is being made, or see that it is the same as before."""
        path = self.work.path / "plan.json"
        record = self.plan.record()
        if path.is_file():
            made = recipe.read_json(path)
            remedy = f"`rm -r {self.work.path}` gives up what was begun"
            self.plan.require_same(made, self.folder, remedy)
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
            queue = _Queue(self.plan, self.work, self.base)
            engine = getattr(self.engine, "cleaning", lambda: self.engine)()
            while queue.waiting():
                for shard, result in engine.map(shards.clean_shard, queue.specs()):
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
                decide(self.work, self.card.deduplicate, self.card.limit, self.base)
            self.progress("deduplicate", 1, 1)

    # -- phase 2

    def embed(self) -> None:
        """Embed and store what is kept.

        An engine of one machine leaves that to this process, whose encoder uses every core.
        """
        with self._timed("embed"):
            decisions = {name: self.work.decision(name) for name in self.work.names("decide")}
            # A shard may hold nothing: it was asked for beyond the end of a file, or the limit.
            names = [name for name, decision in decisions.items() if decision["rows"]]
            self.total, self.embedded = sum(d["kept"] for d in decisions.values()), 0
            todo = []
            for name in names:
                if marker := self.work.marker("embed", name):
                    self._embedded(marker["rows"])
                else:
                    todo.append(name)
            elsewhere = getattr(self.engine, "embedding", None)
            if elsewhere is None:
                self._embed_here(todo)
            else:
                self._embed_there(todo, elsewhere())

    def _embedded(self, rows: int) -> None:
        self.embedded += rows
        self.progress("embed", self.embedded, self.total)

    def _embed_here(self, names: Sequence[str]) -> None:
        known, encoder = shards.known_vectors(self.work), self.card.document_encoder
        for name in names:

            def tick(rows: int) -> None:
                self.progress("embed", self.embedded + rows, self.total)

            marker = shards.embed_shard(self.work, name, encoder, tick, known)
            self._embedded(marker["rows"])

    def _embed_there(self, names: Sequence[str], engine: Engine) -> None:
        deaths: Counter[str] = Counter()
        todo = [shards.Embedding(str(self.folder), n, self.plan.card.table()) for n in names]
        while todo:
            specs, todo = _until_stopped(todo), []
            for spec, result in engine.map(shards.embed_task, specs):
                if isinstance(result, Crashed):
                    deaths[spec.name] += 1
                    if deaths[spec.name] > TRIES:
                        raise EncoderError(f"part {spec.name}: embedding it fails: {result.detail}")
                    todo.append(spec)
                else:
                    self._embedded(result["rows"])
            stop_if_asked()

    # -- the end

    def finish(self) -> Store:
        """Build FAISS, write the manifest, clear away what was only for the way."""
        markers = [self.work.marker("embed", name) for name in self.work.names("embed")]
        parts = [*self._old_parts(), *(marker for marker in markers if marker)]
        self._bury()
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

    def _old_parts(self) -> list[dict[str, Any]]:
        """Those of the store before, with the files that no longer count."""
        parts: list[dict[str, Any]] = []
        if self.base is None:
            return parts
        for part in self.base.store.parts:
            stale = {name for source, name in self.base.stale if source == part.source}
            parts.append(dataclasses.asdict(part) | {"gone": sorted({*part.gone, *stale})})
        return parts

    def _bury(self) -> None:
        """Write tombstones for what the update has found to be stale."""
        found = recipe.read_json(self.work.decided)["buried"]
        if not found:
            return
        path = self.folder / "tombstones.parquet"
        rows = list(read_rows(path)) if path.is_file() else []
        seen = {(row["part"], row["row"]) for row in rows}
        rows += [
            {"id": row["id"], "part": row["part"], "row": row["row"], "reason": "stale"}
            for row in found
            if (row["part"], row["row"]) not in seen
        ]
        write_rows(path, "tombstones", rows)

    def _manifest(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        columns = [field.name for field in dataclasses.fields(Part)]
        manifest = {
            "version": VERSION,
            "name": self.card.name,
            "dimensions": self.card.encoder.dimensions,
            "plan": self.plan.record(),
            "encoder": to_identity(self.card.encoder),
            "private": self.card.private,
            "unit": self.card.unit,
            "parts": [{k: part[k] for k in columns if k in part} for part in parts],
            "versions": _versions(),
        }
        return manifest | {"books": books(Store(self.folder, manifest))}


def books(store: Store) -> dict[str, Any]:
    """Documents read = kept + rejected, by reason."""
    reasons = Counter(row["reason"] for row in store.rejected())
    return {
        "read": len(store) + reasons.total(),
        "kept": len(store),
        "rejected": dict(sorted(reasons.items())),
    }


def _until_stopped(specs: Sequence[T]) -> Iterator[T]:
    for spec in specs:
        if stop_asked():
            return
        yield spec


class _Queue:
    """Which shards are still to be cleaned; a file's length is known only once it was read."""

    def __init__(self, plan: Plan, work: Work, base: Base | None = None) -> None:
        self.plan, self.work = plan, work
        fresh = _fresh(base, plan) if base else None
        files = [(n, f) for n, f in plan.files if fresh is None or (n, f.name) in fresh]
        self.groups = shards.group(files, plan.card.shard_rows)
        parts = base.store.parts if base else ()
        self.first = max((int(part.name[:5]) for part in parts), default=-1) + 1
        self.rows = 0
        self.ended: set[int] = set()
        """Groups of files whose last row was seen."""
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
            whole = len(self.groups[number]) > 1  # read to the end as one shard
            while number not in self.ended and not self._limit_reached() and not (whole and chunk):
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
        name = f"{self.first + number:05d}-{chunk:05d}"
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
            self.ended.add(int(shard.name.partition("-")[0]) - self.first)

    def crashed(self, shard: Shard, crash: Crashed) -> None:
        """Try again; quarantine the document that kills its worker time and again.

        Raises:
            SourceError: The worker dies before it comes to any document.
        """
        place = shards.last_place(self.work, shard.name) if crash.place is None else crash.place
        key = (shard.name, -1 if place is None else place)
        self.deaths[key] += 1
        if self.deaths[key] >= DEATHS and place is not None:
            self.quarantined.setdefault(shard.name, set()).add(place)
        elif self.deaths[key] > TRIES:
            names = ", ".join(file.name for _, file in shard.files)
            raise SourceError(f"{names}: reading it ends the process: {crash.detail}")
        poisoned = tuple(sorted(self.quarantined.get(shard.name, ())))
        careful = crash.place is None
        self.again.append(dataclasses.replace(shard, poisoned=poisoned, careful=careful))


def _versions() -> dict[str, str]:
    packages = ("corpus-miner", "numpy", "pyarrow", "faiss-cpu", "tokenizers")
    return {name: importlib.metadata.version(name) for name in packages}
