"""Verbs on what is selected for: show, check, convert and induce a taxonomy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from miner import terminal
from miner.errors import TaxonomyError, UsageError
from miner.verbs.growing import taxonomy as group

if TYPE_CHECKING:
    from miner.types import Taxonomy

TaxonomyFile = Annotated[str, typer.Argument(metavar="TAXONOMY", help="A file, or a name.")]
Out = Annotated[Path, typer.Option("--out", help="The file to write, in our own TOML form.")]
MANY = 500
"""Nodes whose encoding takes so long that it is announced."""


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
    if siblings and len(taxonomy.leaves) > MANY:
        told = (
            f"encoding {len(taxonomy.leaves):,} nodes to compare siblings; --no-siblings leaves it"
        )
        terminal.note(told)
    problems = find_problems(read(path), taxonomy, MiniLM() if siblings else None)
    for problem in problems:
        terminal.say(terminal.safe(f"{problem.where}: {problem.kind}: {problem.detail}"))
    kinds = Counter(problem.kind for problem in problems).most_common()
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds)
    terminal.say(f"{len(taxonomy)} nodes, {len(problems)} questionable{listed and f': {listed}'}")


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
