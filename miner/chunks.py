"""What lies on the disk of a batch that is still to be answered: `batches/` in a run's folder.

NAME.jsonl        the requests, as they are uploaded
NAME.ids          their ids, in the order of the lines
NAME.json         what is known of the batch; without it the others were half written
NAME.answers-*    what came back, until it stands in the ledger
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from miner import atomic

KEPT = ("model", "endpoint", "written", "file", "batch")
"""What NAME.json remembers of a chunk from one call to the next."""


@dataclass
class Chunk:
    """One file of requests, and the batch that was made of it, if it was."""

    folder: Path
    name: str
    model: str
    endpoint: str
    written: float
    """When its creation was begun last; in seconds since 1970."""
    file: str = ""
    """The provider's id of its file. Without one no batch can have been made."""
    batch: str = ""
    ids: list[str] = field(default_factory=list)

    @property
    def requests(self) -> Path:
        """The file that is uploaded."""
        return self.folder / f"{self.name}.jsonl"

    @property
    def state(self) -> Path:
        """The file that says how far it has come."""
        return self.folder / f"{self.name}.json"

    def answers(self, number: int) -> Path:
        """Where a file of answers is put."""
        return self.folder / f"{self.name}.answers-{number}"

    def begin(self) -> None:
        """Write ids, then state: from here on the chunk is found again."""
        atomic.write_bytes(self.folder / f"{self.name}.ids", "\n".join(self.ids).encode("ascii"))
        self.keep()

    def keep(self) -> None:
        """Write down how far it has come."""
        atomic.write_json(self.state, {name: getattr(self, name) for name in KEPT})

    def made(self, batch: str) -> None:
        """Write down which batch was made of it."""
        self.batch = batch
        self.keep()

    def forget(self) -> None:
        """It is settled. The state goes last: a crash on the way settles it again."""
        for path in self.folder.glob(f"{self.name}.*"):
            if path != self.state:
                path.unlink()
        self.state.unlink(missing_ok=True)


def open_chunks(folder: Path) -> list[Path]:
    """The states of the batches that are still to be answered."""
    return sorted(folder.glob("*.json"))


def take_up(folder: Path) -> list[Chunk]:
    """The chunks of earlier calls; what a call that died left half written is removed.

    Raises:
        StoreError: A state is damaged.
    """
    chunks = []
    for path in open_chunks(folder):
        table = atomic.read_json(path, *KEPT)
        chunk = Chunk(folder, path.stem, **{name: table[name] for name in KEPT})
        with contextlib.suppress(FileNotFoundError):
            chunk.ids = (folder / f"{path.stem}.ids").read_text(encoding="ascii").split()
        chunks.append(chunk)
    known = {chunk.name for chunk in chunks}
    for path in folder.glob("*"):
        if path.name.partition(".")[0] not in known:
            path.unlink()
    return chunks
