"""SQuAD 2.0: extractive questions with offsets, and questions that the context does not answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from miner.checks.findings import finding_of
from miner.types import Answers, Example

SUFFIX = ".json"


def fits(example: Example) -> bool:
    """Questions whose answers are pieces of their passage, or that it does not answer."""
    finding = finding_of(example)
    return isinstance(finding, Answers) and _extractive(finding)


def rows(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """One article a document, with its passages and their questions."""
    articles: dict[str, dict[str, Any]] = {}
    for example in examples:
        finding = finding_of(example)
        if not isinstance(finding, Answers):
            continue
        text = finding.text
        title = example.title[0] if example.title else ""
        article = articles.setdefault(text.document, {"title": title, "paragraphs": {}})
        passage = article["paragraphs"].setdefault(
            (text.start, text.end), {"context": text.text, "qas": {}}
        )
        answers = [
            {"text": span.text, "answer_start": span.start - text.start} for span in finding.spans
        ]
        # Several renderings of one question are one question here.
        passage["qas"].setdefault(
            finding.question,
            {
                "id": example.id,
                "question": finding.question,
                "answers": answers,
                "is_impossible": not answers,
            },
        )
    for article in articles.values():
        paragraphs = [
            {"context": p["context"], "qas": list(p["qas"].values())}
            for p in article["paragraphs"].values()
        ]
        yield {"title": article["title"], "paragraphs": paragraphs}


def _extractive(finding: Answers) -> bool:
    """Whether every answer is a piece of the one passage, or there is none at all."""
    if finding.answer or finding.options or finding.context or finding.turns:
        return False
    text = finding.text
    return all(
        span.document == text.document and text.start <= span.start and span.end <= text.end
        for span in finding.spans
    )


def paste(name: str, files: Mapping[str, str]) -> tuple[str, str]:
    """How the files are read."""
    listed = ", ".join(f'"{split}": "{file}"' for split, file in files.items())
    return "load.py", (
        f'"""Read {name} as SQuAD 2.0."""\n\n'
        "from datasets import load_dataset\n\n"
        f'articles = load_dataset("json", data_files={{{listed}}}, field="data")\n'
    )
