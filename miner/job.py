"""The mining job: select documents, mine them, check, compose, export, report.

A `Recipe` names the ingredients; `select` and `mine` do the work in a run's folder. To resume is to
run again: every paid reply comes from the ledger, and all else is a pure function of store, recipe
and replies (rounds.py).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from miner import atomic, recipe
from miner.changes import Beginning, told, untouched
from miner.compose import Compose
from miner.drive import Flow
from miner.errors import ChangedError, SelectionError, UnconfirmedError, UsageError
from miner.exemplars import Exemplars
from miner.exports.mix import Mix
from miner.judge import active_tasks, task_name
from miner.ledger import Ledger
from miner.rounds import Rounds
from miner.run import GRADES
from miner.select import Select
from miner.select.telling import silent, tell_grades
from miner.session import Session
from miner.taxonomy.grow import Grow
from miner.types import LLM, Check, Export, Task

if TYPE_CHECKING:
    from miner.changes import Change
    from miner.estimate import Estimate
    from miner.progress import Progress
    from miner.run import Run
    from miner.select.telling import Tell
    from miner.store import Store
    from miner.types import Selection, Taxonomy


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
    exemplars: Exemplars | None = None
    """What people accepted in an earlier run, shown to the model; None shows none."""
    checks: tuple[Check, ...] | None = None
    """None means the standard list."""
    compose: Compose = field(default_factory=Compose)
    exports: tuple[Export, ...] | None = None
    """None means messages, alpaca and sharegpt."""
    examples_per_node: int | None = None
    """Accepted examples wanted per node; None means that each quota counts documents."""
    mix: Mix = field(default_factory=Mix)
    """Which of the accepted examples go out: weights, shares, caps, nodes held out."""
    grow: Grow | None = None
    """How the taxonomy is grown first, if it is: docs/glan.md."""
    validation: float = 0.0
    test: float = 0.0
    """Shares of the documents, by hash of their group, that go to these splits."""
    split_by: Literal["document", "node"] = "document"
    """What is held out: documents of all nodes, or whole nodes with all their documents."""

    def __post_init__(self) -> None:
        if not self.tasks:
            raise ValueError("'tasks' is empty: a job without a task mines nothing")
        for name, many in Counter(map(task_name, self.tasks)).items():
            if many > 1:
                raise ValueError(
                    f"'tasks' has '{name}' {many} times, and rows could not tell them apart; "
                    "keep one, or make one of kind custom with another name"
                )
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
        ChangedError: The run was mined with another recipe or store.
    """
    begin(job, store, run)
    return _selected(job, store, run, progress, tell)


def begin(job: Recipe, store: Store, run: Run) -> None:
    """Bind a run's folder to a recipe and a store.

    Raises:
        ChangedError: It is bound to others, and work was done for them.
    """
    bound = _beginning(job, store)
    changes = bound.changes(run)
    if changes and not untouched(run):
        raise ChangedError(
            f"{run.path}: {told(changes)}; `miner run` says what the change costs and applies it; "
            "or give another folder by --run, or remove this one"
        )
    if changes or not run.begun:
        bound.write(run)


def mine(
    job: Recipe, store: Store, run: Run, progress: Progress | None = None, *, yes: bool = False
) -> Run:
    """Do the whole job into the run's folder; go on where an earlier call was stopped.

    A run that was begun with another recipe follows the change at once where every reply that it
    needs is in the ledger, and the same documents stay selected; otherwise only with `yes`.

    Raises:
        UnconfirmedError: The change costs something, and `yes` was not said; nothing was sent.
        ChangedError: It is one that needs another folder.
        BusyError: Another process works on the run.
        Stopped: A budget, an outage or a signal ended it; the same call goes on from there.
        UsageError: Every task needs a model, and there is none.
    """
    from miner.exports import standard as standard_exports
    from miner.exports.dataset import export
    from miner.report import run_page

    started, session = time.time(), Session(job.flow)
    if not active_tasks(job):
        names = ", ".join(map(task_name, job.tasks))
        raise UsageError(f"every task of this recipe needs a model ({names}): give one by --llm")
    with atomic.lock(run.path):
        bound = _beginning(job, store)
        changes = bound.changes(run)
        if changes and not yes and not untouched(run):
            _ask_first(job, store, run, changes)
        if not changes and run.finished and not _again(job, run):
            return run
        atomic.sweep(run.path)
        bound.write(run)
        taxonomy, selection = _selected(job, store, run, progress, session=session)
        with Ledger.open(run.ledger) as ledger:
            mining = Rounds(job, store, run, taxonomy, selection, ledger, progress, session)
            mining.fill()
            requests, dollars = ledger.books(), float(ledger.spent().dollars)
        manifest = mining.manifest() | {"requests": requests}
        if job.grow:
            from miner.growing import figures, harvest

            manifest["tree"] = figures(run) | harvest(run, dollars)
        timing = {"started": started, "seconds": time.time() - started}
        atomic.write_json(run.path / "manifest.json", manifest | {"state": "mined"})
        formats = standard_exports() if job.exports is None else job.exports
        export(run, store, formats, job.mix)
        run_page.write(run, store)
        atomic.write_json(
            run.path / "manifest.json", manifest | {"state": "done", "timing": timing}
        )
    return run


