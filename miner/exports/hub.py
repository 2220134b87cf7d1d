"""A run's data set as a repository of the Hugging Face hub: what would be sent, then sending it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from miner.errors import StoreError, UsageError
from miner.exports.lean import Lean, require_licences

if TYPE_CHECKING:
    from miner.run import Run
    from miner.store import Store

_NAME = re.compile(r"^[\w.-]{1,96}/[\w.-]{1,96}$")


@dataclass(frozen=True)
class Upload:
    """What goes to the hub: the files of dataset/, by their names there, with their sizes."""

    repository: str
    folder: Path
    files: tuple[tuple[str, int], ...]

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(size for _, size in self.files)


def prepare(run: Run, store: Store, repository: str, settings: Lean | None = None) -> Upload:
    """Say what would be sent, and refuse what must not be.

    Args:
        run: Its dataset/ is what goes.
        store: Where its documents came from.
        repository: `owner/name`.
        settings: Which licences may go out.

    Raises:
        UsageError: The name is none, the store is private, or a licence does not allow it.
        StoreError: There is no data set yet.
    """
    if not _NAME.match(repository):
        raise UsageError(f"'{repository}' is no repository; expected owner/name")
    if is_private(store):
        raise UsageError(
            f"{store.path}: this index is private: its text goes only to hosts that its card "
            "names, and never to the hub"
        )
    folder = run.path / "dataset"
    if not (folder / "README.md").is_file():
        raise StoreError(f"{folder}: no data set yet: miner export {run.path}")
    require_licences(run.examples(), settings or Lean(to="trl"))
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    files = tuple((p.relative_to(folder).as_posix(), p.stat().st_size) for p in paths)
    return Upload(repository, folder, files)


def is_private(store: Store) -> bool:
    """Whether the store's card marks it private."""
    card = store.manifest.get("card") or store.manifest.get("plan") or {}
    return bool(store.manifest.get("private") or (isinstance(card, dict) and card.get("private")))


def push(upload: Upload, *, public: bool = False) -> str:
    """Send a data set to the hub, privately unless told otherwise.

    Returns:
        Address of the commit.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(upload.repository, repo_type="dataset", private=not public, exist_ok=True)
    commit = api.upload_folder(
        repo_id=upload.repository,
        repo_type="dataset",
        folder_path=str(upload.folder),
        commit_message="Upload a grounded instruction-tuning data set",
    )
    return str(commit.commit_url)
