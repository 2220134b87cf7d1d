"""The examples of a domain: texts in the recipe, documents of the corpus, or files of either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from miner.errors import SelectionError, choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from miner.select.settings import Corpus
    from miner.types import Encoder, Vectors

DOCUMENT, FILE = "id:", "file:"


def read_examples(given: Sequence[str], store: Corpus, encoder: Encoder) -> Vectors:
    """A unit row per example, texts first.

    Raises:
        SelectionError: A file is missing or unreadable, or a document is not in the corpus.
    """
    all_given = list(_opened(given))
    texts = [text for text in all_given if not text.startswith(DOCUMENT)]
    ids = [text.removeprefix(DOCUMENT) for text in all_given if text.startswith(DOCUMENT)]
    found = [np.empty((0, encoder.dimensions), dtype=np.float32)]
    if texts:
        found.append(np.asarray(encoder.encode(texts)))
    if ids:
        place = {id: row for row, id in enumerate(store.ids)}
        for id in ids:
            if id not in place:
                near = sorted(store.ids, key=lambda other: (other[:4] != id[:4], other))[:5]
                raise SelectionError(f"example 'id:{id}' is no document; {choices(id, near)}")
        found.append(store.vectors(np.array([place[id] for id in ids], dtype=np.int64)))
    return np.concatenate(found)


def _opened(given: Sequence[str]) -> Iterator[str]:
    for text in given:
        if text.startswith(FILE):
            yield from read_texts(Path(text.removeprefix(FILE).strip()))
        elif text.strip():
            yield text


def read_texts(path: Path) -> Iterator[str]:
    """A text a line, or JSON lines with a `text`; empty ones are left out.

    Raises:
        SelectionError: The file is missing, or a line cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SelectionError(f"{path}: cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if path.suffix != ".jsonl":
            text = line
        else:
            try:
                text = json.loads(line)["text"]
            except (json.JSONDecodeError, KeyError, TypeError):
                raise SelectionError(f"{path}, line {number}: no JSON object with 'text'") from None
        if isinstance(text, str) and text.strip():
            yield text
