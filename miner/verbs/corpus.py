"""Verbs on a corpus and its index: index, search, init."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from miner import live, recipe, terminal
from miner.errors import UsageError
from miner.verbs.arguments import Json, Log, Set, StoreOption, overrides, print_json

if TYPE_CHECKING:
    from miner.projection import Projection


def index(
    card: Annotated[str, typer.Argument(help="An index card, or the name of a shipped one.")],
    store: StoreOption = None,
    set_: Set = None,
    update: Annotated[
        bool, typer.Option("--update", help="Take up what has changed in the corpus since.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Read no more than so many rows.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would become of the first rows.")
    ] = False,
    engine: Annotated[
        str, typer.Option("--engine", metavar="local|ray", help="Where shards run.")
    ] = "local",
    shards_of: Annotated[
        str,
        typer.Option(
            "--shards-of",
            metavar="I/N|slurm",
            help="Do this share only, beside other processes: of a Slurm array's task, or I of N.",
        ),
    ] = "",
    finish: Annotated[
        bool, typer.Option("--finish", help="Make the finished index of what all shares did.")
    ] = False,
    log: Log = "text",
) -> None:
    """Index a corpus: read, clean, deduplicate, embed, store, FAISS."""
    from miner import shares
    from miner.ingest import Card, ingest
    from miner.projection import project
    from miner.report import index_page
    from miner.types import Engine

    keys = overrides(set_) | ({} if limit is None else {"limit": limit})
    settings = Card.read(card, keys)
    where = recipe.find(Engine, engine, "--engine")()
    trial = f"-first-{limit}" if limit else ""  # it must not stand in the real one's way
    folder = store or Path("store", f"{settings.name}{trial}")
    if (shards_of or finish) and (update or dry_run or (shards_of and finish)):
        raise UsageError("--shards-of and --finish go with neither --update, --dry-run nor another")
    if shards_of:
        with live.progress(log) as progress:
            share = shares.parse_share(shards_of)
            state = shares.work_on(settings, folder, share, engine=where, progress=progress)
        terminal.say(f"share {share.number} of {share.of}: {shares.NEXT[state]}")
        return
    with live.progress(log) as progress:
        if finish:
            made = shares.finish(settings, folder, progress=progress)
            index_page.write(made)
        elif not dry_run:
            made = ingest(settings, folder, update=update, engine=where, progress=progress)
            index_page.write(made)
        else:
            found = project(settings, limit or 1000, engine=where, progress=progress)
    if dry_run:
        _show_projection(found)
    else:
        terminal.index_summary(made)
        if advice := made.manifest["index"].get("advice"):
            terminal.say(advice)


def _show_projection(found: Projection) -> None:
    terminal.table_of(found.books)
    for one in found.changed:
        terminal.say(terminal.safe(f"changed: {one.id} by {', '.join(one.cleaners)}"))
        for word, text in zip(("before", "after"), one.excerpts(), strict=True):
            terminal.say(terminal.safe(f"  {word + ':':7} {json.dumps(text, ensure_ascii=False)}"))
    for reason, rows in found.rejected.items():
        for row in rows:
            place = row["url"] or f"{row['file']} row {row['row']}"
            terminal.say(terminal.safe(f"{reason}: {place} {row['detail']}"))
    hours = {f"hours, {phase}": round(s / 3600, 2) for phase, s in found.seconds.items()}
    size = {"disk, GB": found.disk_bytes / 1e9, "memory, GB": found.memory_bytes / 1e9}
    rounded = {name: round(value, 2) for name, value in size.items()}
    terminal.say("a million records like these:")
    terminal.table_of(hours | rounded)


def search(
    store: Annotated[Path, typer.Argument(help="Folder of the index.")],
    query: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Documents wanted.")] = 5,
    language: Annotated[str, typer.Option("--language", help="Only of this language.")] = "",
    domain: Annotated[str, typer.Option("--domain", help="Only of this domain.")] = "",
    since: Annotated[str, typer.Option("--since", help="Only from this time on.")] = "",
    as_json: Json = False,
) -> None:
    """Search an index by meaning; where it is by passages, say which of them are nearest."""
    from miner.encoders import from_identity
    from miner.encoders.by_passage import ByPassage
    from miner.index import matching
    from miner.index import search as nearest
    from miner.store import Store

    if not query.strip():
        raise UsageError("the query is empty: say what to look for")
    opened = Store.open(store)
    encoder = from_identity(opened.manifest["encoder"])
    allowed = matching(opened, language, domain, since) if language or domain or since else None
    most = max(1, min(k, len(opened)))
    asked = encoder.encode([query], query=True)
    cosines, rows = nearest(opened, asked, most, allowed=allowed)
    ids = [opened.ids[row] for row in rows[0] if row >= 0]
    documents = opened.documents(ids)
    hits = [(float(cosine), documents[id]) for cosine, id in zip(cosines[0], ids, strict=False)]
    by_passage = opened.manifest.get("unit") == "passage"
    found = (
        ByPassage(encoder).nearest([d for _, d in hits], asked[0]) if by_passage and hits else []
    )
    if not as_json:
        terminal.hits(hits, found)
        if not hits:
            terminal.say("nothing is found")
        return
    for number, (cosine, d) in enumerate(hits):
        row: dict[str, Any] = {"cosine": cosine, "id": d.id, "title": d.title, "url": d.url}
        if by_passage:
            row |= {"start": found[number].start, "end": found[number].end}
        print_json(row)


def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Copy the shipped cards, recipes and sample into a folder, for editing."""
    import shutil

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; give a new or empty folder")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: is not empty")
    for name in ("indexes", "pipelines"):
        shutil.copytree(recipe.shipped_folder(name), folder / name)
    shutil.copytree(
        recipe.SHIPPED.parent / "sample", folder / "sample",
        ignore=shutil.ignore_patterns("__*"),
    )  # fmt: skip
    terminal.say(f"copied to {folder}: indexes/ pipelines/ sample/")
    terminal.say(f"next: cd {folder} && miner index indexes/quickstart.toml")


VERBS = {
    "index": index,
    "search": search,
    "init": init,
}
