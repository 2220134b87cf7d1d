"""Verbs on prompts: show the files of a task, copy them for editing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from miner import atomic, terminal
from miner.errors import UsageError, choices

prompts = typer.Typer(help="Show or copy the prompt files of a task.", no_args_is_help=True)
TaskName = Annotated[str, typer.Argument(metavar="TASK", help="A task's name.")]


def files(task: str) -> list[Path]:
    """The shipped prompt files of a task.

    Raises:
        UsageError: The task does not exist, or asks no model.
    """
    from miner.recipe import kinds
    from miner.tasks.asking import PROMPTS

    shared = {"reading_comprehension": "question_", "open_extraction": "open_"}
    start = shared.get(task, task)
    found = sorted(PROMPTS.glob(f"{start}*.txt"))
    if task not in kinds("tasks"):
        raise UsageError(f"no task '{task}'; {choices(task, kinds('tasks'))}")
    if not found:
        raise UsageError(f"task {task} has no prompt: it asks no model")
    return found


@prompts.command("show")
def show(task: TaskName) -> None:
    """Print the prompts of a task."""
    for path in files(task):
        terminal.say(f"---- {path.name}")
        terminal.say(path.read_text(encoding="utf-8"))


@prompts.command("copy")
def copy(
    task: TaskName,
    folder: Annotated[Path, typer.Argument(help="Where to.")] = Path("pipelines/prompts"),
) -> None:
    """Copy the prompts of a task, to be edited and named in a recipe."""
    for path in files(task):
        target = folder / path.name
        if target.exists():
            raise UsageError(f"{target}: is there already; remove it, or name another folder")
        atomic.write_bytes(target, path.read_bytes())
        terminal.say(f"{target}")


VERBS: dict[str, object] = {}
GROUPS = {"prompts": prompts}
