"""The verb that measures before money is spent: evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from miner import live, terminal
from miner.errors import UsageError, choices
from miner.verbs.arguments import (
    Json,
    LLMOption,
    Log,
    ModelOption,
    RunOption,
    Set,
    StoreOption,
    model_table,
    overrides,
    print_json,
    store_of,
)


def evaluate(
    recipe_name: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe or its name.")],
    gold: Annotated[
        str,
        typer.Option(
            "--gold",
            metavar="NAME|FORM:FILE|FILE|RUN",
            help="wikigold, redocred, xquad; a file; or a reviewed run.",
        ),
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="Documents to ask about.")] = 100,
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="GOLD=OURS", help="A label's name here.")
    ] = None,
    run: RunOption = None,
    store: StoreOption = None,
    llm: LLMOption = None,
    model: ModelOption = None,
    set_: Set = None,
    as_json: Json = False,
    log: Log = "text",
) -> None:
    """Run a recipe's tasks on gold: precision, recall and F1 by label, what was missed and wrong.

    Gold by name (wikigold, redocred, xquad, xquad.de ...) lies in gold/ or in the folder MINER_GOLD
    names, or is fetched once. Forms of files: wikigold, conll, redocred, xquad, squad, labels,
    findings; a file alone is known by its form. Of a reviewed run it is what was accepted.
    Questions are put to the model with their text: exact match and F1 of words.
    """
    from miner.evaluation import evaluate as evaluating
    from miner.job import Recipe
    from miner.run import Run

    job = Recipe.read(recipe_name, {**overrides(set_), **model_table(llm, model)})
    names = {a: b for a, _, b in (pair.partition("=") for pair in name or [])}
    told, found = _gold(gold, names, store)
    folder = Run(run or Path("runs", f"{job.name}-evaluation"))
    with live.progress(log) as progress:
        table = evaluating.evaluate(job, folder, found, told, n, progress)
    if as_json:
        print_json(table)
        return
    for task, figures in table["tasks"].items():
        terminal.table_of({f"{task}: {key}": value for key, value in _told(figures).items()})
    terminal.say(f"figures, with what was missed and what was wrong: {folder.path}/evaluation.json")


def _gold(gold: str, names: dict[str, str], store: Path | None) -> tuple[str, list[Any]]:
    """What the gold is called, and its documents."""
    from miner.evaluation.gold import FORMS, form_of, of_reviews, read
    from miner.evaluation.named import NAMED, path_of
    from miner.run import Run

    form, colon, file = gold.partition(":")
    if colon:
        return form, read(form, Path(file), names)
    if Path(gold).is_file():
        return Path(gold).name, read(form_of(Path(gold)), Path(gold), names)
    if not Path(gold).is_dir():
        if gold in NAMED:
            known = NAMED[gold]
            return gold, read(known.form, path_of(gold), names, known.language)
        form = f"{gold}:FILE" if gold in FORMS else "FORM:FILE, a file, a reviewed run's folder"
        raise UsageError(f"--gold {gold}: expected {form}, or a name; {choices(gold, NAMED)}")
    run = Run.open(gold)
    return f"reviewed {run.path.name}", of_reviews(run, store_of(run, store))


def _told(figures: dict[str, Any]) -> dict[str, str]:
    """Scores as lines for people."""
    lines = {"documents": f"{figures['documents']} of {sum(figures['states'].values())}"}
    if answers := figures.get("answers"):
        for key, name in (("exact", "exact match"), ("f1", "F1 of words")):
            low, high = answers[f"{key}_95"]
            lines[name] = f"{answers[key]:.2f} ({low:.2f} to {high:.2f})"
        lines["questions"] = str(answers["questions"])
    for label, score in (
        {"all": figures["all"]} | figures["by_label"] if "all" in figures else {}
    ).items():
        low, high = score["f1_95"]
        lines[label] = (
            f"P {score['precision']:.2f}  R {score['recall']:.2f}  F1 {score['f1']:.2f} "
            f"({low:.2f} to {high:.2f})  found {score['found']}, wrong {score['wrong']}, "
            f"missed {score['missed']}"
        )
    for kind in ("missed", "wrong"):
        for number, row in enumerate(figures[kind][:5], 1):
            lines[f"{kind} {number}, {row['label']}"] = row["text"][:160]
    return lines


VERBS = {"evaluate": evaluate}
