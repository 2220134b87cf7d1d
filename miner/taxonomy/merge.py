"""One node for one thing: proposals with the same name, or nearly the same meaning, are merged.

The first that was proposed stays; those merged into it are kept on file with where they went. A
name is compared with those that stayed, never with those that went, so merging twice changes
nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from miner.taxonomy.names import fold
from miner.taxonomy.tree import SESSION, Proposal, prune
from miner.types import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.types import Encoder

MOST_TERMS = 20


def merge(
    proposals: Sequence[Proposal],
    level: str,
    *,
    encoder: Encoder | None = None,
    cosine: float = 0.93,
    across: bool = True,
) -> list[Proposal]:
    """Merge the kept proposals of one level.

    Args:
        proposals: Of all levels, in order of proposal.
        level: Only these are merged.
        encoder: Compares names by meaning; None compares them by their words alone.
        cosine: From which on two names mean the same; 1 leaves it to the words.
        across: Whether children of different parents are compared. Sessions never are.

    Returns:
        As many proposals, in the same order.
    """
    places = [i for i, p in enumerate(proposals) if p.status == "kept" and p.node.level == level]
    nodes = [proposals[i].node for i in places]
    across = across and level != SESSION
    leaders = _leaders(nodes, across=across)
    if encoder is not None and cosine < 1 and nodes:
        leaders = _by_meaning(nodes, leaders, encoder, cosine, across=across)
    result = list(proposals)
    moved: dict[str, str] = {}
    for place, leader in zip(places, leaders, strict=True):
        if places[leader] != place:
            host, guest = places[leader], proposals[place]
            result[place] = dataclasses.replace(guest, status="merged", into=nodes[leader].id)
            result[host] = _joined(result[host], guest)
            moved[guest.node.id] = nodes[leader].id
    for place, proposal in enumerate(result):  # what is below a guest goes along
        if proposal.status == "kept" and proposal.node.parent in moved:
            node = dataclasses.replace(proposal.node, parent=moved[proposal.node.parent])
            result[place] = dataclasses.replace(proposal, node=node)
    return _distinct_ids(result, level)


def _leaders(nodes: Sequence[Node], *, across: bool) -> list[int]:
    """For each node the first one whose name has the same words."""
    first: dict[tuple[str, str], int] = {}
    return [
        first.setdefault(("" if across else node.parent, fold(node.name)), i)
        for i, node in enumerate(nodes)
    ]


def _by_meaning(
    nodes: Sequence[Node], leaders: list[int], encoder: Encoder, cosine: float, *, across: bool
) -> list[int]:
    """Leaders in turn: each joins the nearest of those before it that stayed, if near enough."""
    import numpy as np

    own = [i for i, leader in enumerate(leaders) if leader == i]
    vectors = encoder.encode([nodes[i].name for i in own])
    groups: dict[str, list[int]] = {}
    moved: dict[int, int] = {}
    for row, i in enumerate(own):
        stayed = groups.setdefault("" if across else nodes[i].parent, [])
        cosines = vectors[stayed] @ vectors[row]
        if len(stayed) and cosines.max() >= cosine:
            moved[i] = own[stayed[int(np.argmax(cosines))]]
        else:
            stayed.append(row)
    return [moved.get(leader, leader) for leader in leaders]


def _joined(host: Proposal, guest: Proposal) -> Proposal:
    """The host with the guest's weight and topics, and its description where it had none."""
    known = {fold(term) for term in host.node.terms}
    new = [term for term in guest.node.terms if fold(term) not in known]
    room = MOST_TERMS - len(host.node.terms)
    node = dataclasses.replace(
        host.node,
        terms=host.node.terms + tuple(new[: max(0, room)]),
        description=host.node.description or guest.node.description,
    )
    origin = dataclasses.replace(host.origin, proposed=host.origin.proposed + guest.origin.proposed)
    return dataclasses.replace(host, node=node, origin=origin)


def _distinct_ids(proposals: list[Proposal], level: str) -> list[Proposal]:
    """Number ids that two different names share after they were made into slugs."""
    seen: Counter[str] = Counter()
    result = []
    for proposal in proposals:
        node = proposal.node
        if proposal.status == "kept":
            seen[node.id] += 1
            if (many := seen[node.id]) > 1 and node.level == level:
                node = dataclasses.replace(node, id=f"{node.id}-{many}")
                seen[node.id] += 1
        result.append(dataclasses.replace(proposal, node=node))
    return result


def keep_most_proposed(proposals: Sequence[Proposal], level: str, most: int) -> list[Proposal]:
    """Prune a node's children beyond so many, those first that were proposed least often.

    Of children that were proposed equally often the later go; in a syllabus the later always go,
    since its order is its plan.
    """
    families: dict[str, list[int]] = {}
    for i, proposal in enumerate(proposals):
        if proposal.status == "kept" and proposal.node.level == level:
            families.setdefault(proposal.node.parent, []).append(i)
    surplus: set[int] = set()
    for family in families.values():
        weight = (lambda _: 0) if level == SESSION else (lambda i: -proposals[i].origin.proposed)
        surplus.update(sorted(family, key=weight)[most:])
    return prune(proposals, {proposals[i].node.id: "surplus" for i in surplus})


def merge_concepts(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Leave a concept in the first session of a syllabus that teaches it.

    A session that is left without a concept is pruned. What went is on file, as a proposal of the
    level "concept".
    """
    taught: dict[tuple[str, str], str] = {}
    result: list[Proposal] = []
    for proposal in proposals:
        node = proposal.node
        if proposal.status != "kept" or node.level != SESSION:
            result.append(proposal)
            continue
        own: list[str] = []
        for term in node.terms:
            home = taught.setdefault((node.parent, fold(term)), node.id)
            if home == node.id and fold(term) not in {fold(t) for t in own}:
                own.append(term)
            else:
                gone = Node(f"{node.id}/{term}", term, "concept", parent=node.id)
                result.append(Proposal(gone, proposal.origin, "merged", into=home))
        kept = dataclasses.replace(node, terms=tuple(own))
        if own:
            result.append(dataclasses.replace(proposal, node=kept))
        else:
            result.append(
                dataclasses.replace(proposal, node=kept, status="pruned", reason="no_own_concepts")
            )
    return result
