"""One index by several processes, none of which waits for another: the tasks of a Slurm array.

Each works on its share of the shards. The last to clean its share decides on the duplicates; those
that come after that embed their share. So the array is submitted twice, and `finish` ends the work.
A share holds the store together with the others, against any process that wants it alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from miner import atomic
from miner.engine import stoppable
from miner.engine.local import Local
from miner.errors import UsageError
from miner.ingest import Job, finished, index_folder
from miner.plan import Plan
from miner.shards import stopping_when_full
from miner.shards.queue import Share
from miner.store import Store

if TYPE_CHECKING:
    from miner.ingest import Progress
    from miner.plan import Card
    from miner.types import Engine

State = Literal["cleaned", "embedded", "finished"]

NEXT: Mapping[State, str] = {
    "cleaned": "is cleaned; when all shares are, the same command embeds",
    "embedded": "is embedded; when all shares are, `miner index CARD --finish`",
    "finished": "nothing to do, the index is finished",
}
"""What a share is told to do when it has come to a state."""


def parse_share(text: str, environment: Mapping[str, str] = os.environ) -> Share:
    """The share that `I/N` names, from 0/N to N-1/N, or, for `slurm`, that of the array's task.

    Raises:
        UsageError: It names none.
    """
    if text == "slurm":
        return _slurm_share(environment)
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and int(number) < int(of)):
        raise UsageError(
            f"--shards-of {text}: expected I/N with I from 0 to N-1, such as 0/16, or slurm"
        )
    return Share(int(number), int(of))


def _slurm_share(environment: Mapping[str, str]) -> Share:
    try:
        task, least, step, count = (
            int(environment[f"SLURM_ARRAY_TASK_{name}"]) for name in ("ID", "MIN", "STEP", "COUNT")
        )
    except (KeyError, ValueError) as error:
        raise UsageError(
            f"--shards-of slurm: this is no task of an array ({error}); give I/N"
        ) from None
    number, rest = divmod(task - least, step)
    if rest or number >= count:
        raise UsageError("--shards-of slurm: the array's numbers have gaps; give I/N")
    return Share(number, count)


def work_on(
    card: Card,
    store_path: Path | str,
    share: Share,
    *,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> State:
    """Do a share of what is to be done now: cleaning, or once that is done by all, embedding.

    Args:
        card: What to do.
        store_path: The store's folder, on a file system that all processes see.
        share: Of this process.
        engine: Where shards are cleaned; processes of this machine by default.
        progress: As of `ingest`.

    Returns:
        What this share has come to.

    Raises:
        BusyError: A process holds the store alone, or another one is at this share.
        Stopped: A signal or a full disk ended the work; the same call goes on from there.
    """
    folder = index_folder(store_path)
    plan = Plan.make(card)
    job = Job(folder, plan, engine or Local(), progress or (lambda *_: None))
    with (
        atomic.lock(folder, shared=True),
        stoppable(),
        stopping_when_full(folder),
    ):
        if (folder / "index.json").is_file():
            plan.require_same(Store.open(folder).manifest["plan"], folder)
            return "finished"
        with atomic.lock(job.work.path / "shares" / f"{share.number}-of-{share.of}"):
            with atomic.turn(job.work.path):
                job.begin()
            if not job.work.decided.is_file():
                job.clean(share)
                with atomic.turn(job.work.path):
                    if not job.queue().missing():
                        job.decide()
            if not job.work.decided.is_file():
                return "cleaned"
            job.embed(share)
            return "embedded"


def finish(card: Card, store_path: Path | str, *, progress: Progress | None = None) -> Store:
    """Make the finished store of what all shares have done.

    Raises:
        UsageError: Shards are not cleaned or not embedded.
        BusyError: A share is still at work.
    """
    folder = index_folder(store_path)
    plan = Plan.make(card)
    job = Job(folder, plan, Local(), progress or (lambda *_: None))
    with atomic.lock(folder), stoppable(), stopping_when_full(folder):
        if (folder / "index.json").is_file():
            store = Store.open(folder)
            plan.require_same(store.manifest["plan"], folder)
            return finished(store, plan)
        atomic.sweep(folder)
        job.begin()
        if unclean := job.queue().missing():
            raise UsageError(
                f"{folder}: not all is cleaned, such as shard {unclean[0]}: run every share of "
                "--shards-of once more, or `miner index CARD` to do the rest here"
            )
        job.decide()
        left = [n for n, _ in job.decided() if not job.work.file("embed", n, "json").is_file()]
        if left:
            raise UsageError(
                f"{folder}: {len(left)} shards are not embedded: run every share of --shards-of "
                "once more, or `miner index CARD` to do the rest here"
            )
        return job.finish()
