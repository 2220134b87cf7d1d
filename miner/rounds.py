"""Rounds of mining: documents in, judged annotations and examples out, every node filled or dry.

The target is *productive documents per node* (or accepted examples, by `examples_per_node`).
A round asks ceil(missing / acceptance rate so far) of a node's candidates in rank order; what it
accepts is decided in rank order too, so that neither the order in which replies arrive nor a kill
in between can change a byte.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner import recipe
from miner.drive import drive
from miner.estimate import Estimate, Estimator
from miner.extending import FOLDERS, Earlier
from miner.judge import Judge, Place, active_tasks, case_of, mining_of, task_name, unsupported
from miner.progress import Figures
from miner.run import dump_annotation, dump_example, load_example
from miner.session import Session
from miner.types import Candidate, NodeSelection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from miner.drive import Outcome
    from miner.job import Recipe
    from miner.ledger import Ledger
    from miner.progress import Progress
    from miner.run import Run
    from miner.store import Store
    from miner.types import Case, Mining, Selection, Taxonomy

    Place_ = tuple[int, str]
    Drive: TypeAlias = Callable[
        [Iterator[tuple["Place_", Mining]]], Iterator[tuple["Place_", Outcome]]
    ]

PART_CASES = 500
"""Documents whose results are written together."""


@dataclass
class _NodeState:
    """How far one node has come."""

    selection: NodeSelection
    queue: tuple[Candidate, ...]
    asked: int = 0
    productive: int = 0
    examples: int = 0


class Rounds:
    """Fills every node in rounds and writes what is settled, in rank order."""

    def __init__(
        self,
        job: Recipe,
        store: Store,
        run: Run,
        taxonomy: Taxonomy,
        selection: Selection,
        ledger: Ledger,
        progress: Progress | None = None,
        session: Session | None = None,
    ) -> None:
        self.job, self.store, self.run, self.taxonomy = job, store, run, taxonomy
        self.selection, self.ledger = selection, ledger
        self.progress = progress or (lambda *_: None)
        self.flow = job.flow
        if job.select.extend:
            self.flow = dataclasses.replace(job.flow, reuse=(*job.flow.reuse, job.select.extend))
        self.tasks = {task_name(task): task for task in active_tasks(job)}
        self.judge = Judge(job, taxonomy)
        self.nodes = [
            _NodeState(n, n.chosen + n.spares + unsupported(job, n)) for n in selection.nodes
        ]
        self.rows: dict[str, list[dict[str, Any]]] = {folder: [] for folder in FOLDERS}
        self.part = self.settled = self.earlier = 0
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.dry: Estimator | None = None
        self.session = session or Session(job.flow)

    def fill(self) -> None:
        """Rounds, until every node has what it wants or has nobody left to ask."""
        for folder in FOLDERS:
            for part in self.run.parts(folder):
                part.unlink()  # written again, the same
        self._carry_over()
        self.session.forgiven.clear()  # a tree's growing is no part of these books
        with self.session:
            while ask := self._next_round():
                self._mine_round(ask, self._drive)
        if any(self.rows.values()):
            self._end_part()

    def estimate(self) -> Estimate:
        """What would be asked next, and its cost; nothing is sent or written.

        Rounds are followed as far as all their replies are in the ledger.
        """
        if self.job.llm is None:
            raise AssertionError("an estimate without a model")
        self.dry = Estimator(self.job.llm, self.ledger, self.flow, self.store.secret)
        self._carry_over()
        while not self.dry.count and (ask := self._next_round()):
            self._mine_round(ask, self.dry.drive)
        return self.dry.result()

    def _carry_over(self) -> None:
        """Begin with the rows and counts of the run that is extended, if there is one."""
        if not self.job.select.extend:
            return
        earlier = Earlier.open(self.job.select.extend, self.store)
        for rows in earlier.parts():
            earlier.lend(self.ledger, rows)
            for row in rows["examples"]:
                self.judge.remember(load_example(row))
            self.rows = rows
            self._end_part()
        self.counts = earlier.counts()
        for node in self.nodes:
            node.asked, node.productive, node.examples = earlier.node(node.selection.node)
            self.earlier += node.asked

    def _next_round(self) -> list[tuple[_NodeState, Candidate]]:
        ask = []
        for node in self.nodes:
            many = min(self._wanted(node), len(node.queue) - node.asked)
            ask += [(node, c) for c in node.queue[node.asked : node.asked + many]]
            node.asked += many
        return ask

    def _wanted(self, node: _NodeState) -> int:
        """How many candidates to ask next: ceil(missing / what one has yielded so far)."""
        if self.job.examples_per_node is None:
            missing, got, first_guess = node.selection.quota - node.productive, node.productive, 1
        else:
            missing, got = self.job.examples_per_node - node.examples, node.examples
            first_guess = len(self.tasks)
        rate = max(got, 0.5) / node.asked if node.asked else first_guess
        return max(0, math.ceil(missing / rate))

    def _mine_round(self, ask: list[tuple[_NodeState, Candidate]], drive: Drive) -> None:
        cases: dict[int, Case] = {}
        outcomes: dict[int, dict[str, Outcome]] = {}
        next_up = 0
        self._tell()
        for (place, task), outcome in drive(self._minings(ask, cases)):
            outcomes.setdefault(place, {})[task] = outcome
            while len(outcomes.get(next_up, ())) == len(self.tasks):
                done = outcomes.pop(next_up)
                self._settle(ask[next_up][0], cases.pop(next_up), done)
                next_up += 1
                self._tell()

    def _drive(self, minings: Iterator[tuple[Place_, Mining]]) -> Iterator[tuple[Place_, Outcome]]:
        return drive(
            minings,
            self.job.llm,
            self.ledger,
            self.flow,
            self.store.secret,
            lambda *_: self._tell(),
            self.session,
        )

    def _minings(
        self, ask: list[tuple[_NodeState, Candidate]], cases: dict[int, Case]
    ) -> Iterator[tuple[Place_, Mining]]:
        tasks = self.tasks.values()
        for start in range(0, len(ask), PART_CASES):
            block = ask[start : start + PART_CASES]
            places = [Place.of(c, node.selection, tasks) for node, c in block]
            documents = self.store.documents(id for p in places for id in p.documents)
            for number, place in enumerate(places, start):
                if not (self.dry and self.dry.count):  # else no later case can be settled
                    cases[number] = case_of(self.job, documents, place, self.taxonomy)
                for name, task in self.tasks.items():
                    case = case_of(self.job, documents, place, self.taxonomy, task)
                    yield (number, name), mining_of(self.job, task, case)

    def _settle(self, node: _NodeState, case: Case, outcomes: Mapping[str, Outcome]) -> None:
        in_order = {name: outcomes[name] for name in self.tasks}
        judged = self.judge.judge(case, in_order, self._room(node))
        node.productive += bool(judged.examples)
        node.examples += len(judged.examples)
        self.rows["annotations"] += map(dump_annotation, judged.annotations)
        self.rows["examples"] += map(dump_example, judged.examples)
        self.rows["rejected"] += judged.rejected
        self.counts["tasks", "started"] += len(outcomes)
        self.counts.update(("tasks", state) for state in judged.tasks.values())
        self.counts.update({("made", what): n for what, n in judged.made.items()})
        self.counts.update(("rejected", r["subject"], r["reason"]) for r in judged.rejected)
        self.counts["accepted", "annotations"] += len(judged.annotations)
        self.counts["accepted", "examples"] += len(judged.examples)
        self.counts.update(("by_task", example.task) for example in judged.examples)
        self.counts["suspects", judged.suspicion] += bool(judged.suspicion)
        self.settled += 1
        if self.settled % PART_CASES == 0:
            self._end_part()

    def _room(self, node: _NodeState) -> int | None:
        if self.job.examples_per_node is not None:
            return self.job.examples_per_node - node.examples
        return 0 if node.productive >= node.selection.quota else None

    def _end_part(self) -> None:
        if not self.dry:
            for folder, rows in self.rows.items():
                self.run.write_part(folder, self.part, rows)
        self.rows = {folder: [] for folder in FOLDERS}
        self.part += 1

    # -- how far it has come

    def _tell(self) -> None:
        asked = sum(node.asked for node in self.nodes)
        self.progress("mine", self.settled + self.earlier, asked, self._figures)

    def _figures(self) -> Figures:
        session, share = self.session, self._share()
        rejected: Counter[str] = Counter()
        for key, n in self.counts.copy().items():
            if key[0] == "rejected":
                rejected[key[2]] += n
        return Figures(
            requests=session.settled,
            in_flight=session.sending,
            accepted=self.counts["accepted", "examples"],
            rejected=rejected,
            dollars=session.dollars,
            # Until something is asked, what comes was paid for by an earlier call.
            projected=session.settled_dollars / share if share and session.settled else None,
            share=share,
        )

    def _share(self) -> float:
        """How much there is of what can be had: quotas, less what nobody is left for."""
        wanted = self.job.examples_per_node
        have = there = 0
        for node in self.nodes:
            target = node.selection.quota if wanted is None else wanted
            got = node.productive if wanted is None else node.examples
            have += min(got, target)
            there += target if node.asked < len(node.queue) else min(got, target)
        return have / there if there else 1.0

    # -- the books

    def manifest(self) -> dict[str, Any]:
        """What the run was, and its books."""
        skipped = [task_name(t) for t in self.job.tasks if task_name(t) not in self.tasks]
        return {
            "name": self.job.name,
            "seed": self.job.seed,
            "pipeline": self.job.pipeline,
            "store": str(self.store.path),
            "store_manifest": self.store.manifest,
            "taxonomy": [dataclasses.asdict(node) for node in self.taxonomy.nodes],
            "calibrated": self.selection.calibrated,
            "extends": self.job.select.extend,
            "tasks": list(self.tasks),
            "tasks_skipped": skipped,
            "model": getattr(self.job.llm, "model", "") if self.job.llm else "",
            "checks": [recipe.kind_of(check) for check in self.judge.checks],
            "checks_off": self._checks_off(),
            "books": self._books(),
            "rejected": self._rejected(),
            "examples_by_task": self._tally("by_task"),
            "suspects": self._tally("suspects"),
            "forgiven": dict(sorted(self.session.forgiven.items())),
            "nodes": [self._node(node) for node in self.nodes],
            "versions": versions(),
        }

    def _checks_off(self) -> list[str]:
        from miner.checks import standard

        on = {recipe.kind_of(check) for check in self.judge.checks}
        return [kind for check in standard() if (kind := recipe.kind_of(check)) not in on]

    def _books(self) -> dict[str, dict[str, int]]:
        """Started = done + rejected + failed; made = accepted + rejected."""
        states = ("started", "done", "rejected", "failed")
        books = {"tasks": {state: self.counts["tasks", state] for state in states}}
        for what in ("annotations", "examples"):
            made, accepted = self.counts["made", what], self.counts["accepted", what]
            turned_away = sum(self._rejected().get(what.removesuffix("s"), {}).values())
            books[what] = {"made": made, "accepted": accepted, "rejected": turned_away}
        return books

    def _rejected(self) -> dict[str, dict[str, int]]:
        table: dict[str, dict[str, int]] = {}
        for key, n in sorted(self.counts.items()):
            if key[0] == "rejected":
                table.setdefault(key[1], {})[key[2]] = n
        return table

    def _tally(self, name: str) -> dict[str, int]:
        return {key[1]: n for key, n in sorted(self.counts.items()) if n and key[0] == name}

    def _node(self, node: _NodeState) -> dict[str, Any]:
        wanted = self.job.examples_per_node
        full = (
            node.productive >= node.selection.quota if wanted is None else node.examples >= wanted
        )
        reason = "" if full else node.selection.reason or "no_candidates_left"
        return {
            "node": node.selection.node,
            "quota": node.selection.quota,
            "chosen": len(node.selection.chosen),
            "asked": node.asked,
            "productive": node.productive,
            "accepted_examples": node.examples,
            "reason": reason,
        }


def versions() -> dict[str, str]:
    """The versions that the bytes of a run depend on."""
    import platform
    from importlib.metadata import version

    packages = ("corpus-miner", "numpy", "pyarrow", "spacy", "openai", "faiss-cpu")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
