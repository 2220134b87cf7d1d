"""Gold: documents with what people found in them, from a file of a known form or from reviews."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from miner.checks.findings import finding_of
from miner.errors import SourceError, UsageError, choices
from miner.run import load_finding
from miner.tasks.gold import conll, docred, labels, squad
from miner.types import Annotation, Document, Finding

if TYPE_CHECKING:
    from miner.run import Run
    from miner.store import Store

NAMES: Mapping[str, Mapping[str, str]] = {
    "wikigold": {"PER": "person", "LOC": "place", "ORG": "organization", "MISC": "other"},
    "conll": {"PER": "person", "LOC": "place", "ORG": "organization", "MISC": "other"},
    "redocred": {"PER": "person", "LOC": "place", "ORG": "organization", "MISC": "other"},
}
"""What the labels of known sets are called in guidelines; `names` of a call adds to them."""

FORMS = ("wikigold", "conll", "redocred", "xquad", "squad", "labels", "findings")


def form_of(path: Path) -> str:
    """The form of a file, by what it holds: findings, squad, redocred, or columns of tags."""
    with path.open(encoding="utf-8", errors="replace") as file:
        head = file.read(2000).lstrip()
    if path.suffix == ".jsonl" or (head.startswith("{") and '"finding"' in head):
        return "findings" if '"finding"' in head else "labels"
    if head.startswith("["):
        return "redocred"
    return "squad" if head.startswith("{") else "conll"


@dataclass(frozen=True)
class Gold:
    """One document and what is true of it."""

    document: Document
    findings: tuple[Finding, ...]


def read(
    form: str, path: Path, names: Mapping[str, str] | None = None, language: str = "en"
) -> list[Gold]:
    """The gold of a file, a document with all of its findings together.

    Args:
        form: One of FORMS. `findings` is JSON lines of id, text and a finding as runs store it.
        path: The file.
        names: Label in the file to label in the guideline.
        language: Of questions; entities and relations are taken for English.

    Raises:
        UsageError: There is no such form.
        SourceError: The file is missing or not of that form.
    """
    if form not in FORMS:
        raise UsageError(f"--gold {form}; {choices(form, FORMS)}")
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    names = {**NAMES.get(form, {}), **(names or {})}
    documents: dict[str, Document] = {}
    findings: dict[str, list[Finding]] = {}
    for document, annotation in _rows(form, path, names, language):
        documents.setdefault(document.id, document)
        findings.setdefault(document.id, []).append(annotation.finding)
    return [Gold(documents[id], tuple(findings[id])) for id in documents]


def _rows(
    form: str, path: Path, names: Mapping[str, str], language: str
) -> Iterator[tuple[Document, Annotation]]:
    if form in {"wikigold", "conll"}:
        return conll.read(path, names=names)
    if form == "redocred":
        return docred.read(path, names=names)
    if form in {"xquad", "squad"}:
        return squad.read(path, language=language)
    return labels.read(path) if form == "labels" else _findings(path)


def _findings(path: Path) -> Iterator[tuple[Document, Annotation]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                document = Document(str(row["id"]), row["text"], language=row.get("language", ""))
                finding = load_finding(json.dumps(row["finding"]))
            except (ValueError, KeyError, TypeError) as error:
                raise SourceError(f"{path}:{number}: is no gold: {error!r}") from error
            yield document, Annotation(document.id, "gold", "", (document.id,), finding)


def of_reviews(run: Run, store: Store) -> list[Gold]:
    """What people accepted in a run, as a regression set: found once, to be found again.

    Raises:
        UsageError: Nobody has accepted anything.
    """
    from miner.verdicts import accepted

    findings: dict[str, list[Finding]] = {}
    for example in accepted(run):
        finding = finding_of(example)
        if finding is not None and len(example.documents) == 1:
            known = findings.setdefault(example.documents[0], [])
            if finding not in known:
                known.append(finding)
    if not findings:
        raise UsageError(f"{run.path}: nobody has accepted an example yet: miner review {run.path}")
    documents = store.documents(findings)
    return [Gold(documents[id], tuple(found)) for id, found in findings.items()]
