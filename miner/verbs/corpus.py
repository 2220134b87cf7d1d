"""Verbs on a corpus and its index: index, search, init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from miner import recipe, terminal
from miner.errors import UsageError
from miner.verbs.arguments import Json, Set, StoreOption, overrides, print_json


def index(
    card: Annotated[str, typer.Argument(help="An index card, or the name of a shipped one.")],
    store: StoreOption = None,
    set_: Set = None,
    update: Annotated[
        bool, typer.Option("--update", help="Take up what has changed in the corpus since.")
    ] = False,
) -> None:
    """Index a corpus: read, clean, deduplicate, embed, store, FAISS."""
    from miner.ingest import Card, ingest
    from miner.report import index_page

    settings = Card.read(card, overrides(set_))
    folder = store or Path("store", settings.name)
    with terminal.progress() as progress:
        made = ingest(settings, folder, update=update, progress=progress)
        index_page.write(made)
    terminal.index_summary(made)


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
            print_json({"cosine": cosine, "id": d.id, "title": d.title, "url": d.url})
    else:
        terminal.hits(hits)


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
