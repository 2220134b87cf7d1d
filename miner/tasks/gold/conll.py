"""Reads columns of tokens and tags: CoNLL, WNUT 17, wikigold; IO, BIO and BIOES tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from miner.errors import SourceError
from miner.tasks.finding import digest
from miner.tasks.gold.tokens import join
from miner.types import Annotation, Document, Entities, Entity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_BEGINS = {"B", "S", "U"}


def read(
    path: Path,
    *,
    language: str = "en",
    license: str = "",
    names: Mapping[str, str] | None = None,
) -> Iterator[tuple[Document, Annotation]]:
    """Sentences with their entities.

    Two neighbouring runs of one type cannot be told apart under IO tags, and are one entity.

    Args:
        path: A file of lines "token ... tag", sentences parted by blank lines.
        language: Of the whole file.
        license: The same.
        names: What a tag is called in an instruction, such as {"PER": "person"}.

    Raises:
        SourceError: A line has no tag, or a tag has no type.
    """
    blocks = list(_sentences(path))
    found = dict.fromkeys(tag[2:] for block in blocks for _, tag in block if len(tag) > 2)
    names = names or {}
    schema = tuple(dict.fromkeys(names.get(tag, tag) for tag in found))
    for number, block in enumerate(blocks):
        text, places = join([token for token, _ in block], language)
        document = Document(
            digest(path.name, number), text, source=path.name, language=language, license=license
        )
        items = tuple(
            Entity(document.span(places[first][0], places[last][1]), names.get(label, label))
            for first, last, label in _runs([tag for _, tag in block])
        )
        finding = Entities(document.span(0, len(text)), items, schema)
        yield document, Annotation(document.id, "entities", "", (document.id,), finding)


def _sentences(path: Path) -> Iterator[list[tuple[str, str]]]:
    block: list[tuple[str, str]] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            parts = line.split()
            if not parts or parts[0] == "-DOCSTART-":
                if block:
                    yield block
                block = []
                continue
            tag = parts[-1]
            if len(parts) < 2 or not (tag == "O" or tag[1:2] == "-"):
                raise SourceError(
                    f"{path}:{number}: expected a token and a tag such as O or B-PER, "
                    f"got {line.strip()[:60]!r}"
                )
            block.append((parts[0], tag))
    if block:
        yield block


def _runs(tags: list[str]) -> Iterator[tuple[int, int, str]]:
    """First and last token, and type, of each entity."""
    first, label = -1, ""
    for i, tag in enumerate([*tags, "O"]):
        goes_on = label and tag[2:] == label and tag[0] not in _BEGINS
        if label and not goes_on:
            yield first, i - 1, label
            label = ""
        if tag != "O" and not goes_on:
            first, label = i, tag[2:]
