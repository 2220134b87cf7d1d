"""Growing a job's tree: level by level with a model, or from the corpus without one.

It is part of a run like mining is: same ledger, same budget, resumed by running it again. What was
proposed, and what became of it, stands in the run's `tree.jsonl`; that file is the job's taxonomy
from then on, so a person may edit it (docs/glan.md) before documents are mined.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from miner.drive import drive
from miner.errors import RecipeError, TaxonomyError
from miner.ledger import Ledger
from miner.progress import Figures
from miner.session import Session
from miner.tasks.syllabus import syllabus_from
from miner.taxonomy.grow import Grow, grow_children
from miner.taxonomy.merge import keep_most_proposed, merge, merge_concepts
from miner.taxonomy.plans import Draw
from miner.taxonomy.reasons import NODES, explained
from miner.taxonomy.tree import (
    LEVELS,
    SESSION,
    Proposal,
    Tree,
    books,
    load_proposals,
    load_tree,
    proposals_of,
    save,
    tree_of,
    with_syllabi,
)
from miner.types import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from miner.job import Recipe
    from miner.progress import Progress
    from miner.run import Run
    from miner.store import Store
    from miner.taxonomy.grow import Growth
    from miner.types import Encoder, Mining, Taxonomy


MORE_DOCUMENTS = 4
"""Documents looked at for a subject that is wanted: three in four articles have no outline."""
NO_PLAN = frozenset({"no_syllabus", "plans_used_up"})
"""Reasons for which nothing was asked."""


def tree_path(run: Run) -> Path:
    """Where a run keeps its tree."""
    return run.path / "tree.jsonl"


def grown(
    job: Recipe,
    given: Taxonomy,
    store: Store,
    run: Run,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Tree:
    """The run's tree; it is grown from what is given if it isn't there yet.

    Args:
        job: Its table [grow] says how.
        given: What the tree grows from.
        store: Whose documents the tree may be made of.
        run: Where the tree is kept.
        progress: Told of every node and every reply.
        session: Of the job that this is a part of.

    Raises:
        RecipeError: The recipe doesn't say how to grow.
        Stopped: A budget, an outage or a signal ended it; the same call goes on from there.
        TaxonomyError: The tree was edited and is none any more.
    """
    path = tree_path(run)
    if path.is_file():
        return load_tree(path)
    if job.grow is None:
        raise RecipeError(f"{job.name}: has no table [grow]; it says which levels are grown")
    with Ledger.open(run.ledger) as ledger:
        growing = _Growing(job, job.grow, store, ledger, progress, session or Session(job.flow))
        proposals = growing.grow(list(proposals_of(with_syllabi(given))))
    if all(p.status != "kept" for p in proposals):
        why = "; ".join(
            f"{many} {reason} ({meaning})" if meaning else f"{many} {reason}"
            for many, reason, meaning in explained(_reasons(proposals), NODES)
        )
        raise TaxonomyError(f"{job.name}: nothing grew that can be used: {why}")
    tree = tree_of(given.name, proposals)
    save(path, given.name, proposals)
    return tree


def _reasons(proposals: Sequence[Proposal]) -> Counter[str]:
    return Counter(p.reason for p in proposals if p.reason)


def figures(run: Run) -> dict[str, Any]:
    """What a run's tree is: by level what was proposed, what became of it, and why."""
    name, proposals = load_proposals(tree_path(run))
    tree = tree_of(name, proposals)
    reasons = _reasons(proposals)
    sizes = tuple(tuple(len(s.concepts) for s in v) for v in tree.sessions.values())
    return {
        "name": name,
        "levels": books(proposals),
        "reasons": dict(sorted(reasons.items())),
        "syllabi": len(tree.sessions),
        "plans_available": len(Draw(sizes)) if sizes else 0,
    }


