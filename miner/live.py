"""What a person, or a program, sees of work under way: bars, plain lines, or lines of JSON.

All of it goes to standard error. docs/models.md lists the keys of the JSON lines.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from miner.errors import UsageError
from miner.terminal import err, safe

if TYPE_CHECKING:
    from rich.progress import TaskID

    from miner.progress import Figures, Progress

EVERY_SECONDS = 30.0
"""Between two lines of a phase, where nobody watches."""
EVERY_SECONDS_AT_A_TERMINAL = 1.0
WINDOW_SECONDS = 60.0
"""Over which a rate is taken."""
MOST_REASONS = 3


@contextmanager
def progress(log: str = "text") -> Iterator[Progress]:
    """Show how far work has come until the block ends.

    Args:
        log: "text" is bars at a terminal and lines elsewhere, "json" is lines of JSON.

    Raises:
        UsageError: It is another word.
    """
    if log not in {"text", "json"}:
        raise UsageError(f"--log {log}: expected text or json")
    if log == "text" and err.is_terminal:
        with _bars() as show:
            yield from _watching(show, EVERY_SECONDS_AT_A_TERMINAL)
    else:
        show = _json_line if log == "json" else _plain_line
        yield from _watching(show, EVERY_SECONDS)


def _watching(show: Callable[[dict[str, Any]], None], every: float) -> Iterator[Progress]:
    watch = _Watch(show, every)
    try:
        yield watch.update
    finally:
        watch.close()


class _Watch:
    """Shows the latest step at its beginning, at its end, and every so often in between.

    A thread of its own keeps time, so that a server that hangs is seen to hang.
    """

    def __init__(self, show: Callable[[dict[str, Any]], None], every: float) -> None:
        self._show, self._every = show, every
        self._lock = threading.Lock()
        self._readings: dict[str, _Reading] = {}
        self._latest: tuple[_Reading, int, int | None, Callable[[], Figures] | None] | None = None
        self._told = True
        self._shown = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="progress", daemon=True)
        self._thread.start()

    def update(
        self,
        phase: str,
        done: int,
        total: int | None,
        figures: Callable[[], Figures] | None = None,
        /,
    ) -> None:
        """Take note of a step."""
        with self._lock:
            if phase not in self._readings:
                self._tell()  # the last of the phase before
                self._readings[phase] = _Reading(phase, time.monotonic())
                self._shown = 0.0
            self._latest, self._told = (self._readings[phase], done, total, figures), False
            if time.monotonic() - self._shown >= self._every:
                self._tell()

    def close(self) -> None:
        """Show what has not been shown yet."""
        self._ended.set()
        self._thread.join()
        with self._lock:
            self._tell()

    def _tick(self) -> None:
        while not self._ended.wait(self._every):
            with self._lock:
                if time.monotonic() - self._shown >= 0.9 * self._every:
                    self._told = False
                    self._tell()

    def _tell(self) -> None:
        if self._told or self._latest is None:
            return
        reading, done, total, figures = self._latest
        self._told, self._shown = True, time.monotonic()
        self._show(reading.table(self._shown, done, total, figures() if figures else None))


class _Reading:
    """The rates of one phase, and what they make one expect."""

    def __init__(self, phase: str, began: float) -> None:
        self.phase, self.began = phase, began
        self.seen: deque[tuple[float, int]] = deque()
        self.first_share: float | None = None

    def table(
        self, now: float, done: int, total: int | None, figures: Figures | None
    ) -> dict[str, Any]:
        """All that can be said of this moment."""
        rate = self._rate(now, figures.requests if figures else done)
        table: dict[str, Any] = {"phase": self.phase, "done": done, "total": total}
        if figures is None:
            left = (total - done) / rate if total and rate else None
            return table | {"per_second": rate, "seconds_left": left}
        if self.first_share is None:
            self.first_share = figures.share
        gained = figures.share - self.first_share
        left = (now - self.began) * (1 - figures.share) / gained if gained > 0 else None
        return table | {
            "requests": figures.requests,
            "requests_per_second": rate,
            "in_flight": figures.in_flight,
            "accepted": figures.accepted,
            "rejected": dict(figures.rejected),
            "dollars": figures.dollars,
            "dollars_projected": figures.projected,
            "seconds_left": left,
            "words": figures.words,
        }

    def _rate(self, now: float, count: int) -> float:
        if self.seen and count < self.seen[-1][1]:
            self.seen.clear()
        self.seen.append((now, count))
        while len(self.seen) > 2 and now - self.seen[0][0] > WINDOW_SECONDS:
            self.seen.popleft()
        (then, before), (_, after) = self.seen[0], self.seen[-1]
        return (after - before) / (now - then) if now > then else 0.0


# ---------------------------------------------------------------------------------- one line


def _json_line(table: dict[str, Any]) -> None:
    line = {"time": round(time.time(), 3)} | {
        key: round(value, 6) if isinstance(value, float) else value
        for key, value in table.items()
        if key != "words"
    }
    print(json.dumps(line), file=sys.stderr, flush=True)


def _plain_line(table: dict[str, Any]) -> None:
    print(f"{safe(table['phase'])}: {said(table)}", file=sys.stderr, flush=True)


def said(table: dict[str, Any]) -> str:
    """A moment of a phase in words and numbers."""
    of = "" if table["total"] is None else f" of {table['total']:,}"
    parts = [f"{table['done']:,}{of}"]
    if "requests" not in table:
        if table["per_second"]:
            parts.append(f"{table['per_second']:,.1f}/s")
    else:
        reasons = sorted(table["rejected"].items(), key=lambda pair: (-pair[1], pair[0]))
        shown = ", ".join(f"{n:,} {safe(reason)}" for reason, n in reasons[:MOST_REASONS])
        more = ", ..." if len(reasons) > MOST_REASONS else ""
        done, accepted = table["words"]
        parts[0] += f" {done}"
        parts.append(
            f"{table['requests']:,} requests, {table['requests_per_second']:.1f}/s, "
            f"{table['in_flight']} in flight"
        )
        turned = sum(table["rejected"].values())
        why = f" ({shown}{more})" if shown else ""
        parts.append(f"{table['accepted']:,} {accepted} accepted, {turned:,} rejected{why}")
        if table["dollars"]:
            projected = table["dollars_projected"]
            guess = f", about ${projected:.2f} in all" if projected else ""
            parts.append(f"${table['dollars']:.4f} spent{guess}")
    if table["seconds_left"]:
        parts.append(f"about {_duration(table['seconds_left'])} left")
    return "; ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


@contextmanager
def _bars() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A live bar for each phase, with its line of numbers behind it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.fields[phase]:>8}", markup=False), BarColumn(20),
        TextColumn("{task.description}", markup=False), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err) as display:
        tasks: dict[str, TaskID] = {}

        def show(table: dict[str, Any]) -> None:
            phase = table["phase"]
            if phase not in tasks:
                tasks[phase] = display.add_task("", phase=safe(phase))
            display.update(
                tasks[phase],
                completed=table["done"],
                total=table["total"],
                description=said(table),
            )

        yield show
