"""Files that trainers read as they are, one trainer a file: lean rows, and the lines to paste.

A file here has `Trainer`'s functions: `fits`, `rows`, which makes a split's rows out of its
examples, and `paste`, the text that tells the trainer about the files.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from miner.errors import UsageError, choices

if TYPE_CHECKING:
    from miner.types import Example


class Trainer(Protocol):
    """What a file of this folder offers."""

    SUFFIX: str
    """Of a split's file; `.jsonl` files hold a row a line, `.json` files all rows together."""

    def fits(self, example: Example) -> bool:
        """Whether this trainer's task has a place for an example."""
        ...

    def rows(self, examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
        """The rows of examples that fit, in order."""
        ...

    def paste(self, name: str, files: Mapping[str, str]) -> tuple[str, str]:
        """Name and content of the file that tells the trainer about these split files."""
        ...


def names() -> list[str]:
    """The trainers there are."""
    return [m.name.replace("_", "-") for m in pkgutil.iter_modules(__path__)]


def trainer(name: str) -> Trainer:
    """The trainer of that name.

    Raises:
        UsageError: There is none.
    """
    if name not in names():
        raise UsageError(f"no trainer '{name}'; {choices(name, names())}")
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return cast("Trainer", module)
