"""An index card, and all that the bytes of the index made from it depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from miner import recipe
from miner.encoders import to_identity
from miner.encoders.by_passage import ByPassage
from miner.encoders.minilm import MiniLM
from miner.errors import ChangedError, SourceError
from miner.index import Index
from miner.shards import Deduplicate
from miner.sources.files import is_elsewhere
from miner.store import Store
from miner.store_files import digest
from miner.types import Cleaner, Encoder, File, Source

UPDATE = "`miner index CARD --update` takes up what changed"
FIXED = "an index with a limit or a sample cannot be updated"


@dataclass(frozen=True)
class Card:
    """An index card: how to turn corpora into one index.

    Attributes:
        name: Of the index.
        sources: What to read, in this order.
        clean: What mends, tags or turns away a document, in this order.
        deduplicate: What counts as having been seen before.
        encoder: Texts to vectors.
        index: How FAISS is built.
        unit: `document` embeds its beginning, as far as the encoder reads; `passage` all of it, by
            passages whose mean is the document's vector.
        limit: Rows read at most, over all sources; 0 for all.
        sample: Documents kept at most, drawn by chance from all that could be; 0 for all.
        shard_rows: Rows of a part of the store.
        devices: Where documents are embedded, one process each: GPUs, as CUDA_VISIBLE_DEVICES has
            them, or `cpu`. Without any, all GPUs of this machine, or this process.
        seed: All that is drawn by chance is drawn from it.
        private: Texts may go to hosts that the card names, and nowhere else.
    """

    name: str
    sources: tuple[Source, ...]
    clean: tuple[Cleaner, ...] = ()
    deduplicate: Deduplicate = field(default_factory=Deduplicate)
    encoder: Encoder = field(default_factory=MiniLM)
    index: Index = field(default_factory=Index)
    unit: Literal["document", "passage"] = "document"
    limit: int = 0
    sample: int = 0
    shard_rows: int = 4096
    devices: tuple[str, ...] = ()
    seed: int = 0
    private: bool = False

    def __post_init__(self) -> None:
        recipe.check_name(self.name)
        if not self.sources:
            raise ValueError("sources: at least one is needed")
        if min(self.limit, self.sample, self.seed, self.index.seed) < 0 or self.shard_rows < 1:
            raise ValueError("limit, sample and seeds must be at least 0, shard_rows at least 1")

    @classmethod
    def read(cls, path: Path | str, overrides: Mapping[str, Any] | None = None) -> Card:
        """The card in a TOML file, or the shipped one of that name.

        Paths of sources are relative to the card's folder, and so are those of cleaners' lists that
        lie there; other lists are relative to the working directory.

        Raises:
            RecipeError: It is missing or does not fit.
        """
        found = recipe.locate(str(path), "indexes")
        table = recipe.read_toml(found)
        for key, value in (overrides or {}).items():
            recipe.override(table, key, value)
        sources = table.get("sources")
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, dict) and isinstance(source.get("path"), str):
                source["path"] = _beside(found.parent, source)
        cleaners = table.get("clean")
        for cleaner in cleaners if isinstance(cleaners, list) else ():
            for key in LISTS & cleaner.keys() if isinstance(cleaner, dict) else ():
                cleaner[key] = _lists_beside(found.parent, cleaner[key])
        return recipe.build(cls, table, found.name)

    @property
    def document_encoder(self) -> Encoder:
        """What embeds documents; queries are always embedded by `encoder` itself."""
        return ByPassage(self.encoder) if self.unit == "passage" else self.encoder

    def table(self) -> dict[str, Any]:
        """The TOML table that makes an equal card."""
        return recipe.dump(self)


LISTS = frozenset({"lists", "questions"})
"""Arguments of cleaners that name files."""

MADE_BY = {"repeated_lines": "; `miner lines CARD --out FILE` makes it, before `miner index`"}
"""How a list of a cleaner comes about, where we make it."""


def _lists_beside(folder: Path, value: Any) -> Any:
    """Names of files, as a list or by a key each; those in the folder with the whole path."""
    if isinstance(value, dict):
        return {key: _lists_beside(folder, name) for key, name in value.items()}
    if isinstance(value, list):
        return [_lists_beside(folder, name) for name in value]
    found = isinstance(value, str) and (folder / value).exists()
    return str((folder / value).absolute()) if found else value


def _lists_read(kind: str, value: Any) -> Any:
    """Names of files, each with a hash of what it holds instead of where it lies.

    Raises:
        SourceError: There is no such file.
    """
    if isinstance(value, dict):
        return {key: _lists_read(kind, name) for key, name in value.items()}
    if isinstance(value, list):
        return [_lists_read(kind, name) for name in value]
    path = Path(value)
    if not path.exists():
        raise SourceError(f"{kind}: {path}: no such file{MADE_BY.get(kind, '')}")
    return f"{path.name} {digest(path)[:16]}" if path.is_file() else path.name


def _beside(folder: Path, source: Mapping[str, Any]) -> str:
    """A source's path, made independent of the working directory."""
    path = str(source["path"])
    beside = folder / path
    named = source.get("kind") == "huggingface" and not beside.exists()  # owner/name at the hub
    return path if named or is_elsewhere(path) else str(beside.absolute())


