"""One address of one model: how many requests at once, how many a second, and whether it is up.

The window of requests in flight doubles while the server copes, and is halved when it times out or
is overloaded (AIMD). A 429 sets a rate just below what the server has lately served, which then
creeps up: a server with a fixed limit is kept close to it with few refusals. Many failures in a row
open the breaker: then nothing is sent but a small question now and then, until that is answered.
Those who wait are let in oldest first, so that the tail of a run is short.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from miner.flow import Flow
    from miner.types import LLM

FAILURES_IN_A_ROW = 5
"""Open the breaker."""
REFUSALS_IN_A_ROW = 3
"""Pause all, where nothing was served lately; one alone delays only its own request."""
GOODPUT_SECONDS = 1.0
"""Over which the rate of replies is measured when a 429 comes."""
BURST_SECONDS = 0.05
"""How much of a pause may be caught up on at once."""
FIRST_RATE = 8.0
"""Requests a second after refusals at the very start; quadrupled every second until the next."""
FIRST_GROWTH = 1.4
GROWTH = 0.015
"""By how much a rate grows in a second, just after it was cut; later it grows faster."""
LONGEST_PAUSE_SECONDS = 300.0
SLOWEST_RATE = 0.2
"""Requests a second that are tried under the hardest refusals."""


class Lane:
    """Lets requests through to one address. All methods run in one event loop."""

    def __init__(self, llm: LLM, flow: Flow, clock: Callable[[], float] = time.monotonic) -> None:
        self.llm, self.clock = llm, clock
        self.most = float(flow.in_flight)
        self.window = float(min(flow.start_in_flight, flow.in_flight))
        self.steepest = True
        self.active = 0
        self.answered = self.recovering = False
        self.refused = 0
        self.trouble_since: float | None = None
        self.learning = asyncio.Lock()
        """Held while it is found out which structured output the server enforces."""
        self._fixed_rate = (flow.requests_per_minute or 0.0) / 60.0
        self._token_rate = (flow.tokens_per_minute or 0.0) / 60.0
        self._rate = 0.0
        """Requests a second after a 429; 0 is no limit."""
        self._starting = False
        self._waiting: list[tuple[int, int, int, asyncio.Future[float | None]]] = []
        self._numbers = itertools.count()
        self._successes: deque[float] = deque(maxlen=4096)
        self._next_at = self._tokens_at = self._paused_until = 0.0
        self._last_cut = self._grown_at = -1.0
        self._failures = self._refusals = 0
        self._closed = self._shut = False
        self._timer: asyncio.TimerHandle | None = None

    # -- in and out

    async def enter(self, order: int, tokens: int = 0) -> float | None:
        """Wait for room.

        Args:
            order: Lower goes first.
            tokens: What the request may take, for a limit on tokens a minute.

        Returns:
            The time of entry, or None: this lane is closed, try another.
        """
        if self._shut:
            raise asyncio.CancelledError
        future: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (order, next(self._numbers), tokens, future))
        self._pump()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.result() is not None:
                self.leave()
            raise

    def leave(self) -> None:
        """Make room for the next, whatever came of this one."""
        self.active -= 1
        self._pump()

    def send_elsewhere(self) -> None:
        """Let everyone who waits go to another lane."""
        waiting, self._waiting = self._waiting, []
        for *_, future in waiting:
            if not future.done():
                future.set_result(None)

    def shut(self) -> None:
        """Turn away everyone who waits, and who comes later."""
        self._shut = True
        waiting, self._waiting = self._waiting, []
        for *_, future in waiting:
            future.cancel()

    @property
    def waiting(self) -> int:
        """How many wait to be let in."""
        return len(self._waiting)

    def _pump(self) -> None:
        while self._waiting and not self._closed and self.active < int(max(1.0, self.window)):
            order, number, tokens, future = heapq.heappop(self._waiting)
            if future.done():
                continue
            now = self.clock()
            wait = self._wait(now)
            if wait > 0:
                heapq.heappush(self._waiting, (order, number, tokens, future))
                self._pump_in(wait)
                return
            self._take(now, tokens)
            self.active += 1
            future.set_result(now)

    def _wait(self, now: float) -> float:
        return max(self._paused_until, self._next_at, self._tokens_at) - now

    def _take(self, now: float, tokens: int) -> None:
        if rate := self.rate(now):
            self._next_at = max(self._next_at, now - BURST_SECONDS) + 1.0 / rate
        if self._token_rate:
            self._tokens_at = max(self._tokens_at, now - 1.0) + tokens / self._token_rate

    def _pump_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._pump)

    def rate(self, now: float) -> float:
        """Requests a second that are let through now; 0 is no limit."""
        if not self._rate:
            return self._fixed_rate
        calm, passed = now - self._last_cut, now - self._grown_at
        self._grown_at = now
        pace = FIRST_GROWTH if self._starting else GROWTH * (1.0 + calm / 2.0)
        self._rate *= 1.0 + min(0.5, pace * passed)
        return min(self._rate, self._fixed_rate) if self._fixed_rate else self._rate

    # -- what came of a request

    def succeeded(self) -> None:
        """The server has answered."""
        self.answered = True
        self._failures = self._refusals = 0
        self.trouble_since = None
        self._closed = False
        self._successes.append(self.clock())
        if self.active + 1 >= int(self.window):
            self.window = min(self.most, self.window + (1.0 if self.steepest else 1 / self.window))

    def was_refused(self, entered: float, retry_after: float | None) -> None:
        """The server says that these are too many (429)."""
        now = self.clock()
        self.refused += 1
        self.trouble_since = self.trouble_since or now
        if entered < self._last_cut:
            return  # sent before the rate was cut: says nothing new
        self._refusals += 1
        served = self._goodput(now)
        if not (served or self._rate):
            if self._refusals >= 2:  # one alone delays only its own request
                self._cut(now, FIRST_RATE, starting=True)
                self._pause(now, 0.25)
            return
        aim = max(0.95 * served, 0.85 * self._rate)
        if not served and self._refusals >= REFUSALS_IN_A_ROW:
            aim = 0.5 * self._rate
            self._pause(now, retry_after or 1.0)
        self._cut(now, min(aim, 0.97 * self._rate) if self._rate else aim, starting=False)

    def _cut(self, now: float, rate: float, *, starting: bool) -> None:
        self._rate, self._starting = max(SLOWEST_RATE, rate), starting
        self._last_cut = self._grown_at = now
        self._next_at = max(self._next_at, now)

    def _pause(self, now: float, seconds: float) -> None:
        self._paused_until = max(self._paused_until, now + min(seconds, LONGEST_PAUSE_SECONDS))

    def _goodput(self, now: float) -> float:
        while self._successes and self._successes[0] < now - GOODPUT_SECONDS:
            self._successes.popleft()
        if not self._successes:
            return 0.0
        return len(self._successes) / max(0.25, now - self._successes[0])

    def failed(self, entered: float) -> bool:
        """The server did not answer, or with nonsense.

        Returns:
            Whether this counts against the request: not while the server seems to be down.
        """
        now = self.clock()
        self.trouble_since = self.trouble_since or now
        self._failures += 1
        if entered >= self._last_cut:
            self.window, self.steepest = max(1.0, self.window / 2), False
            self._last_cut = self._grown_at = now
        if self._failures >= FAILURES_IN_A_ROW:
            self._closed = True
        return not self._closed

    @property
    def closed(self) -> bool:
        """Whether the breaker is open, and only `reopen` lets anyone in."""
        return self._closed

    def reopen(self) -> None:
        """The server is up again: begin small."""
        self._closed, self._failures, self.trouble_since = False, 0, None
        self._pump()

    def outage(self) -> float:
        """Seconds since the server last answered, if it is in trouble."""
        return 0.0 if self.trouble_since is None else self.clock() - self.trouble_since
