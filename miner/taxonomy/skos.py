"""Taxonomies in SKOS, the W3C's form of thesauri, in any serialisation that rdflib reads.

A concept's preferred label is its name, definition or scope note its description, alternative
labels its terms, `broader` (or the other way, `narrower`) its parent. English is preferred, then no
language, then any. A concept with several broader ones keeps the first by id, and that is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.errors import MissingExtraError, TaxonomyError
from miner.taxonomy.load import Entry, Problem, Reading
from miner.types import Node

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS = {
    ".ttl": "turtle",
    ".rdf": "xml",
    ".owl": "xml",
    ".nt": "nt",
    ".jsonld": "json-ld",
    ".skos": "turtle",
}


def read_skos(text: str, file: str, suffix: str) -> Reading:
    """The concepts of a SKOS file.

    Raises:
        MissingExtraError: rdflib is not installed.
        TaxonomyError: The file cannot be read, or has no concepts.
    """
    try:
        import rdflib
        from rdflib.namespace import RDF, SKOS
    except ImportError:
        raise MissingExtraError("rdflib", "skos", "reading SKOS") from None
    graph = rdflib.Graph()
    try:
        graph.parse(data=text, format=FORMATS[suffix])
    except Exception as error:  # noqa: BLE001 - each of rdflib's parsers raises its own kinds
        raise TaxonomyError(f"{file}: not valid {FORMATS[suffix]}: {error}") from None
    broader: dict[Any, set[Any]] = {c: set() for c in graph.subjects(RDF.type, SKOS.Concept)}
    for child, parent in graph.subject_objects(SKOS.broader):
        broader.setdefault(child, set()).add(parent)
    for parent, child in graph.subject_objects(SKOS.narrower):
        broader.setdefault(child, set()).add(parent)
    if not broader:
        raise TaxonomyError(f"{file}: has no skos:Concept")
    entries, problems = [], []
    for concept in sorted(broader, key=str):
        parents = sorted(map(str, broader[concept]))
        where = f"{file}, {concept}"
        if len(parents) > 1:
            told = f"several broader concepts; the first is kept: {', '.join(parents)}"
            problems.append(Problem(where, "two_parents", told))
        described = _one(graph.objects(concept, SKOS.definition)) or _one(
            graph.objects(concept, SKOS.scopeNote)
        )
        node = Node(
            str(concept),
            _one(graph.objects(concept, SKOS.prefLabel)) or str(concept).rsplit("/", 1)[-1],
            description=described,
            parent=parents[0] if parents else "",
            terms=tuple(sorted({str(label) for label in graph.objects(concept, SKOS.altLabel)})),
        )
        entries.append(Entry(node, where))
    return Reading("", entries, problems)


def _one(labels: Iterable[Any]) -> str:
    """The English label, else one without a language, else the first by language."""
    found = sorted(labels, key=lambda label: (_rank(label), str(label)))
    return str(found[0]) if found else ""


def _rank(label: Any) -> tuple[int, str]:
    language = str(getattr(label, "language", "") or "")
    return (0 if language.startswith("en") else 1 if not language else 2, language)
