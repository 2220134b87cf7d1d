"""The commands: each a few lines over the library.

Exit codes: 0 done, 1 error, 2 wrong use, 3 stopped and can be resumed.
"""

from __future__ import annotations

import errno
import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

from miner import recipe, terminal
from miner.errors import MinerError, Stopped, StoreError, UsageError, choices

if TYPE_CHECKING:
    from miner.job import Recipe
    from miner.run import Run
    from miner.store import Store

app = typer.Typer(
    name="miner",
    help="Turn a raw corpus into a grounded instruction-tuning data set.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set one key, as select.per_node=10."),
]
StoreOption = Annotated[Path | None, typer.Option("--store", help="Folder of the index.")]
RunOption = Annotated[Path | None, typer.Option("--run", help="Folder of the run.")]
LLMOption = Annotated[
    str | None, typer.Option("--llm", metavar="none|KIND|URL", help="The model's server or kind.")
]
ModelOption = Annotated[str | None, typer.Option("--model", help="The model's name there.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run a command; an error is one clear message and an exit code, never a traceback."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        terminal.error("interrupted; the same command goes on from here")
        sys.exit(Stopped.exit_code)
    except MinerError as error:
        terminal.error(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output has gone
        sys.exit(0)
    except OSError as error:
        terminal.error(str(error))
        sys.exit(Stopped.exit_code if error.errno in DISK_FULL else 1)


# -------------------------------------------------------------------------------- the jobs


@app.command()
def index(
    card: Annotated[str, typer.Argument(help="An index card, or the name of a shipped one.")],
    store: StoreOption = None,
    set_: Set = None,
) -> None:
    """Index a corpus: read, clean, deduplicate, embed, store, FAISS."""
    from miner.ingest import Card, ingest
    from miner.report import index_page

    settings = Card.read(card, _overrides(set_))
    folder = store or Path("store", settings.name)
    with terminal.progress() as progress:
        made = ingest(settings, folder, progress=progress)
        index_page.write(made)
    terminal.index_summary(made)


@app.command()
def search(
    store: Annotated[Path, typer.Argument(help="Folder of the index.")],
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Documents wanted.")] = 5,
    as_json: Json = False,
) -> None:
    """Search an index by meaning."""
    from miner.encoders import from_identity
    from miner.index import search as nearest
    from miner.store import Store

    opened = Store.open(store)
    encoder = from_identity(opened.manifest["encoder"])
    cosines, rows = nearest(opened, encoder.encode([query], query=True), k)
    ids = [opened.ids[row] for row in rows[0] if row >= 0]
    documents = opened.documents(ids)
    hits = [(float(cosine), documents[id]) for cosine, id in zip(cosines[0], ids, strict=False)]
    if as_json:
        for cosine, d in hits:
            _print_json({"cosine": cosine, "id": d.id, "title": d.title, "url": d.url})
    else:
        terminal.hits(hits)


@app.command()
def select(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    store: StoreOption = None,
    run: RunOption = None,
    set_: Set = None,
) -> None:
    """Select documents for every node of the recipe's taxonomy."""
    from miner import atomic, job

    settings, opened, folder = _prepare(recipe_name, store, run, _overrides(set_))
    with terminal.progress() as progress, atomic.lock(folder.path):
        taxonomy, selection = job.select(settings, opened, folder, progress)
    terminal.selection_table(taxonomy, selection)
    terminal.say(f"selection: {folder.path / 'selection.parquet'}")


@app.command()
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

    overrides = _overrides(set_) | _model(llm, model)
    settings, opened, folder = _prepare(recipe_name, store, run, overrides)
    with terminal.progress() as progress:
        job.mine(settings, opened, folder, progress)
    terminal.run_summary(folder, opened, recipe_name)


@app.command(name="try")
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

    overrides = _overrides(set_) | _model(llm, model)
    settings, opened, folder = _prepare(recipe_name, store, run, overrides)
    for trial in job.trials(settings, opened, folder, n, task):
        terminal.trial(trial)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    documents: Annotated[
        bool, typer.Option("--documents", help="The selected documents, instead of examples.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Where to; default in the run.")] = None,
    store: StoreOption = None,
) -> None:
    """Write a run's data set again, or the documents that it selected."""
    from miner.exports import dataset, standard
    from miner.exports import documents as selected
    from miner.run import Run

    opened = Run.open(run)
    source = _store_of(opened, store)
    if documents:
        where = selected.export_documents(opened, source, out or opened.path / "documents")
    else:
        settings = _recipe_of(opened)
        exports = standard() if settings.exports is None else settings.exports
        where = dataset.export(opened, source, exports, out)
    terminal.say(f"written: {where}")


@app.command()
def report(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    store: StoreOption = None,
) -> None:
    """Write the report of a run or an index again."""
    from miner.report import index_page, run_page

    opened = _open(where)
    page = (
        index_page.write(opened)
        if _is_store(opened)
        else run_page.write(opened, _store_of(opened, store))
    )
    terminal.say(f"written: {page}")


# ------------------------------------------------------------------------------- looking in


@app.command()
def show(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    id: Annotated[str | None, typer.Argument(help="An example, or a document.")] = None,
    store: StoreOption = None,
    as_json: Json = False,
) -> None:
    """Show an example with its evidence and all it came from, or a document."""
    from miner import lookup

    opened = _open(where)
    if _is_store(opened):
        document = lookup.document(opened, id)
        shown = lookup.as_table(document)
    else:
        origin = lookup.example(opened, _store_of(opened, store), id)
        shown = lookup.as_table(origin)
    if as_json:
        _print_json(shown)
    elif _is_store(opened):
        terminal.document(document)
    else:
        terminal.origin(origin)


@app.command()
def rejected(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    reason: Annotated[str, typer.Option("--reason", help="Only this reason.")] = "",
    n: Annotated[int, typer.Option("-n", min=1, help="Rows at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List what was turned away, with its reason."""
    from miner import lookup

    counts, rows = lookup.rejected(_open(where), reason, n)
    if as_json:
        for row in rows:
            _print_json(row)
    else:
        terminal.rejected(counts, rows)


@app.command()
def status(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    as_json: Json = False,
) -> None:
    """Say how far a run or an index has come. Reads only; safe while it is being made."""
    from miner import lookup

    state = lookup.status(where)
    if as_json:
        _print_json(state)
    else:
        terminal.table_of(state)


@app.command(name="list")
def list_(
    what: Annotated[str | None, typer.Argument(help="One group of parts.")] = None,
    as_json: Json = False,
) -> None:
    """List what can be named in a card or recipe, one line each."""
    groups = {
        "sources": "sources", "cleaners": "clean", "encoders": "encoders", "pickers": "select",
        "tasks": "tasks", "checks": "checks", "formats": "compose.formats", "llms": "llms",
        "exports": "exports", "engines": "engine",
    }  # fmt: skip
    if what is not None and what not in groups:
        raise UsageError(f"no group '{what}'; {choices(what, groups)}")
    found = {name: dict(recipe.kinds(groups[name])) for name in groups if what in (None, name)}
    if as_json:
        _print_json(found)
    else:
        terminal.parts(found)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Copy the shipped cards, recipes and sample into a folder, for editing."""
    import shutil

    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: is not empty")
    for name in ("indexes", "pipelines"):
        shutil.copytree(recipe.shipped_folder(name), folder / name)
    shutil.copytree(
        Path(__file__).parent / "sample", folder / "sample",
        ignore=shutil.ignore_patterns("__*"),
    )  # fmt: skip
    terminal.say(f"copied to {folder}: indexes/ pipelines/ sample/")
    terminal.say(f"next: cd {folder} && miner index indexes/quickstart.toml")


# ----------------------------------------------------------------------- arguments to objects


def _overrides(pairs: list[str] | None) -> dict[str, Any]:
    """`key=value` pairs; a value is read as TOML, or is text."""
    overrides: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {pair}: expected KEY=VALUE")
        try:
            overrides[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            overrides[key] = value
    return overrides


def _model(llm: str | None, model: str | None) -> dict[str, Any]:
    """The recipe's `llm` table from the two flags."""
    if llm is None:
        return {"llm.model": model} if model else {}
    if llm == "none":
        return {"llm": "none"}
    table = {"kind": "openai", "base_url": llm} if "://" in llm else {"kind": llm}
    return {"llm": table | ({"model": model} if model else {})}


def _prepare(
    name: str, store: Path | None, run: Path | None, overrides: dict[str, Any]
) -> tuple[Recipe, Store, Run]:
    from miner.job import Recipe
    from miner.run import Run
    from miner.store import Store

    settings = Recipe.read(name, overrides)
    folder = store or Path(settings.index or f"store/{settings.name}")
    if not folder.is_dir():
        raise StoreError(
            f"{folder}: no such index; make it by miner index CARD --store {folder}, "
            "or name another by --store"
        )
    return settings, Store.open(folder), Run(run or Path("runs", settings.name))


def _recipe_of(run: Run) -> Recipe:
    from miner.job import Recipe

    return Recipe.read(run.path / "recipe.toml")


def _store_of(run: Run, store: Path | None) -> Store:
    from miner.store import Store

    return Store.open(store or Path(recipe.read_json(run.path / "inputs.json")["store"]))


def _open(where: Path) -> Store | Run:
    from miner.run import Run
    from miner.store import Store

    if (where / "recipe.toml").is_file():
        return Run.open(where)
    return Store.open(where)


def _is_store(opened: Store | Run) -> bool:
    from miner.store import Store

    return isinstance(opened, Store)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
