"""Verbs that change an index that stands, and one that makes an encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from miner import terminal
from miner.errors import UsageError


def delete(
    store: Annotated[Path, typer.Argument(help="Folder of the index.")],
    id: Annotated[list[str] | None, typer.Option("--id", help="A document.")] = None,
    url: Annotated[list[str] | None, typer.Option("--url", help="All documents of a URL.")] = None,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="All documents of a domain and below.")
    ] = None,
    runs: Annotated[
        list[Path] | None, typer.Option("--runs", help="Remove what rests on them from this run.")
    ] = None,
) -> None:
    """Delete documents from an index, for good, and what rests on them from runs."""
    from miner import upkeep
    from miner.run import Run
    from miner.store import Store

    if not (id or url or domain):
        raise UsageError("say what to delete: --id, --url or --domain")
    opened = Store.open(store)
    found = upkeep.matching(opened, id or (), url or (), domain or ())
    if not found:
        raise UsageError(f"{store}: nothing matches")
    for path in runs or ():
        run = Run.open(path)
        for example in upkeep.resting_on(run, found):
            terminal.say(f"{path}: removed {example}")
        upkeep.remove_from(run, found)
    left = upkeep.delete(store, found)
    terminal.say(f"deleted {len(found)} documents, {len(left)} are left")
    terminal.say(f"their text is in the files until: miner compact {store}")


def compact(store: Annotated[Path, typer.Argument(help="Folder of the index.")]) -> None:
    """Write an index anew without the rows that were deleted."""
    from miner import upkeep

    made = upkeep.compact(store)
    terminal.say(f"{store}: {len(made)} documents")


def merge(
    stores: Annotated[list[Path], typer.Argument(help="Indexes of one encoder.")],
    into: Annotated[Path, typer.Option("--into", help="A new folder.")],
) -> None:
    """Make one index of several."""
    from miner import upkeep

    made = upkeep.merge(stores, into)
    terminal.say(f"{into}: {len(made)} documents")


encoder = typer.Typer(help="Encoders of one's own.", no_args_is_help=True)


@encoder.callback()
def _group() -> None:
    """Encoders of one's own."""


@encoder.command()
def distill(
    into: Annotated[Path, typer.Argument(help="A new folder, for kind = 'static'.")],
    dimensions: Annotated[int, typer.Option("--dimensions", min=2, max=384)] = 256,
) -> None:
    """Make a fast static encoder from MiniLM, for routing and filtering beforehand."""
    from miner.encoders.static import distill as make

    make(into, dimensions)
    terminal.say(f'{into}: in a card, [encoder] kind = "static", path = "{into}"')


VERBS = {"delete": delete, "compact": compact, "merge": merge}
GROUPS = {"encoder": encoder}
