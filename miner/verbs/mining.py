"""Verbs that select and mine: select, run, try, export, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from miner import terminal
from miner.errors import UsageError
from miner.verbs.arguments import (
    LLMOption,
    ModelOption,
    RunOption,
    Set,
    StoreOption,
    find,
    model_table,
    overrides,
    prepare,
    recipe_of,
    store_of,
)


def select(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    store: StoreOption = None,
    run: RunOption = None,
    set_: Set = None,
) -> None:
    """Select documents for every node of the recipe's taxonomy."""
    from miner import atomic, job

    settings, opened, folder = prepare(recipe_name, store, run, overrides(set_))
    with terminal.progress() as progress, atomic.lock(folder.path):
        taxonomy, selection = job.select(settings, opened, folder, progress)
    terminal.selection_table(taxonomy, selection)
    terminal.say(f"selection: {folder.path / 'selection.parquet'}")


def run(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    store: StoreOption = None,
    run: RunOption = None,
    llm: LLMOption = None,
    model: ModelOption = None,
    set_: Set = None,
) -> None:
    """Do a whole job: select, mine, check, export. The same command resumes it."""
    from miner import job

    keys = overrides(set_) | model_table(llm, model)
    settings, opened, folder = prepare(recipe_name, store, run, keys)
    with terminal.progress() as progress:
        job.mine(settings, opened, folder, progress)
    terminal.run_summary(folder, opened, recipe_name)


def try_(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    task: Annotated[str | None, typer.Option("--task", help="Only this task.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="Documents.")] = 5,
    store: StoreOption = None,
    run: RunOption = None,
    llm: LLMOption = None,
    model: ModelOption = None,
    set_: Set = None,
) -> None:
    """Mine a few documents and show everything: prompt, reply, spans, examples, verdicts."""
    from miner import job

    keys = overrides(set_) | model_table(llm, model)
    settings, opened, folder = prepare(recipe_name, store, run, keys)
    for trial in job.trials(settings, opened, folder, n, task):
        terminal.trial(trial)


def export(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    documents: Annotated[
        bool, typer.Option("--documents", help="The selected documents, instead of examples.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the documents go; default in the run.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Write a run's data set again, or the documents that it selected."""
    from miner.exports import dataset, standard
    from miner.exports import documents as selected
    from miner.run import Run

    if out and not documents:
        raise UsageError("--out goes with --documents; a run's data set lies in its own folder")
    opened = Run.open(run)
    source = store_of(opened, store)
    if documents:
        where = selected.export_documents(opened, source, out or opened.path / "documents")
    else:
        settings = recipe_of(opened)
        exports = standard() if settings.exports is None else settings.exports
        where = dataset.export(opened, source, exports)
    terminal.say(f"written: {where}")


def report(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    store: StoreOption = None,
) -> None:
    """Write the report of a run or an index again."""
    from miner.report import index_page, run_page
    from miner.store import Store

    opened = find(where)
    if isinstance(opened, Store):
        page = index_page.write(opened)
    else:
        page = run_page.write(opened, store_of(opened, store))
    terminal.say(f"written: {page}")


VERBS = {
    "select": select,
    "run": run,
    "try": try_,
    "export": export,
    "report": report,
}
