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
import itertools
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from miner import atomic, recipe
from miner.deciding import decide
from miner.encoders import NUMERICS, require_same, to_identity
from miner.encoders.runtime import cores, gpus
from miner.engine import Crashed, stop_asked, stop_if_asked, stoppable
from miner.engine.local import Local
from miner.errors import ChangedError, EncoderError, UsageError
from miner.index import build as build_index
from miner.plan import FIXED, Card, Plan
from miner.shards import Deduplicate, Embedding, Work, stopping_when_full
from miner.shards.cleaning import clean_shard
from miner.shards.embedding import embed_shards, embed_task, known_vectors
from miner.shards.queue import TRIES, Queue, Share
from miner.shards.reading import close_reader
from miner.store import VERSION, Part, Store, make_secret
from miner.store_files import read_rows, write_rows
from miner.updating import Base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.types import Engine

__all__ = ["Card", "Deduplicate", "ingest"]

Progress: TypeAlias = Callable[[str, int, int | None], None]

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
    folder = index_folder(store_path)
    plan = Plan.make(card)
    with atomic.lock(folder), stoppable(), stopping_when_full(folder):
        base = _base(folder, plan, update=update)
        if base is not None and not base.stale and not _fresh(base, plan):
            return finished(base.store, plan)
        atomic.sweep(folder)
        job = Job(folder, plan, engine or Local(), progress or (lambda *_: None), base)
        job.begin()
        job.clean()
        job.decide()
        job.embed()
        return job.finish()


def index_folder(path: Path | str) -> Path:
    """The folder of an index.

    Raises:
        UsageError: It is that of a run.
    """
    folder = Path(path)
    if (folder / "recipe.toml").is_file():
        raise UsageError(f"{folder}: is a run, not an index; give another folder by --store")
    return folder


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
    if changes and not plan.can_be_updated:
        raise ChangedError(f"{folder}: {FIXED}, only made anew")
    return Base(store, frozenset(changes.get("changed", set()) | changes.get("gone", set())))


def _fresh(base: Base, plan: Plan) -> set[tuple[int, str]]:
    """The files that an update reads."""
    changes = plan.changed_files(base.store.manifest["plan"])
    return changes.get("changed", set()) | changes.get("new", set())


def finished(store: Store, plan: Plan) -> Store:
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


class Job:
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

    def queue(self, share: Share = Share()) -> Queue:  # noqa: B008 - frozen
        """The shards that are to be cleaned, or the share of them that is this process's."""
        fresh = _fresh(self.base, self.plan) if self.base else None
        files = [(n, f) for n, f in self.plan.files if fresh is None or (n, f.name) in fresh]
        parts = self.base.store.parts if self.base else ()
        first = max((int(part.name[:5]) for part in parts), default=-1) + 1
        return Queue(self.card, self.work, files, first, share)

    def clean(self, share: Share = Share()) -> None:  # noqa: B008 - frozen
        """Read, clean and sign every shard that has not been."""
        with self._timed("clean"):
            queue = self.queue(share)
            engine = getattr(self.engine, "cleaning", lambda: self.engine)()
            try:
                while queue.waiting():
                    for shard, result in engine.map(clean_shard, queue.specs()):
                        if isinstance(result, Crashed):
                            queue.crashed(shard, result)
                        else:
                            queue.done(shard, result)
                            self.progress("read", queue.rows, None)
                    stop_if_asked()
            finally:
                close_reader()  # an engine may work in this process

    # -- the barrier

    def decide(self) -> None:
        """Say of every document whether it is kept."""
        with self._timed("decide"):
            self.progress("deduplicate", 0, 1)
            if not self.work.decided.is_file():
                engine = getattr(self.engine, "cleaning", lambda: self.engine)()
                decide(self.work, self.card, engine, self.base)
            self.progress("deduplicate", 1, 1)

    # -- phase 2

    def embed(self, share: Share = Share()) -> None:  # noqa: B008 - frozen
        """Embed and store what is kept.

        An engine of one machine leaves that to this process, whose encoder uses every core, or to
        one process a device.
        """
        with self._timed("embed"):
            self.total = self.embedded = 0
            todo = []
            for number, (name, kept) in enumerate(self.decided()):
                if number % share.of != share.number:
                    continue
                self.total += kept
                if self.work.file("embed", name, "json").is_file():
                    self.embedded += kept
                else:
                    todo.append(name)
            self._embedded(0)
            elsewhere = getattr(self.engine, "embedding", None)
            if elsewhere:
                self._embed_there(todo, elsewhere())
            elif devices := self._devices():
                threads = max(1, cores() // len(devices))
                self._embed_there(todo, Local(devices=devices), threads)
            else:
                self._embed_here(todo)

    def _devices(self) -> tuple[str, ...]:
        """Those that the card names, or all GPUs if there are several and the encoder uses one."""
        if self.card.devices or not hasattr(self.card.encoder, "runtime"):
            return self.card.devices
        found = gpus()
        return found if len(found) > 1 else ()

    def decided(self) -> Iterator[tuple[str, int]]:
        """The shards to embed, and how many documents of each.

        A shard may hold nothing: it was asked for beyond the end of a file, or the limit.
        """
        for name in self.work.names("decide"):
            decision = self.work.decision(name)
            if decision["rows"]:
                yield name, decision["kept"]

    def _embedded(self, rows: int) -> None:
        self.embedded += rows
        self.progress("embed", self.embedded, self.total)

    def _embed_here(self, names: Sequence[str]) -> None:
        known, encoder = known_vectors(self.work), self.card.document_encoder
        begun = 0  # documents of the shards that the encoder has been given

        def tick(rows: int) -> None:
            nonlocal begun
            begun += rows
            self.progress("embed", self.embedded + begun, self.total)

        for marker in embed_shards(self.work, names, encoder, tick, known):
            begun -= marker["rows"]
            self._embedded(marker["rows"])

    def _embed_there(self, names: Sequence[str], engine: Engine, threads: int = 1) -> None:
        deaths: Counter[str] = Counter()
        table = self.card.table()
        todo = [Embedding(str(self.folder), name, table, threads) for name in names]
        while todo:
            specs, todo = _until_stopped(todo), []
            for spec, result in engine.map(embed_task, specs):
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
        if not recipe.read_json(self.work.decided)["buried"]:
            return
        path = self.folder / "tombstones.parquet"
        before = list(read_rows(path)) if path.is_file() else []
        seen = {(row["part"], row["row"]) for row in before}  # a kill may have come after this
        buried = (
            {"id": row["id"], "part": row["part"], "row": row["row"], "reason": "stale"}
            for row in read_rows(self.work.buried)
            if (row["part"], row["row"]) not in seen
        )
        write_rows(path, "tombstones", itertools.chain(before, buried))

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


def _versions() -> dict[str, str]:
    packages = ("corpus-miner", "numpy", "pyarrow", "faiss-cpu", "tokenizers")
    return {name: importlib.metadata.version(name) for name in packages}
