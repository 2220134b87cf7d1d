"""The mining job: select documents, mine them, check, compose, export, report.

A `Recipe` names the ingredients; `select` and `mine` do the work in a run's folder. To resume is to
run again: every paid reply comes from the ledger, and all else is a pure function of store, recipe
and replies (rounds.py).
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic, recipe
from miner.compose import Compose
from miner.drive import Flow, drive
from miner.errors import ChangedError, RecipeError, UsageError, choices
from miner.judge import Judge, Judged, Place, active_tasks, case_of, mining_of, task_name
from miner.ledger import Ledger
from miner.rounds import Rounds
from miner.run import GRADES
from miner.select import Select
from miner.select.telling import silent, tell_grades
from miner.taxonomy.grow import Grow
from miner.types import LLM, Check, Export, Rejected, Reply, Request, Task

if TYPE_CHECKING:
    from miner.estimate import Estimate
    from miner.rounds import Progress
    from miner.run import Run
    from miner.select.telling import Tell
    from miner.store import Store
    from miner.types import Candidate, Mining, Selection, Taxonomy


FREE = ("store", "index", "flow.")
"""What may differ when a run is taken up again: a store that moved is the same store. The store's
content is compared by its fingerprint."""
REACHED = frozenset(
    {"kind", "path", "base_url", "api_key_env", "api_key_file", "structured", "max_tokens_field"}
    | {"prompt_price", "completion_price", "price_per_hour", "max_response_bytes", "discount"}
    | {"requests_per_batch", "open_requests", "poll_seconds"}
)
"""Keys of [llm] that say how a model is reached: they change no request in the ledger."""


@dataclass(frozen=True)
class Recipe:
    """A mining job. Every key of a recipe file is a field here, and the other way round."""

    name: str
    index: str = ""
    """Folder of the store; `--store` overrides it."""
    taxonomy: str = "general"
    """A taxonomy file, or the name of a shipped one; empty where [select.domain] is all, or where
    all is grown."""
    seed: int = 0
    pipeline: str = ""
    """An installed spaCy pipeline, used where it helps."""
    select: Select = field(default_factory=Select)
    tasks: tuple[Task, ...] = ()
    llm: LLM | None = None
    flow: Flow = field(default_factory=Flow)
    checks: tuple[Check, ...] | None = None
    """None means the standard list."""
    compose: Compose = field(default_factory=Compose)
    exports: tuple[Export, ...] | None = None
    """None means messages, alpaca and sharegpt."""
    examples_per_node: int | None = None
    """Accepted examples wanted per node; None means that each quota counts documents."""
    grow: Grow | None = None
    """How the taxonomy is grown first, if it is: docs/glan.md."""
    validation: float = 0.0
    test: float = 0.0
    """Shares of the documents, by hash of their group, that go to these splits."""

    def __post_init__(self) -> None:
        if not self.tasks:
            raise ValueError("'tasks' is empty: a job without a task mines nothing")
        if not (self.taxonomy or self.select.domain or self.grow):
            raise ValueError(
                "'taxonomy' is empty: only a recipe with [select.domain] or [grow] can do without"
            )
        if self.exports is not None and not self.exports:
            raise ValueError("'exports' is empty: leave the key out for the standard formats")
        if self.examples_per_node is not None and self.examples_per_node < 1:
            raise ValueError("'examples_per_node' must be at least 1")
        recipe.check_name(self.name)
        if self.seed < 0:
            raise ValueError("'seed' must be at least 0")
        if self.validation < 0 or self.test < 0 or self.validation + self.test >= 1:
            raise ValueError("'validation' and 'test' are shares whose sum is below 1")

    @classmethod
    def read(cls, name: str | Path, overrides: Mapping[str, Any] | None = None) -> Recipe:
        """A recipe from a file, or a shipped one by its name; `overrides` maps dotted keys."""
        return recipe.read(cls, recipe.locate(str(name), "pipelines"), overrides)


# ------------------------------------------------------------------------------- the verbs


def select(
    job: Recipe,
    store: Store,
    run: Run,
    progress: Progress | None = None,
    tell: Tell = silent,
) -> tuple[Taxonomy, Selection]:
    """Select documents for every node, or read what an earlier call selected.

    Writes selection.parquet, selection.json and grades.json into the run's folder.

    Args:
        job: What is wanted.
        store: What is selected from.
        run: Where the selection goes.
        progress: Called with the phase, what is done and what there is to do.
        tell: Called with a line on what each step did.

    Raises:
        ChangedError: The run was begun with another recipe or store.
    """
    from miner.encoders import from_identity
    from miner.select.choose import work
    from miner.select.grade import grade

    begin(job, store, run)
    taxonomy = _taxonomy(job, store, run, progress)
    if (run.path / "selection.json").is_file():
        selection = run.selection()
        if [n.node for n in selection.nodes] != [n.id for n in taxonomy.leaves]:
            raise ChangedError(
                f"{run.path}: its tree was changed after documents had been selected for it; "
                "give another folder by --run, with the tree in it"
            )
        return taxonomy, selection
    if progress:
        progress("select", 0, None)
    encoder = from_identity(store.manifest["encoder"])
    worked = work(store, taxonomy, encoder, job.select, job.seed, tell)
    if progress:
        progress("grade", 0, None)
    grades = grade(store, taxonomy, worked, encoder, job.select, job.seed)
    tell_grades(tell, grades)
    atomic.write_json(run.path / GRADES, grades)
    run.write_selection(worked.selection)
    return taxonomy, worked.selection


def mine(job: Recipe, store: Store, run: Run, progress: Progress | None = None) -> Run:
    """Do the whole job into the run's folder; go on where an earlier call was stopped.

    Raises:
        ChangedError: The run was begun with another recipe or store.
        BusyError: Another process works on the run.
        Stopped: A budget, an outage or a signal ended it; the same call goes on from there.
        UsageError: Every task needs a model, and there is none.
    """
    from miner.exports import standard as standard_exports
    from miner.exports.dataset import export
    from miner.report import run_page

    started = time.time()
    if not active_tasks(job):
        names = ", ".join(map(task_name, job.tasks))
        raise UsageError(f"every task of this recipe needs a model ({names}): give one by --llm")
    with atomic.lock(run.path):
        begin(job, store, run)
        if run.finished:
            return run
        atomic.sweep(run.path)
        taxonomy, selection = select(job, store, run, progress)
        with Ledger.open(run.ledger) as ledger:
            mining = Rounds(job, store, run, taxonomy, selection, ledger, progress)
            mining.fill()
            requests, dollars = ledger.books(), float(ledger.spent().dollars)
        manifest = mining.manifest() | {"requests": requests}
        if job.grow:
            from miner.growing import figures, harvest

            manifest["tree"] = figures(run) | harvest(run, dollars)
        timing = {"started": started, "seconds": time.time() - started}
        atomic.write_json(run.path / "manifest.json", manifest | {"state": "mined"})
        export(run, store, standard_exports() if job.exports is None else job.exports)
        run_page.write(run, store)
        atomic.write_json(
            run.path / "manifest.json", manifest | {"state": "done", "timing": timing}
        )
    return run


def estimate(job: Recipe, store: Store, run: Run) -> Estimate | None:
    """What the first round of `mine` would ask and cost; None without a model. Nothing is sent.

    The run's folder is not bound to this recipe by it.

    Raises:
        BusyError: Another process works on the run.
        UsageError: The recipe grows a tree, and there is none yet.
    """
    if job.llm is None:
        return None
    if job.grow and not (run.path / "tree.jsonl").is_file():
        raise UsageError(
            "the tree is yet to grow, and what follows depends on it: miner grow RECIPE"
        )
    with atomic.lock(run.path):
        taxonomy, selection = _selection_to_try(job, store, run)
        with Ledger.open(run.ledger) as ledger:
            rounds = Rounds(job, store, run, taxonomy, selection, ledger, None)
            return rounds.estimate(job.llm)


def begin(job: Recipe, store: Store, run: Run) -> None:
    """Write down what the run is made from; refuse if it was begun with something else."""
    import tomli_w

    resolved = tomli_w.dumps(recipe.dump(job))
    inputs = {
        "store": str(store.path),
        "content": store.fingerprint,
        "taxonomy": hashlib.sha256(repr(taxonomy_of(job)).encode()).hexdigest(),
    }
    if (run.path / "index.json").is_file():
        raise UsageError(f"{run.path}: is an index, not a run; give another folder by --run")
    recipe_file, inputs_file = run.path / "recipe.toml", run.path / "inputs.json"
    if recipe_file.is_file():
        _refuse_change(run, recipe.read_toml(recipe_file), recipe.dump(job))
        _refuse_change(run, atomic.read_json(inputs_file, *inputs), inputs)
    else:
        atomic.write_json(inputs_file, inputs)
        atomic.write_bytes(recipe_file, resolved.encode())


def _reached(key: str) -> bool:
    """Whether a key only says how a model is reached."""
    first, *parts = key.split(".")
    names = [part for part in parts if not part.isdigit()]
    return first == "llm" and bool(names) and names[-1] in REACHED


def _refuse_change(run: Run, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    old, new = _flat(before), _flat(now)
    changed = sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k))
    changed = [key for key in changed if not key.startswith(FREE) and not _reached(key)]
    if changed:
        key = changed[0]
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise ChangedError(
            f"{run.path}: was begun with {key} = {old.get(key)!r}, "
            f"now it is {new.get(key)!r}{more}; "
            "give another folder by --run, or remove this one"
        )


def _flat(table: Mapping[str, Any] | Sequence[Any], prefix: str = "") -> dict[str, Any]:
    items = table.items() if isinstance(table, Mapping) else enumerate(table)
    flat: dict[str, Any] = {}
    for key, value in items:
        if isinstance(value, Mapping) or (isinstance(value, list) and value):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def explained(
    job: Recipe, store: Store, taxonomy: Taxonomy, selection: Selection, document: str
) -> str:
    """Why a document was chosen or passed over, in one paragraph."""
    from miner.encoders import from_identity
    from miner.select.explain import explain

    encoder = from_identity(store.manifest["encoder"])
    return explain(store, taxonomy, encoder, job.select, selection, document)


def taxonomy_of(job: Recipe) -> Taxonomy:
    """The taxonomy that a recipe names, a file or a shipped one; or its domain as the only node."""
    from miner.select.domain import domain_taxonomy
    from miner.taxonomy.load import load
    from miner.taxonomy.tree import SESSION, Tree, with_syllabi

    if not job.taxonomy and job.select.domain:
        return domain_taxonomy(job.select.domain)
    if not job.taxonomy:
        return Tree(job.name, ())
    taxonomy = load(recipe.locate(job.taxonomy, "pipelines/taxonomies"))
    sessions = any(node.level == SESSION for node in taxonomy.nodes)
    return with_syllabi(taxonomy) if sessions else taxonomy


def _taxonomy(job: Recipe, store: Store, run: Run, progress: Progress | None = None) -> Taxonomy:
    """The recipe's taxonomy, or the tree that the run grows from it."""
    given = taxonomy_of(job)
    if job.grow is None:
        return given
    from miner.growing import grown

    return grown(job, given, store, run, progress)


# -------------------------------------------------------------------------------- trying out


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
        taxonomy, selection = _selection_to_try(job, store, run)
        with Ledger.open(run.ledger) as ledger:
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
                        [(name, mining)], job.llm, ledger, job.flow, store.secret
                    )
                    seconds = time.perf_counter() - began
                    cost = sum(getattr(reply, "cost", 0.0) for _, reply in exchanges)
                    judged = judge.judge(case, {name: outcome})
                    yield Trial(name, judged, tuple(exchanges), seconds, cost)


def _selection_to_try(job: Recipe, store: Store, run: Run) -> tuple[Taxonomy, Selection]:
    """The run's selection if it has one; else one made for the occasion and not kept."""
    from miner.encoders import from_identity
    from miner.select import select as choose

    taxonomy = _taxonomy(job, store, run)
    if (run.path / "selection.json").is_file():
        return taxonomy, run.selection()
    encoder = from_identity(store.manifest["encoder"])
    return taxonomy, choose(store, taxonomy, encoder, job.select, job.seed)


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
