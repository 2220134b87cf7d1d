"""Verbs on trees: grow one, look at it, and let people vote on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from miner import live, terminal
from miner.errors import MinerError
from miner.verbs.arguments import (
    LLMOption,
    Log,
    ModelOption,
    RunOption,
    Set,
    StoreOption,
    model_table,
    overrides,
    prepare,
)


def grow(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    levels: Annotated[
        str | None, typer.Option(help="From which level to which, as subject..concept.")
    ] = None,
    store: StoreOption = None,
    run: RunOption = None,
    llm: LLMOption = None,
    model: ModelOption = None,
    set_: Set = None,
    log: Log = "text",
) -> None:
    """Grow a recipe's tree and stop, so that people can look it over before documents are mined."""
    from miner import atomic, job
    from miner.growing import figures, grown, tree_path
    from miner.taxonomy.reasons import told

    keys = overrides(set_) | model_table(llm, model)
    keys |= {"grow.levels": levels} if levels else {}
    settings, opened, folder = prepare(recipe_name, store, run, keys)
    with live.progress(log) as progress, atomic.lock(folder.path):
        job.begin(settings, opened, folder)
        grown(settings, job.taxonomy_of(settings), opened, folder, progress)
    found = figures(folder)
    terminal.say(_table(found["levels"]))
    for line in list(told(found))[1:]:
        terminal.say(terminal.safe(line))
    terminal.say(f"tree: {tree_path(folder)}")


taxonomy = typer.Typer(help="Trees and what people think of them.", no_args_is_help=True)
TreeFile = Annotated[Path, typer.Argument(metavar="TREE", help="A tree's file, tree.jsonl.")]


@taxonomy.command()
def review(
    tree: TreeFile,
    who: Annotated[str, typer.Option(help="Your name: each has a ballot of their own.")],
    level: Annotated[str | None, typer.Option(help="Only nodes of this level.")] = None,
) -> None:
    """Vote on a tree's nodes one by one: keep, remove, rename, merge, move, add below."""
    from miner import atomic
    from miner.taxonomy import votes
    from miner.taxonomy.names import slug
    from miner.taxonomy.tree import load_proposals

    _, proposals = load_proposals(tree)
    known = votes.votable(proposals)
    path = ballot_folder(tree) / f"{slug(who)}.toml"
    ballot = votes.read_ballot(path, known) if path.is_file() else votes.Ballot(who, ())
    voted = {vote.id for vote in ballot.votes if vote.vote != "add"}
    kept = [p for p in proposals if p.status == "kept"]
    open_ = [p for p in kept if level in (None, p.node.level) and p.node.id not in voted]
    terminal.say(HELP)
    for number, proposal in enumerate(open_, 1):
        terminal.say(f"\n{number} of {len(open_)}")
        for line in votes.shown(proposal, kept):
            terminal.say(terminal.safe(line))
        while True:
            answer = typer.prompt("  your vote [keep]", default="", show_default=False).strip()
            if answer in ("q", "quit"):
                terminal.say(f"{len(ballot.votes)} votes: {path}")
                return
            try:
                vote = votes.spoken(answer, proposal.node, known)
            except MinerError as problem:
                terminal.say(f"  {terminal.safe(str(problem))}")
                continue
            if vote in ballot.votes:
                terminal.say("  you voted so already")
                continue
            ballot = votes.Ballot(who, (*ballot.votes, vote))
            atomic.write_bytes(path, votes.dump_ballot(ballot))
            if vote.vote != "add" and "#" not in vote.id:
                break
            terminal.say(f"  noted: {terminal.safe(answer)}; and the node itself?")
    terminal.say(f"{len(ballot.votes)} votes: {path}")
    if not open_:
        terminal.say("nothing is left to vote on")


HELP = """Press Enter to keep a node, or type
  remove               the node and all that is below it
  rename NAME          give it another name
  merge ID             it is the same as that node
  move ID              it belongs below that node
  add NAME             something is missing below it
  drop CONCEPT         a key concept does not belong to the session
  quit                 go on another time: votes are kept as they are cast"""


@taxonomy.command()
def count(
    tree: TreeFile,
    out: Annotated[Path | None, typer.Option(help="Write the tree that comes of it here.")] = None,
) -> None:
    """Count everybody's votes on a tree, tell how far they agree, and carry out the majority's."""
    from miner.taxonomy import votes
    from miner.taxonomy.tree import load_proposals, save, tree_of

    name, proposals = load_proposals(tree)
    known = votes.votable(proposals)
    ballots = [votes.read_ballot(p, known) for p in sorted(ballot_folder(tree).glob("*.toml"))]
    tally = votes.count(proposals, ballots)
    agreement = "none to be had" if tally.alpha is None else f"{tally.alpha:.2f}"
    terminal.say(f"{tally.voters} voters; agreement (Krippendorff's alpha): {agreement}")
    for vote in tally.carried:
        terminal.say(f"  {vote.vote:7} {vote.id} {vote.to}".rstrip())
    for vote, why in tally.lost:
        terminal.say(f"  not done: {vote.vote} {vote.id} {vote.to}: {why.reason} {why.detail}")
    tree_of(name, tally.proposals)  # refuse before writing what would be no tree
    if out:
        save(out, name, tally.proposals)
        terminal.say(f"tree: {out}")


def ballot_folder(tree: Path) -> Path:
    """Where the ballots on a tree lie: beside it."""
    return tree.with_suffix(".votes")


def _table(levels: dict[str, dict[str, int]]) -> str:
    from miner.taxonomy.reasons import by_level

    columns = ("proposed", "kept", "merged", "pruned", "failed")
    lines = [f"{'level':12}" + "".join(f"{c:>10}" for c in columns)]
    lines += [
        f"{name:12}" + "".join(f"{n[c]:>10}" for c in columns) for name, n in by_level(levels)
    ]
    return "\n".join(lines)


VERBS = {"grow": grow}
GROUPS = {"taxonomy": taxonomy}
