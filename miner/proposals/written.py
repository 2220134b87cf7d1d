"""What was approved, as the files that recipes name: guidelines, and further sentences."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from miner import recipe
from miner.compose.guidelines import Guideline, load
from miner.errors import RecipeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from miner.proposals.library import Entry

WORDINGS = "wordings.toml"


def write(entries: Sequence[Entry], folder: Path) -> list[Path]:
    """Write a guideline's file for each target of labels, and one of sentences.

    A guideline that exists is taken over: a label of the same name is replaced, others are added.

    Returns:
        What was written.

    Raises:
        UsageError: Labels of one target are to be found in different ways.
        RecipeError: The guideline that comes of it makes no sense.
    """
    import tomli_w

    from miner import atomic

    files: dict[str, dict[str, Any]] = {}
    for target in dict.fromkeys(e.target for e in entries if e.kind == "label"):
        own = [e for e in entries if e.kind == "label" and e.target == target]
        files[f"{target}.toml"] = _table(guideline(target, own))
    sentences: dict[str, dict[str, list[str]]] = {}
    for found in entries:
        if found.kind != "label":
            group = sentences.setdefault(f"{found.kind}s", {})
            group.setdefault(found.target, []).append(found.sentence)
    if sentences:
        files[WORDINGS] = dict(sentences)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in files.items():
        atomic.write_bytes(folder / name, tomli_w.dumps(table).encode())
    return [folder / name for name in files]


def guideline(target: str, entries: Sequence[Entry]) -> Guideline:
    """The guideline of that name with the labels of these proposals."""
    kinds = sorted({str(e.body["find"]) for e in entries})
    base = existing(target)
    if base:
        kinds = sorted({base.kind, *kinds})
    if len(kinds) != 1:
        raise UsageError(f"{target}: labels of several kinds: {', '.join(kinds)}")
    labels = {label.name: label for label in base.labels} if base else {}
    labels |= {e.label.name: e.label for e in entries}
    table: dict[str, Any] = {"name": target, "kind": kinds[0]}
    if base:
        rest = {
            "language": base.language,
            "source": base.source,
            "rules": list(base.rules),
        }
        table.update({k: v for k, v in rest.items() if v})
    rows = [_of_label(label, set(labels)) for label in labels.values()]
    return recipe.build(Guideline, {**table, "labels": rows}, target)


def existing(target: str) -> Guideline | None:
    """The guideline's file of that name, if there is one."""
    try:
        recipe.locate(target, "pipelines/guidelines")
    except RecipeError:
        return None
    return load(target)


def _table(made: Guideline) -> dict[str, Any]:
    table = {k: v for k, v in recipe.dump(made).items() if v not in ("", [], {}, ())}
    table["labels"] = [_of_label(label, set(made.names)) for label in made.labels]
    return table


def _of_label(label: Any, names: set[str]) -> dict[str, Any]:
    """A label's table without what is empty; a near label that is not there is left out."""
    table = {k: v for k, v in dataclasses.asdict(label).items() if v}
    table = {k: list(v) if isinstance(v, tuple) else v for k, v in table.items()}
    if near := [n for n in table.pop("near", []) if n in names and n != label.name]:
        table["near"] = near
    return table
