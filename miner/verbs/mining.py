"""Verbs that select and mine: select, run, try, export, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from miner import live, terminal
from miner.errors import StoreError, UsageError
from miner.verbs.arguments import (
    LLMOption,
    Log,
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

if TYPE_CHECKING:
    from miner.estimate import Estimate
    from miner.job import Recipe
    from miner.run import Run


def select(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    store: StoreOption = None,
    run: RunOption = None,
    explain: Annotated[
        str | None, typer.Option(metavar="DOC", help="Say why this document was chosen or not.")
    ] = None,
    set_: Set = None,
    log: Log = "text",
) -> None:
    """Select documents for every node of the recipe's taxonomy."""
    from miner import atomic, job
    from miner.report import run_page

    settings, opened, folder = prepare(recipe_name, store, run, overrides(set_))
    with live.progress(log) as progress, atomic.lock(folder.path):
        taxonomy, selection = job.select(settings, opened, folder, progress, terminal.note)
    if explain:
        terminal.say(terminal.safe(job.explained(settings, opened, taxonomy, selection, explain)))
        return
    terminal.selection_table(taxonomy, selection)
    terminal.say(f"selection: {folder.path / 'selection.parquet'}")
    terminal.say(f"report: {run_page.write(folder, opened)}")


def run(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    store: StoreOption = None,
    run: RunOption = None,
    llm: LLMOption = None,
    model: ModelOption = None,
    budget: Annotated[
        float | None, typer.Option("--budget", metavar="DOLLARS", help="Most that may be spent.")
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Use the replies that are there; ask nobody.")
    ] = False,
    replies: Annotated[
        list[Path] | None, typer.Option("--replies", metavar="FILE", help="Answers of a batch.")
    ] = None,
    extend: Annotated[
        Path | None,
        typer.Option("--extend", metavar="RUN", help="Begin with the examples of that run."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Follow a changed recipe, whatever it says it costs.")
    ] = False,
    deadline: Annotated[
        float | None, typer.Option("--deadline", metavar="SECONDS", help="Stop after so long.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked and cost; send nothing.")
    ] = False,
    set_: Set = None,
    log: Log = "text",
) -> None:
    """Do a whole job: select, mine, check, export. The same command resumes it."""
    from miner import job

    keys = overrides(set_) | model_table(llm, model)
    keys |= {"flow.budget": budget} if budget is not None else {}
    keys |= {"flow.deadline_seconds": deadline} if deadline is not None else {}
    keys |= {"flow.replay": True} if replay else {}
    if extend is not None:
        keys |= {"select.extend": str(extend)}
        run = run or extend.with_name(f"{extend.name}-extended")
    settings, opened, folder = prepare(recipe_name, store, run, keys)
    if replies:
        _take_replies(settings, folder, replies)
    if dry_run:
        _print_estimate(job.estimate(settings, opened, folder))
        return
    with live.progress(log) as progress:
        job.mine(settings, opened, folder, progress, yes=yes)
    terminal.run_summary(folder, opened, recipe_name)


def _print_estimate(found: Estimate | None) -> None:
    """The outcome of a dry run."""
    if found is None:
        terminal.say("no model: nothing would be asked")
        return
    terminal.say(f"in the ledger: {found.in_ledger} requests")
    terminal.say(f"first requests to ask: {found.requests}")
    for task, need in found.to_ask.items():
        terminal.say(f"  {terminal.safe(task)}: {need.requests}, {found.price(need.dollars)}")
    terminal.say(
        f"prompts: about {found.prompt_tokens} tokens; in all at most {found.tokens_bound}"
    )
    hint = "" if found.priced else "; give prompt_price and completion_price in [llm]"
    terminal.say(f"cost: {found.price(found.dollars)}{hint}")
    if found.requests:
        known = "not known before the first replies"
        if found.seconds is not None:
            known = f"about {found.seconds:.0f} s, by earlier replies"
        terminal.say(f"time: {known}")
    terminal.say("later requests of a task depend on these; nothing was sent")


def _take_replies(settings: Recipe, folder: Run, replies: list[Path]) -> None:
    """Write the answers of a batch into the run's ledger."""
    from miner import atomic
    from miner.ledger import Ledger
    from miner.llms.batch_file import take_replies

    with atomic.lock(folder.path), Ledger.open(folder.ledger) as ledger:
        counts = take_replies(ledger, replies, settings.llm)
    found = ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
    terminal.say(f"replies: {found or 'none'}")


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
    from miner import trying

    keys = overrides(set_) | model_table(llm, model)
    settings, opened, folder = prepare(recipe_name, store, run, keys)
    for trial in trying.trials(settings, opened, folder, n, task):
        terminal.trial(trial)


def export(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    documents: Annotated[
        bool, typer.Option("--documents", help="The selected documents, instead of examples.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the documents go; default in the run.")
    ] = None,
    to: Annotated[
        str, typer.Option("--to", help="A trainer (trl, axolotl, llama-factory ...), or hub.")
    ] = "",
    repository: Annotated[
        str, typer.Option("--repository", metavar="OWNER/NAME", help="Where --to hub sends it.")
    ] = "",
    push: Annotated[bool, typer.Option("--push", help="Send it, instead of saying what.")] = False,
    grounded: Annotated[
        bool, typer.Option("--grounded", help="Leave out what rests on no document.")
    ] = False,
    store: StoreOption = None,
    set_: Set = None,
) -> None:
    """Write a run's data set again, a trainer's files, or the documents that it selected.

    With --to, --set KEY=VALUE sets licenses, allow_unknown_license, min_pass_rate, tokenizer, and
    beyond the recipe's [mix]: weights.TASK, most.TASK, levels.LEVEL, per_document, per_skeleton,
    hold_out.
    """
    from miner.exports import dataset, standard
    from miner.exports import documents as selected
    from miner.run import Run

    if out and not documents:
        raise UsageError("--out goes with --documents; a run's data set lies in its own folder")
    opened = Run.open(run)
    if not documents and not opened.finished:
        raise StoreError(
            f"{run}: is unfinished; the same `miner run` goes on from where it stopped"
        )
    if to:
        keys = overrides(set_) | ({"grounded": True} if grounded else {})
        _export_to(to, opened, keys, repository, store, push=push)
        return
    source = store_of(opened, store)
    if documents:
        where = selected.export_documents(opened, source, out or opened.path / "documents")
    else:
        settings = recipe_of(opened)
        exports = standard() if settings.exports is None else settings.exports
        where = dataset.export(opened, source, exports, settings.mix, grounded=grounded)
    terminal.say(f"written: {where}")


def _export_to(
    to: str, run: Run, keys: dict[str, Any], repository: str, store: Path | None, *, push: bool
) -> None:
    """A trainer's files, or a repository of the hub."""
    from miner import recipe
    from miner.exports import hub, lean

    # The recipe's own mixture, which --set changes.
    table: dict[str, Any] = {"to": "trl" if to == "hub" else to} | recipe.dump(recipe_of(run).mix)
    for key, value in keys.items():
        recipe.override(table, key, value)
    settings = recipe.build(lean.Lean, table, "--set")
    if to != "hub":
        terminal.say(f"written: {lean.export_lean(run, settings)}")
        return
    upload = hub.prepare(run, store_of(run, store), repository, settings)
    for name, size in upload.files:
        terminal.say(f"{size:>12,}  {name}")
    if push:
        terminal.say(f"sent: {hub.push(upload)}")
    else:
        terminal.say(
            f"to {upload.repository}: {upload.bytes:,} bytes; --push sends them, privately"
        )


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
