"""Further sentences for preference rules and formats, from a file that people edit.

A file of wordings is TOML with the tables `preferences` and `formats`: a rule's or format's name to
a list of sentences, which join those that are built in. `miner review LIBRARY --write FOLDER` makes
one of what was approved (docs/tasks.md).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from miner import recipe
from miner.compose.formats import format_named
from miner.compose.preferences import preference_named
from miner.errors import RecipeError, choices

_SLOT = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Further:
    """Sentences by the rule or format that they state."""

    preferences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for id, sentences in self.preferences.items():
            _check(id, sentences, preference_named(id).sentences)
        for name, sentences in self.formats.items():
            _check(name, sentences, format_named(name).sentences)


def slots(sentences: tuple[str, ...]) -> frozenset[str]:
    """The placeholders that sentences have, without their braces."""
    return frozenset(slot for sentence in sentences for slot in _SLOT.findall(sentence))


def _check(name: str, sentences: tuple[str, ...], known: tuple[str, ...]) -> None:
    for sentence in sentences:
        if not sentence.strip():
            raise ValueError(f"'{name}': an empty sentence")
        for slot in sorted(slots((sentence,)) - slots(known)):
            raise ValueError(
                f"'{name}': no placeholder '{{{slot}}}'; {choices(slot, slots(known))}"
            )


def further(path: str) -> Further:
    """The wordings of a file; none where there is no path.

    Raises:
        RecipeError: There is no such file, or it makes no sense.
    """
    if not path:
        return _NONE
    if not Path(path).is_file():
        raise RecipeError(f"wordings '{path}': no such file")
    stamp = Path(path).stat()
    return _read(path, stamp.st_mtime_ns, stamp.st_size)


@functools.lru_cache(maxsize=8)
def _read(path: str, modified: int, size: int) -> Further:
    del modified, size
    return recipe.read(Further, Path(path))


_NONE = Further()
