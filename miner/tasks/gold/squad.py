"""Reads questions and answers in the form of SQuAD 1.1 and 2.0, and of XQuAD."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from miner.errors import SourceError
from miner.tasks.finding import digest
from miner.types import Annotation, Answers, Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read(
    path: Path, *, language: str = "en", license: str = ""
) -> Iterator[tuple[Document, Annotation]]:
    """Paragraphs with a question each; of several answers to one question the first counts.

    The document's `meta["article"]` holds the article's title: parallel files go together by it.

    Raises:
        SourceError: It is no JSON of that form, or an answer does not stand at its offset.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path}: is no file in SQuAD's form: {error!r}") from error
    for a, article in enumerate(data):
        for p, paragraph in enumerate(article["paragraphs"]):
            document = Document(
                digest(path.name, a, p),
                paragraph["context"],
                source=path.name,
                title=str(article.get("title", "")).replace("_", " "),
                language=language,
                license=license,
                meta={"article": article.get("title", "")},
            )
            for qa in paragraph["qas"]:
                yield document, _annotation(path, document, qa)


def _annotation(path: Path, document: Document, qa: dict[str, object]) -> Annotation:
    answers = qa.get("answers") or []
    spans = []
    for answer in answers[:1] if isinstance(answers, list) else []:
        start, text = int(answer["answer_start"]), str(answer["text"])
        if document.text[start : start + len(text)] != text:
            raise SourceError(f"{path}: question {qa['id']}: its answer is not at offset {start}")
        spans.append(document.span(start, start + len(text)))
    whole = document.span(0, len(document.text))
    finding = Answers(whole, str(qa["question"]), tuple(spans))
    id = digest("squad", document.id, qa["id"])
    return Annotation(id, "reading_comprehension", "", (document.id,), finding)
