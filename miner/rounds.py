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
from miner.drive import Session, drive
from miner.estimate import Estimate, estimate
from miner.judge import Judge, Place, active_tasks, case_of, mining_of, task_name, unsupported
from miner.run import dump_annotation, dump_example
from miner.types import Candidate, NodeSelection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from miner.drive import Outcome
    from miner.job import Recipe
    from miner.ledger import Ledger
    from miner.run import Run
    from miner.store import Store
    from miner.types import LLM, Case, Mining, Selection, Taxonomy

    Progress: TypeAlias = Callable[[str, int, int | None], None]

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
        progress: Progress | None,
    ) -> None:
        self.job, self.store, self.run, self.taxonomy = job, store, run, taxonomy
        self.selection, self.ledger = selection, ledger
        self.progress = progress or (lambda _phase, _done, _total: None)
        self.tasks = {task_name(task): task for task in active_tasks(job)}
        self.judge = Judge(job, taxonomy)
        self.nodes = [
            _NodeState(n, n.chosen + n.spares + unsupported(job, n)) for n in selection.nodes
        ]
        self.rows: dict[str, list[dict[str, Any]]] = {
            "annotations": [],
            "examples": [],
            "rejected": [],
        }
        self.session = Session()
        self.part = self.settled = 0
        self.counts: Counter[tuple[str, ...]] = Counter()

    def fill(self) -> None:
        """Rounds, until every node has what it wants or has nobody left to ask."""
        for folder in self.rows:
            for part in self.run.parts(folder):
                part.unlink()  # written again, the same
        with Session() as self.session:
            while ask := self._next_round():
                self._mine_round(ask)
        self._write_part()

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

    def _mine_round(self, ask: list[tuple[_NodeState, Candidate]]) -> None:
        cases: dict[int, Case] = {}
        outcomes: dict[int, dict[str, Outcome]] = {}
        next_up = 0
        for (place, task), outcome in self._drive(ask, cases):
            outcomes.setdefault(place, {})[task] = outcome
            while len(outcomes.get(next_up, ())) == len(self.tasks):
                done = outcomes.pop(next_up)
                self._settle(ask[next_up][0], cases.pop(next_up), done)
                next_up += 1
                self.progress("mine", self.settled, sum(node.asked for node in self.nodes))

    def _drive(
        self, ask: list[tuple[_NodeState, Candidate]], cases: dict[int, Case]
    ) -> Iterator[tuple[tuple[int, str], Outcome]]:
        minings = self._minings(ask, cases)
        return drive(
            minings,
            self.job.llm,
            self.ledger,
            self.job.flow,
            self.store.secret,
            self.progress,
            self.session,
        )

    def _minings(
        self, ask: list[tuple[_NodeState, Candidate]], cases: dict[int, Case]
    ) -> Iterator[tuple[tuple[int, str], Mining]]:
        tasks = self.tasks.values()
        for start in range(0, len(ask), PART_CASES):
            block = ask[start : start + PART_CASES]
            places = [Place.of(c, node.selection, tasks) for node, c in block]
            documents = self.store.documents(id for p in places for id in p.documents)
            for number, place in enumerate(places, start):
                cases[number] = case_of(self.job, documents, place, self.taxonomy)
                for name, task in self.tasks.items():
                    case = case_of(self.job, documents, place, self.taxonomy, task)
                    yield (number, name), mining_of(self.job, task, case)

    def estimate(self, llm: LLM) -> Estimate:
        """What the first round would ask and cost; nothing is sent."""
        minings = self._minings(self._next_round(), {})
        return estimate(minings, llm, self.ledger, self.job.flow, self.store.secret)

    def _settle(self, node: _NodeState, case: Case, outcomes: Mapping[str, Outcome]) -> None:
        in_order = {name: outcomes[name] for name in self.tasks}
        judged = self.judge.judge(case, in_order, self._room(node))
        node.productive += bool(judged.examples)
        node.examples += len(judged.examples)
        self.rows["annotations"] += map(dump_annotation, judged.annotations)
        self.rows["examples"] += map(dump_example, judged.examples)
        self.rows["rejected"] += judged.rejected
        self.counts.update(("tasks", state) for state in judged.tasks.values())
        self.counts.update({("made", what): n for what, n in judged.made.items()})
        self.counts.update(("rejected", r["subject"], r["reason"]) for r in judged.rejected)
        self.counts["accepted", "annotations"] += len(judged.annotations)
        self.counts["accepted", "examples"] += len(judged.examples)
        self.counts.update(("by_task", example.task) for example in judged.examples)
        self.settled += 1
        if self.settled % PART_CASES == 0:
            self._write_part()

    def _room(self, node: _NodeState) -> int | None:
        if self.job.examples_per_node is not None:
            return self.job.examples_per_node - node.examples
        return 0 if node.productive >= node.selection.quota else None

    def _write_part(self) -> None:
        if any(self.rows.values()):
            for folder, rows in self.rows.items():
                self.run.write_part(folder, self.part, rows)
                rows.clear()
            self.part += 1

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
            "tasks": list(self.tasks),
            "tasks_skipped": skipped,
            "model": getattr(self.job.llm, "model", "") if self.job.llm else "",
            "checks": [recipe.kind_of(check) for check in self.judge.checks],
            "checks_off": self._checks_off(),
            "books": self._books(),
            "rejected": self._rejected(),
            "examples_by_task": self._tally("by_task"),
            "nodes": [self._node(node) for node in self.nodes],
            "versions": versions(),
        }

    def _checks_off(self) -> list[str]:
        from miner.checks import standard

        on = {recipe.kind_of(check) for check in self.judge.checks}
        return [kind for check in standard() if (kind := recipe.kind_of(check)) not in on]

    def _books(self) -> dict[str, dict[str, int]]:
        """Started = done + rejected + failed; made = accepted + rejected."""
        states = {state: self.counts["tasks", state] for state in ("done", "rejected", "failed")}
        books = {"tasks": {"started": self.settled * len(self.tasks), **states}}
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
        return {key[1]: n for key, n in sorted(self.counts.items()) if key[0] == name}

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