def _again(job: Recipe, run: Run) -> bool:
    """Whether a finished run is mined once more: if told to, or where replies were missing."""
    missing = run.manifest["rejected"].get("task", {}).get("not_in_ledger")
    return bool(job.flow.replay or job.flow.retry_failed or (job.llm and missing))


def _beginning(job: Recipe, store: Store) -> Beginning:
    return Beginning(
        recipe.dump(job),
        str(store.path),
        store.fingerprint,
        hashlib.sha256(repr(taxonomy_of(job)).encode()).hexdigest(),
    )


def _selected(
    job: Recipe,
    store: Store,
    run: Run,
    progress: Progress | None,
    tell: Tell = silent,
    session: Session | None = None,
) -> tuple[Taxonomy, Selection]:
    """The selection that lies in the folder; or make it, grade it and lay it there."""
    from miner.encoders import from_identity
    from miner.select.choose import work
    from miner.select.grade import grade

    taxonomy = _taxonomy(job, store, run, progress, session)
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


# -------------------------------------------------------------------------------- what it costs


def estimate(job: Recipe, store: Store, run: Run) -> Estimate | None:
    """What `mine` would ask next and cost; None without a model. Nothing is sent.

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
        return _estimate(job, store, run, _beginning(job, store).changes(run))


def _estimate(job: Recipe, store: Store, run: Run, changes: list[Change]) -> Estimate:
    taxonomy, selection = selection_to_try(job, store, run, changes)
    with Ledger.open(run.ledger) as ledger:
        return Rounds(job, store, run, taxonomy, selection, ledger).estimate()


def _ask_first(job: Recipe, store: Store, run: Run, changes: list[Change]) -> None:
    """Raise if a change of the recipe costs requests, or undoes the selection."""
    selects = any(change.selects for change in changes)
    grown = not job.grow or (run.path / "tree.jsonl").is_file()
    asks = job.llm is not None and not job.flow.replay and grown
    found = _estimate(job, store, run, changes) if asks else None
    if not selects and not (found and found.to_ask):
        return
    said = [told(changes)]
    ways = ["--yes goes on", "--run names another folder"]
    if selects:
        said.append("documents are selected again")
    if found and found.to_ask:
        said.append(f"to ask: {found.bill}")
        if not selects:
            ways.insert(1, "--replay uses only the replies that are there")
    raise UnconfirmedError(f"{run.path}: {'; '.join(said)}. Nothing was sent: {', '.join(ways)}")


def selection_to_try(
    job: Recipe, store: Store, run: Run, changes: list[Change]
) -> tuple[Taxonomy, Selection]:
    """The run's selection if it still holds; else one made for the occasion and not kept."""
    taxonomy = _taxonomy(job, store, run)
    if (run.path / "selection.json").is_file() and not any(c.selects for c in changes):
        return taxonomy, run.selection()
    from miner.encoders import from_identity
    from miner.select import select as choose

    encoder = from_identity(store.manifest["encoder"])
    return taxonomy, choose(store, taxonomy, encoder, job.select, job.seed)


def explained(
    job: Recipe, store: Store, taxonomy: Taxonomy, selection: Selection, document: str
) -> str:
    """Why a document was chosen or passed over, in one paragraph.

    Raises:
        SelectionError: No such document; one that indexing turned away is told of.
    """
    from miner.encoders import from_identity
    from miner.select.explain import explain

    if document not in store:
        for row in store.rejected():
            if row["id"] == document:
                detail = f" ({row['detail']})" if row["detail"] else ""
                raise SelectionError(
                    f"'{document}' is not in the index: it was turned away when that was made, "
                    f"as {row['reason']}{detail}"
                )

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


def _taxonomy(
    job: Recipe,
    store: Store,
    run: Run,
    progress: Progress | None = None,
    session: Session | None = None,
) -> Taxonomy:
    """The recipe's taxonomy, or the tree that the run grows from it."""
    given = taxonomy_of(job)
    if job.grow is None:
        return given
    from miner.growing import grown

    return grown(job, given, store, run, progress, session)