@dataclass(frozen=True)
class Plan:
    """All that the bytes of a store depend on."""

    card: Card
    files: tuple[tuple[int, File], ...]
    """Number of the source, and its file, in the order of the rows."""

    @classmethod
    def make(cls, card: Card) -> Plan:
        """List the files of a card's sources."""
        files = tuple((n, file) for n, source in enumerate(card.sources) for file in source.files())
        if not files:
            raise SourceError(f"{card.name}: its sources hold no file")
        return cls(card, files)

    def record(self) -> dict[str, Any]:
        """As plain values, without where the corpus and the cleaners' lists lie.

        Raises:
            SourceError: A list is missing.
        """
        table = self.card.table()
        for source in table["sources"]:
            source.pop("path", None)
        for cleaner in table.get("clean", ()):
            for key in LISTS & cleaner.keys():
                cleaner[key] = _lists_read(cleaner["kind"], cleaner[key])
        encoder = to_identity(self.card.encoder)
        table["encoder"].pop("threads", None)
        table.pop("devices")
        against = self.card.deduplicate.against  # other indexes count by what they hold
        table["deduplicate"]["against"] = [Store.open(path).fingerprint for path in against]
        return {
            "card": table,
            "files": [[n, f.name, f.fingerprint, f.bytes] for n, f in self.files],
            "encoder": encoder["identity"],
            "signatures": dict(self.card.deduplicate.signer.identity),
        }

    def require_same(self, made: Mapping[str, Any], where: Path, remedy: str = "") -> None:
        """Refuse to go on with what another card or corpus began; `remedy` says what may be done.

        Raises:
            ChangedError: They differ in anything but how FAISS is built.
        """
        self.require_same_card(made, where)
        changes = self.changed_files(made)
        if changes:
            remedy = remedy or (UPDATE if self.can_be_updated else FIXED)
            some = [
                f"{len(names)} file(s) {word} ({_few(names)})" for word, names in changes.items()
            ]
            raise ChangedError(
                f"{where}: the corpus is not what it was: {'; '.join(some)}; {remedy}, "
                "another --store begins anew"
            )

    def require_same_card(self, made: Mapping[str, Any], where: Path) -> None:
        """Refuse another card.

        Raises:
            ChangedError: The cards differ in anything but how FAISS is built.
        """
        changes = list(_changes(made["card"], self.record()["card"]))
        if changes:
            raise ChangedError(
                f"{where}: was made by another card: {'; '.join(changes)}; another --store begins "
                "anew"
            )

    @property
    def can_be_updated(self) -> bool:
        """Whether what is kept of a file depends on no other file's length."""
        return not (self.card.limit or self.card.sample)

    def changed_files(self, made: Mapping[str, Any]) -> dict[str, set[tuple[int, str]]]:
        """Files as (number of the source, name) that are changed, new or gone; empty if none."""
        old = {(n, name): fingerprint for n, name, fingerprint, _ in made["files"]}
        new = {(n, file.name): file.fingerprint for n, file in self.files}
        found = {
            "changed": {k for k in old.keys() & new.keys() if old[k] != new[k]},
            "new": new.keys() - old.keys(),
            "gone": old.keys() - new.keys(),
        }
        return {word: set(names) for word, names in found.items() if names}


def _changes(old: Any, new: Any, key: str = "") -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(old.keys() | new.keys()):
            if not key and (name == "index" or (name == "seed" and not new.get("sample"))):
                continue
            yield from _changes(old.get(name), new.get(name), f"{key}.{name}" if key else name)
    elif old != new:
        yield f"{key} was {_short(old)}, is {_short(new)}"


def _few(names: set[tuple[int, str]]) -> str:
    return ", ".join(name for _, name in sorted(names)[:3])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
