"""Cut out lines that repeat across a site: menus, notices, footers, which no page's text is.

Which lines these are can only be told from the whole corpus, so it is counted beforehand, by `miner
lines CARD --out FILE`, and the file is named here. A line is known by a hash of its site and of its
normalised text; it counts once a document.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from miner import atomic
from miner.clean.verdict import Action, tagged, verdict
from miner.edits import Edit, edited, without_end
from miner.errors import SourceError
from miner.shingles import normalise
from miner.types import Cleaner, Document, Rejected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HELD = 4_000_000
"""Hashes that are collected before they are counted: 32 MB."""


@dataclass(frozen=True)
class RepeatedLines:
    """Drop a page's lines that a list knows, and pages of which nothing is left.

    Attributes:
        lists: Files made by `miner lines`; without any there would be nothing to do.
        action: Whether to cut the lines out; or to leave their share of the text as a signal.
    """

    lists: tuple[str, ...]
    action: Action = "drop"

    def __post_init__(self) -> None:
        if not self.lists:
            raise ValueError(
                "lists is empty; name the file that `miner lines CARD --out FILE` makes"
            )

    def clean(self, document: Document) -> Document | Rejected:
        """The document without repeated lines; Rejected("nothing_left") if there were no others."""
        edits = [edit for path in self.lists for edit in _known(document, path)]
        share = sum(end - start for start, end, _ in edits) / max(len(document.text), 1)
        if self.action == "tag" or not edits:
            return verdict(document, "repeated_lines", self.action, [], {"share": min(share, 1.0)})
        left = without_end(edited(document, sorted(set(edits))))
        left = edited(left, [(0, len(left.text) - len(left.text.lstrip()), "")])
        if not left.text.strip():
            return Rejected("nothing_left", f"{len(edits)} lines, all repeated across the site")
        return tagged(left, {"repeated_lines.share": share})


def site_of(document: Document) -> str:
    """The host that a document is from; without an address, its source."""
    try:
        host = urlsplit(document.url).hostname
    except ValueError:
        host = None
    return (host or document.source).removeprefix("www.")


def count_lines(documents: Iterable[Document], least: int = 10) -> NDArray[np.uint64]:
    """Hashes of the lines that stand in at least so many documents of their site, sorted.

    Memory is 16 bytes for each distinct line of the corpus.
    """
    import numpy as np

    known, counts = np.empty(0, np.uint64), np.empty(0, np.int64)
    held: list[int] = []
    for document in documents:
        held += {key for _, _, key in _lines(document)}
        if len(held) > HELD:
            known, counts = _added(known, counts, held)
            held = []
    known, counts = _added(known, counts, held)
    return known[counts >= least]


def write_list(path: Path, hashes: NDArray[np.uint64]) -> None:
    """Keep what `count_lines` found, as a NumPy file."""
    import numpy as np

    with atomic.writing(path) as file:
        np.save(file, hashes)


def _added(
    known: NDArray[np.uint64], counts: NDArray[np.int64], held: list[int]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    import numpy as np

    fresh, often = np.unique(np.array(held, np.uint64), return_counts=True)
    merged, where = np.unique(np.concatenate([known, fresh]), return_inverse=True)
    total = np.zeros(len(merged), np.int64)
    np.add.at(total, where, np.concatenate([counts, often]))
    return merged, total


def _lines(document: Document) -> Iterator[tuple[int, int, int]]:
    """Start, end and key of each line that is not empty, its line end included."""
    site, start = site_of(document), 0
    for line in document.text.splitlines(keepends=True):
        if plain := normalise(line):
            content = f"{site}\n{plain}".encode("utf-8", "surrogatepass")
            digest = hashlib.blake2b(content, digest_size=8).digest()
            yield start, start + len(line), int.from_bytes(digest, "little")
        start += len(line)


def _known(document: Document, path: str) -> list[Edit]:
    import numpy as np

    lines = list(_lines(document))
    listed = _listed(path)
    if not lines or not len(listed):
        return []
    keys = np.array([key for _, _, key in lines], np.uint64)
    places = np.minimum(np.searchsorted(listed, keys), len(listed) - 1)
    found = np.flatnonzero(listed[places] == keys).tolist()
    return [(lines[number][0], lines[number][1], "") for number in found]


@functools.lru_cache(maxsize=8)
def _listed(path: str) -> NDArray[np.uint64]:
    import numpy as np

    try:
        hashes: NDArray[np.uint64] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SourceError(f"repeated_lines: {path}: {error}") from error
    if hashes.dtype != np.uint64 or hashes.ndim != 1:
        raise SourceError(f"repeated_lines: {path}: not made by `miner lines`")
    return hashes


PART: type[Cleaner] = RepeatedLines
