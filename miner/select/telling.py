"""What each step of a selection did, a line each, in numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.select.constraints import Constraints
    from miner.select.pools import Pools
    from miner.select.scoring import Scored
    from miner.select.settings import Corpus, Select
    from miner.types import Node, NodeSelection

Tell = Callable[[str], None]
"""Takes one line."""
FEW = 12
"""Nodes from which a taxonomy names rivals enough for a node that the corpus lacks to stay short
(docs/selection.md, "Few nodes")."""


def silent(line: str) -> None:
    """Tells nobody."""


def tell_scored(
    tell: Tell, store: Corpus, nodes: Sequence[Node], scored: Scored, constraints: Constraints
) -> None:
    """The end of scoring: how many documents may belong anywhere, and how many are barred."""
    import numpy as np

    documents, members = len(scored.ranked.nodes), scored.members
    if near := scored.candidates:
        tell(
            f"candidates: {documents:,} of {len(store.ids):,} documents, the {near.reach:,} that "
            "the index's FAISS finds nearest to each node"
        )
    some = len(np.unique(members.rows))
    sure = "calibrated by labels" if scored.calibrated else "uncalibrated"
    tell(
        f"scored: {documents:,} documents against {_count(len(nodes), 'node')}; {some:,} may "
        f"belong to one or more, {documents - some:,} to none; membership is {sure}"
    )
    if constraints.barred is not None:
        counts = np.bincount(constraints.barred, minlength=len(constraints.reasons))
        listed = ", ".join(
            f"{count:,} {reason}"
            for reason, count in zip(constraints.reasons, counts.tolist(), strict=True)
            if reason and count
        )
        tell(f"barred: {len(store.ids) - int(counts[0]):,} documents ({listed})")


def tell_few(tell: Tell, nodes: Sequence[Node], settings: Select) -> None:
    """That little speaks against a document where there are few other nodes that it could be of."""
    if len(nodes) < FEW and not settings.labels:
        tell(
            f"few nodes: {_count(len(nodes), 'node')} say little of what else the corpus holds, so "
            "that one may fill with documents nearest to it and yet not about it: read the texts "
            "of the page, label some (miner label), or raise background (now "
            f"{settings.background:g})"
        )


def tell_unread(
    tell: Tell,
    nodes: Sequence[Node],
    unread: Mapping[int, str],
    languages: Sequence[str],
    constraints: Constraints,
) -> None:
    """What the encoder was not made to read, and what to do about it."""
    from miner.select.unread import UNREAD, foreign_nodes

    documents = 0
    if constraints.barred is not None and UNREAD in constraints.reasons:
        documents = int((constraints.barred == constraints.reasons.index(UNREAD)).sum())
    made = f"the encoder was made for {', '.join(languages)}"
    if documents or unread:
        tell(
            f"unread: {documents:,} documents and {_count(len(unread), 'node')} are left out: "
            f"{made}; index with an encoder that reads them, or say any_language = true"
        )
    if foreign := foreign_nodes(nodes, languages):
        listed = ", ".join(f"{count:,} in {language}" for language, count in foreign.items())
        tell(f"nodes in another language ({listed}): {made}, and reads them by half at best")


def tell_pools(tell: Tell, pools: Pools, made: Sequence[NodeSelection]) -> None:
    """The end of sharing out and picking: places, repeats, spares, and what stays short."""
    above = sum(node.population for node in made)
    tell(
        f"pooled: {above:,} memberships reach the floor of {pools.settings.floor:.2f}; "
        f"{len(pools.repeats):,} documents looked at repeat others; {len(pools.owner):,} documents "
        "have an owner"
    )
    chosen, asked = sum(len(node.chosen) for node in made), sum(pools.quotas)
    spares = sum(len(node.spares) for node in made)
    short = sum(0 < len(node.chosen) < node.quota for node in made)
    empty = sum(not node.chosen and node.quota > 0 for node in made)
    tell(
        f"picked: {chosen:,} of {asked:,} documents wanted, and {spares:,} spares; "
        f"{_count(short, 'node')} short, {_count(empty, 'node')} empty"
    )


def tell_grades(tell: Tell, grades: Mapping[str, Any]) -> None:
    """The end of grading: coverage beside what chance and plain search would have given."""
    ways = grades["ways"]
    if ways["selected"]["coverage"] is None:
        return
    told = "; ".join(
        f"{name} {figures['coverage'] or 0:.3f} and {figures['membership'] or 0:.2f}"
        for name, figures in ways.items()
    )
    tell(
        f"graded: {grades['embedding']['texts']:,} texts by their words; coverage and membership: "
        f"{told}"
    )


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
