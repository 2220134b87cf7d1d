"""Verbs over what was asked and paid: ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from miner import terminal
from miner.verbs.arguments import Json, print_json


def ledger(
    run: Annotated[Path, typer.Argument(help="Folder of the run, or its ledger.")],
    dearest: Annotated[int, typer.Option("--dearest", help="How many of the dearest.")] = 5,
    as_json: Json = False,
) -> None:
    """Show requests, tokens and money by task and model, the dearest, and failures by kind.

    Of a run also how far models and rules agree, where a task has both.
    """
    from miner.ledger import Ledger
    from miner.report.agreement import of_annotations
    from miner.run import Run

    path = run / "ledger.sqlite" if run.is_dir() else run
    with Ledger.open(path, read_only=True) as opened:
        spent = opened.spent()
        table: dict[str, Any] = {
            "requests": opened.books(),
            "attempts": spent.attempts,
            "dollars": spent.dollars,
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "without_usage": spent.estimated,
            "by_task": opened.breakdown(),
            "metered": dict(zip(("seconds", "dollars"), opened.metered(), strict=True)),
            "dearest": [{"id": id, "dollars": cost} for id, cost in opened.dearest(dearest)],
            "failures": opened.failures(),
        }
    if run.is_dir():
        table["agreement"] = of_annotations(Run(run).annotations())
    if as_json:
        print_json(table)
    else:
        _print(table)


def _print(table: dict[str, Any]) -> None:
    books = table["requests"]
    terminal.say(
        f"{books['asked']} requests: {books['replied']} replied, {books['failed']} failed, "
        f"{books['pending']} pending; {table['attempts']} sendings, {table['prompt_tokens']} + "
        f"{table['completion_tokens']} tokens, ${table['dollars']:.4f}"
    )
    if table["without_usage"]:
        terminal.say(f"{table['without_usage']} replies without usage, charged with their bound")
    for row in table["by_task"]:
        terminal.say(
            f"  {terminal.safe(row['task'])} by {terminal.safe(row['model'])}: {row['requests']} "
            f"requests, {row['attempts']} sendings, {row['prompt_tokens']} + "
            f"{row['completion_tokens']} tokens, ${row['dollars']:.4f}, {row['seconds']:.0f} s"
        )
    if table["metered"]["dollars"]:
        terminal.say(
            f"  servers by the hour: {table['metered']['seconds']:.0f} s, "
            f"${table['metered']['dollars']:.4f}"
        )
    for row in table["dearest"]:
        if row["dollars"]:
            terminal.say(f"  dearest: {row['id']}  ${row['dollars']:.6f}")
    for what, reasons in table["failures"].items():
        for reason, count in reasons.items():
            terminal.say(f"  {what} that failed: {count} {terminal.safe(reason)}")
    for row in table.get("agreement", ()):
        terminal.say(
            f"  {terminal.safe(row['task'])} beside {terminal.safe(row['rule'])}: {row['both']} by "
            f"both, {row['model_only']} by the model alone, {row['rule_only']} by the rules alone"
        )


VERBS = {"ledger": ledger}
