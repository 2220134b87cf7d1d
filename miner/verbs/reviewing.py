"""Verbs by which people judge: review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from miner import terminal
from miner.errors import UsageError, choices
from miner.verbs.arguments import Json, StoreOption, print_json, store_of
from miner.verbs.proposing import decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.run import Run
    from miner.store import Store
    from miner.types import Example

SHEETS = ("page", "csv", "label-studio")


def review(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or a library of proposals.")],
    sample: Annotated[int, typer.Option("--sample", min=1, help="Examples to read.")] = 100,
    by: Annotated[str, typer.Option("--by", help="Columns to draw evenly over.")] = "task,node",
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who judges.")] = "",
    as_: Annotated[
        str, typer.Option("--as", metavar="page|csv|label-studio", help="A sheet, not a dialogue.")
    ] = "",
    import_: Annotated[
        Path | None, typer.Option("--import", help="A file of verdicts to take in.")
    ] = None,
    exemplars: Annotated[
        Path | None, typer.Option("--exemplars", help="Write what was accepted, for a recipe.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw.")] = 0,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write a library's approved proposals into this folder."),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Write those that nobody decided on, too.")
    ] = False,
    store: StoreOption = None,
    as_json: Json = False,
) -> None:
    """Judge examples, or proposals: in a dialogue, or on a sheet that is imported again.

    Without --reviewer and --import it shows what was judged so far.
    """
    if run.is_file():
        decide(run, reviewer, write, everything=all_)
        return
    if write or all_:
        raise UsageError(f"{run}: --write and --all are for a library of proposals, a file")
    from miner import verdicts
    from miner.review.draw import draw
    from miner.run import Run

    opened = Run.open(run)
    if exemplars:
        from miner import atomic
        from miner.exemplars import rows

        lines = [json.dumps(row, ensure_ascii=False) for row in rows(opened)]
        atomic.write_bytes(exemplars, "".join(f"{line}\n" for line in lines).encode())
        terminal.say(f"written: {len(lines)} exemplars to {exemplars}")
        return
    if import_:
        from miner.review.sheets import read

        known = {example.id: example for example in opened.examples()}
        terminal.say(f"{verdicts.record(opened, read(import_, known, reviewer))} verdicts taken in")
    elif reviewer:
        drawn = draw(opened.examples(), sample, tuple(by.split(",")), seed)
        source = store_of(opened, store)
        if as_:
            terminal.say(f"written: {_sheet(opened, source, drawn, reviewer, as_)}")
            return
        _dialogue(opened, source, drawn, reviewer)
    figures = verdicts.figures(opened)
    if as_json:
        print_json(figures)
    elif figures:
        terminal.table_of(_told(figures))
    else:
        raise UsageError(f"{run}: nobody has judged anything: miner review {run} --reviewer NAME")


def _told(figures: dict[str, object]) -> dict[str, object]:
    """Figures as lines for people."""
    told: dict[str, object] = {
        "examples judged": figures["examples"],
        "reviewers": ", ".join(figures["reviewers"]),  # type: ignore[arg-type]
        "disputed": figures["disputed"],
        "Krippendorff's alpha": figures["alpha"],
    }
    rates = {"all": figures["all"]} | figures["by_task"]  # type: ignore[operator]
    for task, rate in rates.items():
        told[f"passed: {task}"] = (
            f"{rate['passed']} of {rate['of']} = {rate['rate']:.0%} "
            f"(95 %: {rate['low']:.0%} to {rate['high']:.0%})"
        )
    for reason, number in figures["reasons"].items():  # type: ignore[attr-defined]
        told[f"rejected: {reason}"] = number
    return told


def _sheet(run: Run, store: Store, drawn: Sequence[Example], reviewer: str, kind: str) -> Path:
    from miner import atomic
    from miner.review import page, sheets

    if kind not in SHEETS:
        raise UsageError(f"--as {kind}; {choices(kind, SHEETS)}")
    documents = store.documents({id for example in drawn for id in example.documents})
    folder = run.path / "reviews"
    name = str(run.manifest.get("name") or run.path.name)
    if kind == "page":
        path = folder / f"{reviewer}.html"
        atomic.write_bytes(path, page.render(drawn, documents, reviewer, name))
    elif kind == "csv":
        path = folder / f"{reviewer}.csv"
        atomic.write_bytes(path, sheets.to_csv(drawn, reviewer))
    else:
        path = folder / f"{reviewer}.label-studio.json"
        tasks, interface = sheets.to_label_studio(drawn, documents)
        atomic.write_bytes(path, tasks)
        atomic.write_bytes(folder / "label-studio.xml", interface)
    return path


def _dialogue(run: Run, store: Store, drawn: Sequence[Example], reviewer: str) -> None:
    """One example after another, each verdict on disk before the next is shown."""
    from miner import lookup, verdicts

    done = {id for id, by in verdicts.verdicts(run).items() if reviewer in by}
    left = [example for example in drawn if example.id not in done]
    for number, example in enumerate(left, 1):
        terminal.say(f"--- {number} of {len(left)}")
        terminal.origin(lookup.example(run, store, example.id))
        answer = typer.prompt("a accept, r reject, s skip, q stop", default="a").strip().lower()
        if answer.startswith("q"):
            break
        if answer.startswith("a"):
            verdicts.record(run, [verdicts.Verdict(example.id, reviewer, "accept")])
        elif answer.startswith("r"):
            reason = _asked_reason()
            verdicts.record(run, [verdicts.Verdict(example.id, reviewer, "reject", reason)])


def _asked_reason() -> str:
    from miner.verdicts import REASONS

    for code, meaning in REASONS.items():
        terminal.say(f"  {code}: {meaning}")
    while (reason := str(typer.prompt("why", default="other")).strip()) not in REASONS:
        terminal.say(choices(reason, REASONS))
    return reason


VERBS = {"review": review}
