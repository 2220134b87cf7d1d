"""Verbs on what is selected for: show, check, convert and induce a taxonomy; label documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from miner import terminal
from miner.errors import TaxonomyError, UsageError
from miner.verbs.arguments import StoreOption, find, recipe_of, store_of
from miner.verbs.growing import taxonomy as group

if TYPE_CHECKING:
    from miner.select.labels import Label
    from miner.types import Candidate, Document, Taxonomy

TaxonomyFile = Annotated[str, typer.Argument(metavar="TAXONOMY", help="A file, or a name.")]
Out = Annotated[Path, typer.Option("--out", help="The file to write, in our own TOML form.")]
SHOWN = 1500
"""Characters of a document that a person is shown to judge it by."""


def located(name: str) -> Path:
    """A taxonomy's file: a path, or one that is shipped."""
    from miner import recipe

    return recipe.locate(name, "pipelines/taxonomies")


@group.command()
def show(name: TaxonomyFile) -> None:
    """Print a taxonomy as a tree, with its counts per level."""
    from miner.taxonomy.load import load

    taxonomy = load(located(name))
    for node in taxonomy.nodes:
        indent = "  " * (len(taxonomy.path(node.id)) - 1)
        described = f": {node.description}" if node.description else ""
        terminal.say(terminal.safe(f"{indent}{node.name} [{node.id}]{described}")[:200])
    terminal.say(
        f"{taxonomy.name}: {len(taxonomy)} nodes, {len(taxonomy.children())} at the top, "
        f"{len(taxonomy.leaves)} at the bottom"
    )


@group.command()
def check(
    name: TaxonomyFile,
    siblings: Annotated[
        bool, typer.Option(help="Compare siblings by embedding, with all-MiniLM-L6-v2.")
    ] = True,
) -> None:
    """List what is questionable: equal names, nothing to go by, siblings too close together."""
    from miner.encoders.minilm import MiniLM
    from miner.taxonomy.check import check as find_problems
    from miner.taxonomy.load import load, read

    path = located(name)
    taxonomy = load(path)
    if path.suffix == ".jsonl":
        raise TaxonomyError(
            f"{path}: a grown tree is checked as it grows; see miner taxonomy review"
        )
    problems = find_problems(read(path), taxonomy, MiniLM() if siblings else None)
    for problem in problems:
        terminal.say(terminal.safe(f"{problem.where}: {problem.kind}: {problem.detail}"))
    terminal.say(f"{len(taxonomy)} nodes, {len(problems)} questionable")


@group.command()
def convert(name: TaxonomyFile, out: Out) -> None:
    """Write any taxonomy (table, outline, JSON, SKOS) in our own TOML form."""
    from miner.taxonomy.load import load

    save(load(located(name)), out)


@group.command()
def induce(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="An index.")],
    out: Out,
    levels: Annotated[str, typer.Option(help="Topics per level, the broadest first.")] = "8,40",
    seed: int = 0,
) -> None:
    """Find the topics of an index and write them as a taxonomy to edit."""
    from miner.store import Store
    from miner.taxonomy.induce import induce as find_topics

    try:
        sizes = [int(size) for size in levels.split(",")]
    except ValueError:
        raise UsageError(f"--levels {levels}: expected numbers, as 8,40") from None
    save(find_topics(Store.open(store), sizes, seed), out)


def save(taxonomy: Taxonomy, out: Path) -> None:
    """Write a taxonomy; an existing file is never overwritten, for people edit them."""
    from miner import atomic
    from miner.taxonomy.load import write

    if out.exists():
        raise UsageError(f"{out}: is there already; name another file by --out")
    if out.suffix != ".toml":
        raise UsageError(f"{out}: taxonomies are written as .toml")
    atomic.write_bytes(out, write(taxonomy).encode())
    terminal.say(f"{len(taxonomy)} nodes, {len(taxonomy.leaves)} at the bottom: {out}")


# --------------------------------------------------------------------------------- labels


def label(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run that has selected.")],
    n: Annotated[int, typer.Option("-n", min=1, help="Documents to label.")] = 100,
    labels: Annotated[
        Path | None, typer.Option(help="The labels file; labels.jsonl in the run if not given.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Say of documents near the floor whether they belong; membership is calibrated by that."""
    from miner import job
    from miner.run import Run
    from miner.select.labels import FEWEST, precision, read_labels, recalibrated, to_label

    opened = find(run)
    if not isinstance(opened, Run):
        raise UsageError(f"{run}: is an index; select first: miner select RECIPE --run DIR")
    path = labels or opened.path / "labels.jsonl"
    known = read_labels(path) if path.is_file() else []
    selection, recipe = opened.selection(), recipe_of(opened)
    asked = to_label(selection, n, recipe.seed, known)
    documents = store_of(opened, store).documents({c.document for c in asked})
    taxonomy = job.taxonomy_of(recipe)
    for number, candidate in enumerate(asked, 1):
        terminal.say(f"\n{number} of {len(asked)}")
        node = taxonomy[candidate.node]
        about = " > ".join(taxonomy.path(node.id))
        about += f" ({node.description})" if node.description else ""
        said = ask(candidate, documents[candidate.document], about)
        if said is None:
            break
        if not said.node:
            continue
        known.append(said)
        append(path, said)
    hits, count, low, high = precision(selection, known)
    terminal.say(f"\n{len(known)} labels: {path}")
    if count:
        terminal.say(
            f"of the chosen that are labelled, {hits} of {count} belong: {hits / count:.2f}, "
            f"{low:.2f} to {high:.2f} (95 %)"
        )
    if found := recalibrated(selection, known, recipe.seed):
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
    while (answer := typer.prompt(question).strip().lower()[:1]) not in {"y", "n", "s", "q"}:
        pass
    if answer == "s":
        return Label(candidate.document, "", belongs=False)
    return None if answer == "q" else Label(candidate.document, candidate.node, answer == "y")


def append(path: Path, said: Label) -> None:
    """Add one label; each is on disk before the next is asked."""
    from miner.select.labels import dump_label

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(dump_label(said))


VERBS = {"label": label}
