"""What a run was begun with, and what differs now: recipe.toml and inputs.json of its folder.

A change that comes after the replies (checks, composing, exports, a model's address) costs nothing.
One that comes before them makes requests new, or documents be selected again; job.py says what
that costs, and asks first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic, recipe
from miner.errors import ChangedError, UsageError
from miner.ledger import Ledger
from miner.run import GRADES

if TYPE_CHECKING:
    from miner.run import Run

FREE = ("index", "flow.", "inputs.store")
"""What may differ when a run is taken up again: a store that moved is the same store. The store's
content is compared by its fingerprint."""
REACHED = frozenset(
    {"kind", "path", "base_url", "api_key_env", "api_key_file", "structured", "max_tokens_field"}
    | {"prompt_price", "completion_price", "price_per_hour", "max_response_bytes", "discount"}
    | {"requests_per_batch", "open_requests", "poll_seconds"}
)
"""Keys of [llm] that say how a model is reached: they change no request in the ledger."""
SELECTING = ("select.", "taxonomy", "seed", "content")
"""What decides which documents are selected."""
FIXED = ("grow",)
"""What cannot change in one folder: the tree of a run is grown once."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs. `before` and `now` are None where the key is missing."""

    key: str
    before: Any
    now: Any

    def __str__(self) -> str:
        return f"was begun with {self.key} = {self.before!r}, now it is {self.now!r}"

    @property
    def selects(self) -> bool:
        """Whether documents have to be selected again."""
        name = self.key.removeprefix("inputs.").removeprefix("files.")
        return name.startswith(SELECTING)


@dataclass(frozen=True)
class Beginning:
    """A recipe as a table, and what it works on: what a run's folder is bound to."""

    recipe: Mapping[str, Any]
    store: str
    content: str
    """The store's fingerprint."""
    taxonomy: str

    @property
    def inputs(self) -> dict[str, Any]:
        """The content of inputs.json."""
        return {
            "store": self.store,
            "content": self.content,
            "taxonomy": self.taxonomy,
            "files": _files(self.recipe),
        }

    def changes(self, run: Run) -> list[Change]:
        """In what this differs from what the run's folder was begun with; nothing if it is new.

        Raises:
            ChangedError: It differs in what one folder cannot follow.
            UsageError: The folder is an index.
        """
        if (run.path / "index.json").is_file():
            raise UsageError(f"{run.path}: is an index, not a run; give another folder by --run")
        if not _recipe_file(run).is_file():
            return []
        before = atomic.read_json(_inputs_file(run), "store", "content", "taxonomy")
        before = {"files": _files(self.recipe)} | before  # earlier versions did not note them
        old = flat({**recipe.read_toml(_recipe_file(run)), "inputs": before})
        new = flat({**self.recipe, "inputs": self.inputs})
        found = [
            Change(key, old.get(key), new.get(key))
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key) and not key.startswith(FREE) and not _reached(key)
        ]
        if fixed := _fixed(self.recipe, found):
            raise ChangedError(
                f"{run.path}: {fixed}; give another folder by --run, or remove this one"
            )
        return found

    def write(self, run: Run) -> None:
        """Bind the run's folder to this; what it says of an earlier recipe goes first."""
        import tomli_w

        if any(change.selects for change in self.changes(run)):
            for name in ("selection.json", "selection.parquet", GRADES):
                (run.path / name).unlink(missing_ok=True)
        (run.path / "manifest.json").unlink(missing_ok=True)
        atomic.write_json(_inputs_file(run), self.inputs)
        atomic.write_bytes(_recipe_file(run), tomli_w.dumps(dict(self.recipe)).encode())


def untouched(run: Run) -> bool:
    """Whether nothing was asked or mined yet, so that a change undoes nobody's work."""
    if run.manifest or any(run.parts(folder) for folder in ("annotations", "rejected")):
        return False
    if not run.ledger.is_file():
        return True
    with Ledger.open(run.ledger, read_only=True) as ledger:
        return not ledger.books()["asked"]


def told(changes: Sequence[Change], most: int = 3) -> str:
    """The changes in one line."""
    more = f" and {len(changes) - most} more" if len(changes) > most else ""
    return "; ".join(map(str, changes[:most])) + more


def _recipe_file(run: Run) -> Path:
    return run.path / "recipe.toml"


def _inputs_file(run: Run) -> Path:
    return run.path / "inputs.json"


def _fixed(table: Mapping[str, Any], changes: Sequence[Change]) -> Change | None:
    """The first change that one folder cannot follow."""
    grows = "grow" in table
    return next(
        (c for c in changes if c.key.startswith(FIXED) or (grows and "taxonomy" in c.key)), None
    )


def _reached(key: str) -> bool:
    """Whether a key only says how a model is reached."""
    first, *parts = key.split(".")
    names = [part for part in parts if not part.isdigit()]
    return first == "llm" and bool(names) and names[-1] in REACHED


def _files(table: Mapping[str, Any]) -> dict[str, str]:
    """The files that a recipe names (prompts ...), by key, with a hash of their content."""
    found = {}
    for key, value in flat(table).items():
        if isinstance(value, str) and value and not key.startswith((*FREE, "llm.")):
            path = Path(value)
            if path.is_file():
                found[key] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return found


def flat(table: Mapping[str, Any] | Sequence[Any], prefix: str = "") -> dict[str, Any]:
    """Every value of a nested table, by its dotted key."""
    items = table.items() if isinstance(table, Mapping) else enumerate(table)
    found: dict[str, Any] = {}
    for key, value in items:
        if isinstance(value, Mapping) or (isinstance(value, list) and value):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found
