"""The commands, collected from miner/verbs/; each is a few lines over the library.

Exit codes: 0 done, 1 error, 2 wrong use, 3 stopped and can be resumed.
"""

from __future__ import annotations

import errno
import functools
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from miner import __version__, terminal
from miner.errors import MinerError, Stopped
from miner.verbs import (
    accounts,
    corpus,
    evaluating,
    growing,
    labelling,
    looking,
    mining,
    peeking,
    prompting,
    proposing,
    reviewing,
    selecting,
    upkeep,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec

    P = ParamSpec("P")
R = TypeVar("R")

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

app = typer.Typer(
    name="miner",
    help="Turn a raw corpus into a grounded instruction-tuning data set.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Turn a raw corpus into a grounded instruction-tuning data set."""
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    """Run a command; an error is one clear message and an exit code, never a traceback."""
    try:
        app(prog_name="miner")
    except MinerError as error:
        terminal.error(str(error))
        if isinstance(error, Stopped) and error.more:
            terminal.note(f"next: {_again(sys.argv[1:], error.more)}")
        sys.exit(error.exit_code)
    except MemoryError as error:
        terminal.error(f"not enough memory: {error}")
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has gone
        sys.exit(0)
    except OSError as error:
        if error.errno in DISK_FULL:
            terminal.error(f"{error}; make room, then the same command goes on from here")
            sys.exit(Stopped.exit_code)
        terminal.error(str(error))
        sys.exit(1)


def _again(arguments: list[str], more: tuple[str, ...]) -> str:
    """The command that was typed, with what it needs now in the place of what it took before."""
    kept, rest = ["miner"], iter(arguments)
    for argument in rest:
        if argument == more[0]:
            next(rest, None)
        elif not argument.startswith(f"{more[0]}="):
            kept.append(argument)
    return shlex.join([*kept, *more])


def resumable(verb: Callable[P, R]) -> Callable[P, R]:
    """Let Ctrl-C or SIGTERM end a verb as what it is: work that can be taken up again."""

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            return verb(*args, **kwargs)
        except KeyboardInterrupt:
            raise Stopped("interrupted; the same command goes on from here") from None
        finally:
            signal.signal(signal.SIGTERM, before)

    return run


for module in (
    corpus,
    accounts,
    mining,
    growing,
    looking,
    peeking,
    evaluating,
    reviewing,
    selecting,
    labelling,
    prompting,
    proposing,
    upkeep,
):
    for name, verb in getattr(module, "VERBS", {}).items():
        app.command(name)(resumable(verb))
    for name, group in getattr(module, "GROUPS", {}).items():
        app.add_typer(group, name=name)
