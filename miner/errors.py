"""Every error that the miner raises on purpose.

    MinerError
    ├── UsageError              a command was used wrongly (exit code 2)
    │   └── RecipeError         a card, a recipe or one of their keys
    ├── MissingExtraError       an optional dependency is not installed
    ├── SourceError             a corpus cannot be opened
    ├── StoreError              a store or run on disk is missing, damaged or of another make
    │   ├── ChangedError        the input or the recipe is not what the work on disk began with
    │   │   └── UnconfirmedError    following the change costs something; --yes agrees (exit code 3)
    │   └── BusyError           another process works on the same folder
    ├── EncoderError            a model cannot be loaded, or is not the one that made the index
    ├── TaxonomyError           a taxonomy's file or shape
    ├── SelectionError          a selection that cannot be made
    ├── PromptError             a prompt's file or its placeholders
    ├── LLMError                an endpoint or a reply that makes going on pointless
    └── Stopped                 work was stopped on purpose and can be resumed (exit code 3)

A message says what, where (file and key, or document id), what is allowed, and the nearest guess.
Bad *data* is no error: it is a `miner.types.Rejected`, counted and kept.
"""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class MinerError(Exception):
    """The root of every error below; its text is meant for the person at the terminal."""

    exit_code = 1


class UsageError(MinerError):
    """A command or a call was used wrongly."""

    exit_code = 2


class RecipeError(UsageError):
    """A card or recipe that cannot be built."""


class MissingExtraError(MinerError):
    """An optional dependency is missing; the message holds the line that installs it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package '{package}': pip install 'corpus-miner[{extra}]'"
        )


class SourceError(MinerError):
    """A corpus that cannot be opened."""


class StoreError(MinerError):
    """A store or run on disk that is missing, damaged, or made otherwise than expected."""


class ChangedError(StoreError):
    """The input or the recipe differs from what the work on disk began with."""


class UnconfirmedError(ChangedError):
    """Following a change costs money or undoes a selection, and nobody has agreed to it yet."""

    exit_code = 3


class BusyError(StoreError):
    """Another process holds the folder."""


class EncoderError(MinerError):
    """A model that cannot be loaded, or that is not the one that made the index."""


class TaxonomyError(MinerError):
    """A taxonomy's file or shape."""


class SelectionError(MinerError):
    """A selection that cannot be made."""


class PromptError(MinerError):
    """A prompt's file or its placeholders."""


class LLMError(MinerError):
    """An endpoint or a reply that makes going on pointless."""


class Stopped(MinerError):  # noqa: N818 - it is an outcome, not an error
    """Work stopped on purpose: the same command goes on from here."""

    exit_code = 3

    def __init__(self, message: str, more: tuple[str, ...] = ()) -> None:
        """`more`: what the command needs besides when it is typed again."""
        super().__init__(message)
        self.more = more


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What the block reads comes from this file of ours: what does not fit means damage.

    Raises:
        StoreError: The file is missing or damaged.
    """
    try:
        yield
    except MinerError:
        raise
    except FileNotFoundError as error:
        raise StoreError(f"{path}: is missing") from error
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"{path}: damaged: {type(error).__name__}: {error}") from error


def choices(name: str, allowed: Iterable[str]) -> str:
    """Say what is allowed and which of it `name` comes nearest to.

    >>> choices("trad", ["trade", "floor"])
    "allowed: floor, trade; did you mean 'trade'?"
    """
    options = sorted(allowed)
    near = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"allowed: {', '.join(options) or 'nothing'}{hint}"
