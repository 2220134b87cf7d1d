"""Reads classified texts: JSON lines with a text and its label or labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from miner.errors import SourceError, choices
from miner.tasks.finding import digest
from miner.types import Annotation, Document, Labels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read(
    path: Path,
    *,
    text: str = "text",
    label: str = "label",
    question: str = "",
    options: tuple[str, ...] = (),
    language: str = "en",
    license: str = "",
) -> Iterator[tuple[Document, Annotation]]:
    """Texts with their labels.

    Args:
        path: JSON lines.
        text: The column of the text.
        label: The column of the label, a string or a list of them.
        question: What is being classified: "topic", "sentiment" ...
        options: All labels; empty means those that occur in the file.
        language: Of the whole file.
        license: The same.

    Raises:
        SourceError: A line is no JSON object, or lacks a column.
    """
    rows = list(_rows(path, text, label))
    known = options or tuple(dict.fromkeys(name for _, names in rows for name in names))
    several = any(len(names) != 1 for _, names in rows)
    for number, (content, names) in enumerate(rows):
        document = Document(
            digest(path.name, number), content, source=path.name, language=language, license=license
        )
        whole = document.span(0, len(content))
        finding = Labels(whole, names, known, question, multiple=several)
        yield (
            document,
            Annotation(
                digest("labels", document.id),
                question or "classification",
                "",
                (document.id,),
                finding,
            ),
        )


def _rows(path: Path, text: str, label: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row: Any = json.loads(line)
            except ValueError as error:
                raise SourceError(f"{path}:{number}: not valid JSON: {error}") from error
            for column in (text, label):
                if not isinstance(row, dict) or column not in row:
                    keys = row if isinstance(row, dict) else ()
                    raise SourceError(
                        f"{path}:{number}: no column '{column}'; {choices(column, keys)}"
                    )
            names = row[label] if isinstance(row[label], list) else [row[label]]
            if str(row[text]):
                yield str(row[text]), tuple(str(name) for name in names)
