"""Reads DocRED and Re-DocRED: documents with entities, mentions, and relations between entities."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from miner.errors import SourceError
from miner.tasks.finding import digest
from miner.tasks.gold.tokens import join
from miner.types import Annotation, Document, Entities, Entity, Relation, Relations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from miner.types import Span


def read(
    path: Path,
    *,
    names: Mapping[str, str] | None = None,
    license: str = "",
) -> Iterator[tuple[Document, Annotation]]:
    """Each document twice: with its entities, and with its relations.

    A relation's ends are the first mentions of its entities, as they stand in the text.

    Args:
        path: The JSON file.
        names: What a property or a type is called, such as {"P17": "country", "LOC": "place"}.
        license: Of the file.

    Raises:
        SourceError: It is no JSON of that form.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        labels = sorted({label["r"] for row in rows for label in row["labels"]})
        types = sorted({m["type"] for row in rows for entity in row["vertexSet"] for m in entity})
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path}: is no file in DocRED's form: {error!r}") from error
    named = dict(names or {})
    for number, row in enumerate(rows):
        text, places = _text(row["sents"])
        document = Document(
            digest(path.name, number),
            text,
            source=path.name,
            title=row["title"],
            language="en",
            license=license,
        )
        mentions = [[_span(document, places, m) for m in entity] for entity in row["vertexSet"]]
        whole = document.span(0, len(text))
        entities = Entities(
            whole,
            _entities(row["vertexSet"], mentions, named),
            tuple(named.get(t, t) for t in types),
        )
        relations = Relations(
            whole,
            _relations(row["labels"], mentions, named),
            tuple(named.get(r, r) for r in labels),
        )
        for task, finding in (("entities", entities), ("relations", relations)):
            id = digest(task, document.id)
            yield document, Annotation(id, task, "", (document.id,), finding)


def _text(sentences: list[list[str]]) -> tuple[str, list[list[tuple[int, int]]]]:
    """Sentences with a space between them, and the places of their tokens."""
    text, places = "", []
    for tokens in sentences:
        # A token of white space alone, or with a no-break space, would be lost or split.
        clean = [" ".join(token.split()) or "_" for token in tokens]
        piece, spans = join(clean)
        text += " " if text else ""
        places.append([(len(text) + a, len(text) + b) for a, b in spans])
        text += piece
    return text, places


def _span(document: Document, places: list[list[tuple[int, int]]], mention: dict[str, Any]) -> Span:
    first, last = mention["pos"]
    sentence = places[mention["sent_id"]]
    return document.span(sentence[first][0], sentence[last - 1][1])


def _entities(
    vertices: list[list[dict[str, Any]]], mentions: list[list[Span]], names: Mapping[str, str]
) -> tuple[Entity, ...]:
    items = {
        (span.start, span.end, m["type"]): Entity(span, names.get(m["type"], m["type"]))
        for entity, spans in zip(vertices, mentions, strict=True)
        for m, span in zip(entity, spans, strict=True)
    }
    return tuple(items[key] for key in sorted(items))


def _relations(
    labels: list[dict[str, Any]], mentions: list[list[Span]], names: Mapping[str, str]
) -> tuple[Relation, ...]:
    first = [min(spans, key=lambda span: span.start) for spans in mentions]
    items = {
        (first[x["h"]].start, first[x["t"]].start, x["r"]): Relation(
            first[x["h"]], names.get(x["r"], x["r"]), first[x["t"]]
        )
        for x in labels
    }
    return tuple(items[key] for key in sorted(items))
