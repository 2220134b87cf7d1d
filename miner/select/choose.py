"""The whole of selecting, in its order: query, score, refine, de-duplicate, assign, pick.

Nothing is forced: a node that lacks documents above the floor stays underfilled and says why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from miner.errors import SelectionError
from miner.select.telling import silent
from miner.types import NodeSelection, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.select.membership import Members
    from miner.select.pools import Pools
    from miner.select.scoring import Scored
    from miner.select.settings import Corpus, Select
    from miner.select.telling import Tell
    from miner.select.worked import Worked
    from miner.types import Encoder, Node, Taxonomy


def select(
    store: Corpus, taxonomy: Taxonomy, encoder: Encoder, settings: Select, seed: int = 0
) -> Selection:
    """Select documents of a store for every leaf of a taxonomy.

    Args:
        store: Documents' ids and vectors.
        taxonomy: Its leaves are the nodes that documents are selected for.
        encoder: The one that made the store's vectors.
        settings: See `Select`.
        seed: Of the figures' random bound; what is selected depends on no chance but a picker's
            own.

    Raises:
        SelectionError: The store is empty or of another encoder, or an exemplar is unknown.
    """
    return work(store, taxonomy, encoder, settings, seed).selection


def work(
    store: Corpus,
    taxonomy: Taxonomy,
    encoder: Encoder,
    settings: Select,
    seed: int = 0,
    tell: Tell = silent,
) -> Worked:
    """As `select`, with what the selection was made from; `tell` is told what each step did."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from miner.select.before import earlier, selected_before
    from miner.select.constraints import read_constraints
    from miner.select.domain import gate as domain_gate
    from miner.select.pools import share_out
    from miner.select.queries import DOMAIN
    from miner.select.scoring import of_domain, score
    from miner.select.telling import tell_few, tell_pools, tell_scored, tell_unread
    from miner.select.unread import made_for, require_read
    from miner.select.worked import Worked

    if not len(store.ids):
        raise SelectionError("the index holds no document to select from")
    nodes = taxonomy.leaves
    domain, languages = settings.domain, made_for(encoder, settings)
    if domain:
        require_read(domain, languages)
    gate = domain_gate(store, encoder, domain, settings.duplicates) if domain else None
    alone = gate if nodes[0].id == DOMAIN else None
    if alone and domain:
        settings = replace(settings, floor=domain.floor)
        gate = replace(alone, probability=np.ones_like(alone.probability))  # the floor is the gate
    constraints = read_constraints(
        store, settings, selected_before(settings.exclude), gate, languages
    )
    before = earlier(settings.extend, store, nodes)
    if alone:
        scored = of_domain(store, alone, encoder, nodes, settings.labels)
    else:
        stay, free = before.all_rows, constraints.free
        scored = score(store, taxonomy, nodes, encoder, settings, free, stay, tell)
    tell_scored(tell, store, nodes, scored, constraints)
    tell_unread(tell, nodes, scored.unread, languages, constraints)
    if not alone:
        tell_few(tell, nodes, settings)
    pools = share_out(store, taxonomy, scored, constraints, settings, before)
    made, chosen = [], []
    with threadpool_limits(1, "blas"):  # a pool of hundreds is too small for threads to help
        for i in range(len(nodes)):
            node, rows = _select_node(i, nodes, store, scored, pools, settings, seed)
            made.append(node)
            chosen.append(rows)
    tell_pools(tell, pools, made)
    return Worked(Selection(tuple(made), scored.calibrated), nodes, scored, pools, chosen)


# ---------------------------------------------------------------------------------- one node


def _select_node(
    number: int,
    nodes: Sequence[Node],
    store: Corpus,
    scored: Scored,
    pools: Pools,
    settings: Select,
    seed: int,
) -> tuple[NodeSelection, list[int]]:
    import numpy as np

    from miner.select.account import Account
    from miner.select.figures import POPULATION, node_figures

    members, quota = scored.members, pools.quotas[number]
    account = Account(number, nodes, store, scored.queries[number], members, pools, settings)
    before, unread = pools.earlier.rows_of(number), scored.unread.get(number, "")
    fresh, rest = pick(
        store, pools.owned[number], max(0, quota - len(before)), members, number, settings
    )
    line = account.kept(quota) + account.taken(fresh, "chosen", len(before))
    spares = rest[: max(0, pools.spares(quota) - max(0, len(before) - quota))]
    line += account.taken(spares, "spare", len(line))
    rows = [*before, *fresh]
    chosen = rows[:quota]
    population = pools.population(number)
    figures = node_figures(
        store.vectors(np.sort(population[:POPULATION])),
        store.vectors(np.array(chosen, dtype=np.int64)),
        np.array([candidate.probability for candidate in line[: len(chosen)]]),
        settings.duplicates,
        seed,
    )
    node = NodeSelection(
        nodes[number].id,
        quota,
        len(population),
        (*line, *account.passed_over({*rows, *spares})),
        figures,
        "" if len(chosen) == quota else account.why_underfilled(len(chosen), unread),
    )
    return node, chosen


def pick(
    store: Corpus, owned: Sequence[int], quota: int, members: Members, node: int, settings: Select
) -> tuple[list[int], list[int]]:
    """The chosen rows in order of choice, and the rest, the surest first.

    The pool is cut near the quota: a picker that seeks coverage inherits its pool's precision.
    Quality is the margin, not the probability, which hardly tells the surest apart.
    """
    import numpy as np

    from miner.select.pools import shares

    cut = sorted(owned[: shares(settings.pool, quota)], key=store.ids.__getitem__)
    if not cut or not quota:
        return [], list(owned)
    rows = np.array(cut, dtype=np.int64)
    margins = np.maximum(members.margin_of(node, cut), 0)
    quality = (margins / max(float(margins.max()), 1e-6)).astype(np.float32)
    picked = settings.picker.pick(store.vectors(rows), quality, min(quota, len(cut)))
    chosen = rows[picked].tolist()
    taken = set(chosen)
    return chosen, [row for row in owned if row not in taken]
