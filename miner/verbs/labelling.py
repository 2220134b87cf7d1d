"""The verb that asks people which documents belong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from miner import terminal
from miner.errors import UsageError
from miner.verbs.arguments import StoreOption, find, recipe_of, store_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.job import Recipe
    from miner.select.labels import Label
    from miner.store import Store
    from miner.types import Candidate, Document, Selection, Taxonomy

SHOWN = 1500
"""Characters of a document that a person is shown to judge it by."""
SKIPPED = ""
"""Node of a label that is none."""


def label(
    where: Annotated[
        Path, typer.Argument(metavar="STORE|RUN", help="A run that has selected, or an index.")
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="Documents to label.")] = 100,
    labels: Annotated[
        Path | None, typer.Option(help="The labels file; beside the recipe if not given.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="With an index: what to select from it, for the occasion.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Say of documents near the floor whether they belong; membership is calibrated by that."""
    from miner.run import Run
    from miner.select.labels import read_labels, to_label

    opened = find(where)
    if isinstance(opened, Run):
        if recipe:
            raise UsageError(f"--recipe {recipe}: {where} is a run, and has its own")
        job = recipe_of(opened)
        documents, selection = store_of(opened, store), opened.selection()
        beside = opened.path / "labels.jsonl"
    else:
        documents = opened
        job, selection, beside = _for_the_occasion(opened, where, recipe)
    path = labels or beside
    known = read_labels(path) if path.is_file() else []
    asked = to_label(selection, n, job.seed, known)
    _ask_all(asked, documents, _taxonomy(job), known, path)
    _tell(selection, known, path, job.seed)


def _taxonomy(job: Recipe) -> Taxonomy:
    from miner.job import taxonomy_of

    return taxonomy_of(job)


def _for_the_occasion(
    store: Store, where: Path, name: str | None
) -> tuple[Recipe, Selection, Path]:
    """A selection of an index that is not kept, and where its labels go."""
    from miner import job
    from miner.encoders import from_identity
    from miner.select import select

    if not name:
        raise UsageError(
            f"{where}: is an index; select first (miner select RECIPE --run DIR) and label the "
            "run, or say what for: --recipe RECIPE"
        )
    settings = job.Recipe.read(name)
    encoder = from_identity(store.manifest["encoder"])
    found = select(store, job.taxonomy_of(settings), encoder, settings.select, settings.seed)
    file = Path(name)
    beside = file.parent if file.is_file() else Path()
    return settings, found, beside / f"{file.stem}.labels.jsonl"


def _ask_all(
    asked: Sequence[Candidate], store: Store, taxonomy: Taxonomy, known: list[Label], path: Path
) -> None:
    """Each answer is on disk, and among the known, before the next question."""
    documents = store.documents({c.document for c in asked})
    for number, candidate in enumerate(asked, 1):
        terminal.say(f"\n{number} of {len(asked)}")
        node = taxonomy[candidate.node]
        about = " > ".join(taxonomy.path(node.id))
        about += f" ({node.description})" if node.description else ""
        said = ask(candidate, documents[candidate.document], about)
        if said is None:
            break
        if said.node != SKIPPED:
            known.append(said)
            append(path, said)


def _tell(selection: Selection, known: Sequence[Label], path: Path, seed: int) -> None:
    """What the labels say of the chosen documents."""
    from miner.select.labels import FEWEST, precision, recalibrated

    hits, count, low, high = precision(selection, known)
    terminal.say(f"\n{len(known)} label{'' if len(known) == 1 else 's'}: {path}")
    if count:
        terminal.say(
            f"of the chosen that are labelled, {hits} of {count} belong: {hits / count:.2f}, "
            f"{low:.2f} to {high:.2f} (95 %)"
        )
    if found := recalibrated(selection, known, seed):
        terminal.say(
            f"membership fitted to the labels: of all chosen about {found.share:.2f} belong, "
            f"{found.low:.2f} to {found.high:.2f} (95 %); before it said {found.claimed:.2f}"
        )
    else:
        terminal.say(f"too few to fit membership to: at least {FEWEST}, some yes and some no")
    terminal.say(f'calibrate by them: labels = "{path}" under [select], in a new run')


def ask(candidate: Candidate, document: Document, about: str) -> Label | None:
    """One question on a document and what its node is about; None when they have had enough."""
    from miner.select.labels import Label

    terminal.say(terminal.safe(f"{document.title or document.id} {document.url}"))
    terminal.say(terminal.safe(document.text[:SHOWN]))
    question = f"Does it belong to '{terminal.safe(about)}'? y, n, s (skip), q"
    while (answer := _key(question)) not in {"y", "n", "s", "q"}:
        pass
    if answer == "s":
        return Label(candidate.document, SKIPPED, belongs=False)
    return None if answer == "q" else Label(candidate.document, candidate.node, answer == "y")


def _key(question: str) -> str:
    """One key at a terminal; elsewhere the first letter of a line."""
    import click

    if not sys.stdin.isatty():
        return str(typer.prompt(question)).strip().lower()[:1]
    click.echo(f"{question}: ", nl=False)
    key = click.getchar().lower()
    click.echo(key if key.isprintable() else "")
    return key


def append(path: Path, said: Label) -> None:
    """Add one label; each is on disk before the next is asked."""
    from miner.select.labels import dump_label

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(dump_label(said))


VERBS = {"label": label}
