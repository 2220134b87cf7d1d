"""What the verbs take from the command line, and the objects that they make of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from miner import atomic
from miner.errors import StoreError, UsageError

if TYPE_CHECKING:
    from miner.job import Recipe
    from miner.run import Run
    from miner.store import Store

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
Log = Annotated[
    str, typer.Option("--log", metavar="text|json", help="How work under way is shown.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def overrides(pairs: list[str] | None) -> dict[str, Any]:
    """`key=value` pairs; a value is read as TOML, or is text."""
    keys: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {pair}: expected KEY=VALUE")
        try:
            keys[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            keys[key] = value
    return keys


def model_table(llm: str | None, model: str | None) -> dict[str, Any]:
    """The recipe's `llm` table from the two flags."""
    if llm is None:
        return {"llm.model": model} if model else {}
    if llm == "none":
        return {"llm": "none"}
    if "://" in llm and not model:
        raise UsageError(f"--llm {llm}: --model is missing: the name of the model there")
    table = {"kind": "openai", "base_url": llm} if "://" in llm else {"kind": llm}
    return {"llm": table | ({"model": model} if model else {})}


def prepare(
    name: str, store: Path | None, run: Path | None, keys: dict[str, Any]
) -> tuple[Recipe, Store, Run]:
    """The recipe, the opened store and the run's folder that a mining verb works on."""
    from miner.job import Recipe
    from miner.run import Run
    from miner.store import Store

    settings = Recipe.read(name, keys)
    folder = store or Path(settings.index or f"store/{settings.name}")
    if not folder.is_dir():
        raise StoreError(
            f"{folder}: no such index; make it by miner index CARD --store {folder}, "
            "or name another by --store"
        )
    return settings, Store.open(folder), Run(run or Path("runs", settings.name))


def recipe_of(run: Run) -> Recipe:
    """The recipe that a run was begun with."""
    from miner.job import Recipe

    return Recipe.read(run.path / "recipe.toml")


def store_of(run: Run, store: Path | None) -> Store:
    """The store that a run was made from, or the one given."""
    from miner.store import Store

    return Store.open(store or Path(atomic.read_json(run.path / "inputs.json", "store")["store"]))


def find(where: Path) -> Store | Run:
    """The run or the store in a folder."""
    from miner.run import Run
    from miner.store import Store

    if (where / "recipe.toml").is_file():
        return Run.open(where)
    return Store.open(where)


def print_json(value: Any) -> None:
    """One value on one line."""
    print(json.dumps(value, ensure_ascii=False))
