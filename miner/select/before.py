"""What earlier selections took, so that a later one takes other documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from miner.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Sequence


def selected_before(places: Sequence[str]) -> frozenset[str]:
    """Ids of the documents that runs chose, or that files list one a line.

    Raises:
        SelectionError: A place is neither a run with a selection nor a file.
        StoreError: A run has selected nothing yet.
    """
    from miner.run import Run

    ids: set[str] = set()
    for place in places:
        path = Path(place)
        if path.is_dir():
            for node in Run.open(path).selection().nodes:
                ids.update(candidate.document for candidate in node.chosen)
        elif path.is_file():
            ids.update(filter(None, map(str.strip, path.read_text("utf-8").splitlines())))
        else:
            raise SelectionError(f"[select] exclude: {place}: neither a run nor a file of ids")
    return frozenset(ids)
