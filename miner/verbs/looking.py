"""Verbs that only look: show, rejected, status, diff, list."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

from miner import recipe, terminal
from miner.errors import UsageError, choices
from miner.verbs.arguments import Json, StoreOption, find, print_json, store_of


def show(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    id: Annotated[str | None, typer.Argument(help="An example, or a document.")] = None,
    store: StoreOption = None,
    as_json: Json = False,
) -> None:
    """Show an example with its evidence and all it came from, or a document."""
    from miner import lookup
    from miner.store import Store

    opened = find(where)
    if isinstance(opened, Store):
        document = lookup.document(opened, id)
        show_it, shown = functools.partial(terminal.document, document), lookup.as_table(document)
    else:
        origin = lookup.example(opened, store_of(opened, store), id)
        show_it, shown = functools.partial(terminal.origin, origin), lookup.as_table(origin)
    if as_json:
        print_json(shown)
    else:
        show_it()


def rejected(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    reason: Annotated[str, typer.Option("--reason", help="Only this reason.")] = "",
    n: Annotated[int, typer.Option("-n", min=1, help="Rows at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List what was turned away, with its reason."""
    from miner import lookup

    counts, rows = lookup.rejected(find(where), reason, n)
    if as_json:
        for row in rows:
            print_json(row)
    else:
        terminal.rejected(counts, rows)


def status(
    where: Annotated[Path, typer.Argument(metavar="RUN|STORE", help="A run or an index.")],
    as_json: Json = False,
) -> None:
    """Say how far a run or an index has come. Reads only; safe while it is being made."""
    from miner import lookup

    state = lookup.status(where)
    if as_json:
        print_json(state)
    else:
        terminal.table_of(state)


def diff(
    before: Annotated[Path, typer.Argument(help="Folder of a run.")],
    after: Annotated[Path, typer.Argument(help="Folder of another.")],
    n: Annotated[int, typer.Option("-n", min=0, help="Lines a cause at most.")] = 3,
    as_json: Json = False,
) -> None:
    """Say which examples were added, removed or changed between two runs, and by what."""
    from miner.diff import compare
    from miner.run import Run

    found = compare(Run.open(before), Run.open(after))
    if as_json:
        print_json(found.as_table())
    else:
        terminal.differences(found, n)


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
        print_json(found)
    else:
        terminal.parts(found)


VERBS = {
    "show": show,
    "rejected": rejected,
    "status": status,
    "diff": diff,
    "list": list_,
}
