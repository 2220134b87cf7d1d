"""Trying a recipe out: a few documents, and everything that passes between a task and its model."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner import atomic
from miner.drive import drive
from miner.errors import RecipeError, UsageError, choices
from miner.job import selection_to_try
from miner.judge import Judge, Judged, Place, active_tasks, case_of, mining_of, task_name
from miner.ledger import Ledger
from miner.session import Session
from miner.types import Rejected, Reply, Request

if TYPE_CHECKING:
    from miner.job import Recipe
    from miner.run import Run
    from miner.store import Store
    from miner.types import Candidate, Mining, Selection


@dataclass(frozen=True)
class Trial:
    """One task on one document, with everything that passed between."""

    task: str
    judged: Judged
    exchanges: tuple[tuple[Request, Reply | Rejected], ...]
    seconds: float
    cost: float


def trials(job: Recipe, store: Store, run: Run, n: int, task: str | None = None) -> Iterator[Trial]:
    """Mine the first `n` documents of the selection, one node after the other, writing no examples.

    Replies stay in the run's ledger, so that the run never pays for them again.

    Raises:
        RecipeError: The recipe has no task of that name.
    """
    tasks = {task_name(t): t for t in active_tasks(job)}
    if task is not None and task not in tasks:
        if task in map(task_name, job.tasks):
            raise UsageError(f"task '{task}' needs a model: give one by --llm")
        raise RecipeError(f"the recipe has no task '{task}' that can run; {choices(task, tasks)}")
    with atomic.lock(run.path):
        taxonomy, selection = selection_to_try(job, store, run, [])
        with Ledger.open(run.ledger) as ledger, Session(job.flow) as session:
            judge = Judge(job, taxonomy)
            nodes = {node.node: node for node in selection.nodes}
            for candidate in _round_robin(selection, n):
                place = Place.of(candidate, nodes[candidate.node], tasks.values())
                documents = store.documents(place.documents)
                for name in tasks if task is None else (task,):
                    case = case_of(job, documents, place, taxonomy, tasks[name])
                    exchanges: list[tuple[Request, Reply | Rejected]] = []
                    began = time.perf_counter()
                    mining = _overheard(mining_of(job, tasks[name], case), exchanges)
                    [(_, outcome)] = drive(
                        [(name, mining)],
                        job.llm,
                        ledger,
                        job.flow,
                        store.secret,
                        session=session,
                    )
                    seconds = time.perf_counter() - began
                    cost = sum(getattr(reply, "cost", 0.0) for _, reply in exchanges)
                    judged = judge.judge(case, {name: outcome})
                    yield Trial(name, judged, tuple(exchanges), seconds, cost)


def _round_robin(selection: Selection, n: int) -> list[Candidate]:
    """The best document of each node, then the second of each, until there are n."""
    ranks = itertools.zip_longest(*(node.chosen for node in selection.nodes))
    return [c for rank in ranks for c in rank if c is not None][:n]


def _overheard(mining: Mining, exchanges: list[tuple[Request, Reply | Rejected]]) -> Mining:
    """The same conversation, written down as it passes."""
    try:
        requests = next(mining)
        while True:
            replies = yield requests
            exchanges += zip(requests, replies, strict=True)
            requests = mining.send(replies)
    except StopIteration as stop:
        return list(stop.value)
