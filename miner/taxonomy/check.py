"""What is questionable in a taxonomy without being an error, each with its place."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from miner.taxonomy.load import Problem, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from miner.types import Encoder, Taxonomy

CLOSE = 0.85
"""Cosine of two siblings' texts above which documents can hardly be told apart by them."""


def check(reading: Reading, taxonomy: Taxonomy, encoder: Encoder | None = None) -> list[Problem]:
    """Problems in the order of the file: of reading it, of names, descriptions and siblings.

    Args:
        reading: The file as read, with every node's place.
        taxonomy: Made of the reading.
        encoder: For the comparison of siblings, which is left out without one.
    """
    where = {entry.node.id: entry.where for entry in reading.entries}
    problems = [*reading.problems, *_names(taxonomy, where), *_descriptions(taxonomy, where)]
    if encoder:
        problems += _siblings(taxonomy, where, encoder)
    return problems


def _names(taxonomy: Taxonomy, where: dict[str, str]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for node in taxonomy.nodes:
        name = node.name.casefold()
        if name in first:
            told = f"'{node.name}' is also the name of {where[first[name]]}"
            yield Problem(where[node.id], "duplicate_name", told)
        first.setdefault(name, node.id)


def _descriptions(taxonomy: Taxonomy, where: dict[str, str]) -> Iterator[Problem]:
    for node in taxonomy.leaves:
        if not (node.description or node.terms or node.exemplars):
            told = f"'{node.name}' has nothing but its name to be found by"
            yield Problem(where[node.id], "no_description", told)


def _siblings(taxonomy: Taxonomy, where: dict[str, str], encoder: Encoder) -> Iterator[Problem]:
    import numpy as np

    families = defaultdict(list)
    for node in taxonomy.leaves:
        families[node.parent].append(node)
    texts = [f"{node.name}. {node.description}" for family in families.values() for node in family]
    ends = np.cumsum([len(family) for family in families.values()])
    spoken = np.split(encoder.encode(texts, query=True), ends[:-1])
    for family, vectors in zip(families.values(), spoken, strict=True):
        for later, earlier in np.argwhere(np.tril(vectors @ vectors.T, -1) > CLOSE):
            cosine = float(vectors[later] @ vectors[earlier])
            one, other = family[later], family[earlier]
            told = f"'{one.name}' and '{other.name}' ({where[other.id]}): cosine {cosine:.2f}"
            yield Problem(where[one.id], "close_siblings", told)