def harvest(run: Run, dollars: float, task: str = "syllabus_instruction") -> dict[str, Any]:
    """What a run made of its tree: plans used, questions answered or not, nodes reached, cost.

    Args:
        run: Mined.
        dollars: Spent by the run.
        task: Whose annotations count.
    """
    made = [a for a in run.annotations() if a.task == task]
    refused = Counter(
        row["reason"]
        for row in run.rejected()
        if row["task"] == task and row["subject"] == "annotation"
    )
    examples = Counter("/".join(e.node) for e in run.examples() if e.task == task)
    nodes = run.selection().nodes
    with_documents = sum(bool(node.chosen) for node in nodes)
    accepted = examples.total()
    return {
        "plans_used": len(made) + sum(n for why, n in refused.items() if why not in NO_PLAN),
        "answered": len(made),
        "grounded": sum(bool(a.meta.get("grounded")) for a in made),
        "ungrounded": sum(not a.meta.get("grounded") for a in made),
        "abstained": refused["abstained"],
        "rejected": dict(sorted(refused.items())),
        "asked_by": dict(Counter(str(a.meta.get("asked_by", "")) for a in made)),
        "nodes": len(nodes),
        "nodes_with_documents": with_documents,
        "nodes_with_examples": len(examples),
        "examples": accepted,
        "dollars_per_example": dollars / accepted if accepted else None,
    }


class _Growing:
    """A tree while it grows."""

    def __init__(
        self,
        job: Recipe,
        how: Grow,
        store: Store,
        ledger: Ledger,
        progress: Progress | None,
        session: Session,
    ) -> None:
        self.job, self.how, self.store, self.ledger = job, how, store, ledger
        self.progress = progress or (lambda *_: None)
        self.session = session
        session.begin(ledger)

    def grow(self, proposals: list[Proposal]) -> list[Proposal]:
        drafts: list[Proposal] = []
        if self.job.llm is None or self.how.from_corpus:
            if not proposals:
                raise RecipeError(
                    f"{self.job.name}: 'taxonomy' is empty, and so the corpus has "
                    "nothing to be attached to; give a taxonomy, or a model"
                )
            proposals = self._settled(proposals + list(self._from_corpus(proposals)))
        if self.job.llm is None:
            return proposals
        if self.how.from_corpus:
            proposals, drafts = _drafted(proposals)
        with self.session:
            for level in self.how.span():
                found = self._from_model(proposals, level, drafts)
                proposals = self._settled(proposals + found, level)
        return proposals + _replaced(drafts, proposals)

    def _settled(self, proposals: list[Proposal], *levels: str) -> list[Proposal]:
        """Merged and cut to size."""
        how = self.how
        for level in levels or ("subject", SESSION):
            most = how.most_sessions if level == SESSION else how.most_children
            proposals = merge(
                proposals,
                level,
                encoder=self._encoder if level != SESSION else None,
                cosine=how.merge,
                across=how.merge_across,
            )
            proposals = keep_most_proposed(proposals, level, most)
            if level == SESSION:
                proposals = merge_concepts(proposals)
        return proposals

    @property
    def _encoder(self) -> Encoder:
        from miner.encoders import from_identity

        return from_identity(self.store.manifest["encoder"])

    # -- with a model

    def _from_model(
        self, proposals: list[Proposal], level: str, drafts: Sequence[Proposal]
    ) -> list[Proposal]:
        """What is proposed below every node that is open, in the order of these nodes."""
        kept = any(p.status == "kept" for p in proposals)
        tree = tree_of(self.job.name, proposals) if kept else Tree(self.job.name, ())
        parents = open_nodes(tree, level, self.how.span())
        plans: dict[str, list[Node]] = {}
        for node in (p.node for p in drafts if level == SESSION):
            plans.setdefault(node.parent, []).append(node)
        found: dict[int, tuple[Proposal, ...]] = {}

        def minings() -> Iterator[tuple[int, Mining]]:
            for number, parent in enumerate(parents):
                path = tree.path(parent.id) if parent.id else ()
                plan = plans.get(parent.id, ())
                growth: Growth = grow_children(parent, path, level, self.how, plan)
                yield number, cast("Mining", growth)  # it returns proposals, not annotations

        watch = _Watch(self.session, len(parents))

        def tell(*_: object) -> None:
            self.progress(f"grow {level}", watch.done, watch.total, watch.figures)

        tell()
        for number, outcome in drive(
            minings(),
            self.job.llm,
            self.ledger,
            self.job.flow,
            self.store.secret,
            tell,
            self.session,
        ):
            found[number] = cast("tuple[Proposal, ...]", outcome.items)
            watch.take(found[number])
            tell()
        return list(itertools.chain.from_iterable(found[n] for n in range(len(parents))))

    # -- without one

    def _from_corpus(self, proposals: Sequence[Proposal]) -> Iterator[Proposal]:
        """Subjects and syllabi from the documents of every leaf without a syllabus."""
        from miner.select import select

        tree = tree_of(self.job.name, proposals)
        leaves = {n.id for n in open_nodes(tree, "subject") + open_nodes(tree, SESSION)}
        wanted = self.how.corpus_subjects
        settings = dataclasses.replace(self.job.select, per_node=wanted * MORE_DOCUMENTS)
        selection = select(self.store, tree, self._encoder, settings, self.job.seed)
        for done, node in enumerate(selection.nodes):
            self.progress("grow from the corpus", done, len(selection.nodes))
            if node.node not in leaves:
                continue
            documents = self.store.documents(c.document for c in node.chosen)
            made = 0
            for candidate in node.chosen:
                if made < wanted:
                    document = documents[candidate.document]
                    found = list(syllabus_from(document, tree[node.node], self.how.most_concepts))
                    made += found[0].status == "kept"
                    yield from found


