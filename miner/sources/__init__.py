"""Corpus readers, one a file. All read by file and row, and turn bad data into rejections."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from miner.sources.files import is_elsewhere

if TYPE_CHECKING:
    from miner.types import Source


def rooted(source: Source, folder: Path) -> Source:
    """The source with its relative path taken from `folder`: that of the card which names it.

    URLs, absolute paths, `sample:` and sources without a path stay as they are.
    """
    path = getattr(source, "path", "")
    if not isinstance(path, str) or not path or is_elsewhere(path):
        return source
    return dataclasses.replace(source, path=str(folder / path))  # type: ignore[type-var]