class _Watch:
    """How far one level has come."""

    def __init__(self, session: Session, total: int) -> None:
        self.session, self.total, self.done = session, total, 0
        self.accepted = 0
        self.refused: Counter[str] = Counter()
        self._free = 0
        """Nodes that needed nobody, as an earlier call had asked: they tell of no price."""
        self._began, self._dollars = session.settled, session.dollars

    def take(self, proposals: Sequence[Proposal]) -> None:
        """Count what was proposed below one node."""
        self.done += 1
        self._free += self.session.settled == self._began
        self.accepted += sum(p.status == "kept" for p in proposals)
        self.refused.update(p.reason for p in proposals if p.reason)

    def figures(self) -> Figures:
        """All that can be said of this moment."""
        spent, share = self.session.settled_dollars - self._dollars, self._share()
        return Figures(
            requests=self.session.settled,
            in_flight=self.session.sending,
            accepted=self.accepted,
            rejected=self.refused.copy(),
            dollars=self.session.dollars,
            projected=self._dollars + spent / share if share else None,
            share=share,
            words=("nodes", "proposals"),
        )

    def _share(self) -> float:
        asked = self.total - self._free
        return (self.done - self._free) / asked if asked else 1.0


def _drafted(proposals: Sequence[Proposal]) -> tuple[list[Proposal], list[Proposal]]:
    """The proposals without the sessions that the corpus made, and these."""
    parts: tuple[list[Proposal], list[Proposal]] = ([], [])
    for p in proposals:
        made = (p.node.level, p.origin.how, p.status) == (SESSION, "corpus", "kept")
        parts[made].append(p)
    return parts


def _replaced(drafts: Sequence[Proposal], proposals: Sequence[Proposal]) -> list[Proposal]:
    """The corpus's sessions, pruned where the model's plan of the subject takes their place."""
    planned = {p.node.parent for p in proposals if p.status == "kept" and p.node.level == SESSION}
    return [
        dataclasses.replace(p, status="pruned", reason="refined") if p.node.parent in planned else p
        for p in drafts
    ]


def open_nodes(tree: Tree, level: str, grown_levels: Sequence[str] = ()) -> list[Node]:
    """The nodes that children of a level are wanted for: leaves above it, without a syllabus.

    What has children, or a syllabus, was given. Where the level before is grown as well, only its
    nodes are open: a discipline for which no subject was found gets no syllabus in their place.
    Where nothing is given, the first level grows from the root, whose id and name are empty.
    """
    if not len(tree):
        return [] if level in grown_levels[1:] else [Node("", "")]
    before = grown_levels[: grown_levels.index(level)] if level in grown_levels else ()
    below = set(LEVELS[LEVELS.index(level) :])
    return [
        node
        for node in tree.leaves
        if not tree.syllabus(node.id)
        and node.level not in below
        and (not before or node.level == before[-1])
    ]
