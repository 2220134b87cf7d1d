"""Asks models: the one place that decides when to send, to which address, and whether once more.

It runs in a thread with an event loop of its own, so that requests stay in flight while the caller
works. In goes a request, out comes what the ledger then says of it. Every attempt is written before
it is sent and every reply before it is given out; writes that come together share one transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import queue
import random
import threading
import time
from typing import TYPE_CHECKING

from miner import probe, spill
from miner.attempts import Ask, Done, require_prices
from miner.entries import PROBE, Spent, Stored, key
from miner.errors import LLMError, MinerError, Stopped
from miner.flow import (
    TRANSIENT,
    Budget,
    Failure,
    Flow,
    Tries,
    hold_for,
    hourly,
    model_of,
    replicas,
)
from miner.lanes import Lane
from miner.sending import METER_SECONDS, Sender
from miner.types import LLM, Message, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from miner.ledger import Ledger

SPILL_BYTES_PER_REQUEST = 16_384
"""Room set aside on the disk for each request in flight."""
LONGEST_WAIT_SECONDS = 60.0
PING = (Message("user", "Answer with one word: yes"),)


class Asker:
    """Asks one or more models until `stop` or `close`. `answers` is read by the caller's thread."""

    def __init__(
        self,
        models: Mapping[str, LLM],
        ledger: Ledger,
        flow: Flow,
        secret: bytes,
        spent: Spent,
    ) -> None:
        self.answers: queue.SimpleQueue[tuple[str, Stored] | Done] = queue.SimpleQueue()
        self.models, self.ledger, self.flow = models, ledger, flow
        self._sender = Sender(ledger, flow, secret, spent)
        self._lanes: dict[str, list[Lane]] = {}
        self._lane_of: dict[str, Lane] = {}
        self._retired: list[LLM] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._error: MinerError | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asker", daemon=True)

    # -- for the caller's thread

    @property
    def budget(self) -> Budget:
        """Spent and held back."""
        return self._sender.budget

    @property
    def sending(self) -> int:
        """Requests in flight."""
        return self._sender.sending

    def start(self) -> None:
        """Begin.

        Raises:
            RecipeError: There is a budget of money, but nobody knows what a token costs.
            Stopped: There is no room on the disk for the replies.
        """
        require_prices(self.models.values(), self.flow)
        size = self.flow.in_flight * SPILL_BYTES_PER_REQUEST
        try:
            spill.set_aside(self.ledger.spill_path, size)
        except OSError as error:
            raise Stopped(f"{self.ledger.path.parent}: no room for replies: {error}") from error
        self._thread.start()
        self._ready.wait()

    def submit(self, ask: Ask) -> None:
        """Hand over a request; its answer comes through `answers`."""
        self._call(self._begin, ask)

    def next(self, seconds: float | None = None) -> tuple[str, Stored] | Done | None:
        """Wait for an answer; None if there is none in time."""
        try:
            return self.answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def stop(self, error: MinerError | None = None) -> None:
        """Send nothing more, wait for what is in flight, then answer `Done(error)`."""
        self._call(self._stop, error)

    def abandon(self) -> None:
        """Give up even what is in flight."""
        self._call(self._cancel)

    def close(self) -> None:
        """Stop, and wait until the thread is gone."""
        if self._thread.is_alive():
            self.stop()
            self._thread.join()
        if not self._sender.spilled:
            self.ledger.spill_path.unlink(missing_ok=True)

    def _call(self, function: Callable[..., None], *values: object) -> None:
        """Let the loop do something, if it is still there."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *values)

    # -- in the loop

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, which raises it
            self._error = self._error or _as_ours(error)
        finally:
            self._ready.set()
            self.answers.put(Done(self._error))

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        for name, llm in self.models.items():
            self._lanes[name] = [Lane(one, self.flow) for one in replicas(llm)]
        for lane in self._all_lanes():
            _open(lane.llm)
        self._ready.set()
        if dollars := sum(map(hourly, self.models.values())):
            self._spawn(self._meter(dollars))
        await self._stopping.wait()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.flow.grace_seconds)
        self._cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._sender.journal.close()
        for llm in [lane.llm for lane in self._all_lanes()] + self._retired:
            if close := getattr(llm, "aclose", None):
                await close()

    def _all_lanes(self) -> list[Lane]:
        return [lane for lanes in self._lanes.values() for lane in lanes]

    def _begin(self, ask: Ask) -> None:
        if not self._stopping.is_set():
            self._spawn(self._ask(ask))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._stop(_as_ours(error))

    def _stop(self, error: MinerError | None) -> None:
        if not self._stopping.is_set():
            self._error = error
            self._stopping.set()
            for lane in self._all_lanes():
                lane.shut()

    def _cancel(self) -> None:
        self._stopping.set()
        for task in self._tasks:
            task.cancel()

    def _lane(self, ask: Ask) -> Lane:
        """The document's lane; a new document takes the one with the least to do."""
        lanes = self._lanes[ask.model]
        if len(lanes) == 1:
            return lanes[0]
        document = f"{ask.model}|{ask.request.document}"
        lane = self._lane_of.get(document)
        if lane is None or lane.closed:
            lane = min(lanes, key=lambda one: (one.closed, one.active + one.waiting))
            if len(self._lane_of) > 100_000:
                self._lane_of.clear()
            self._lane_of[document] = lane
        return lane

    # -- one request

    async def _ask(self, ask: Ask) -> None:
        try:
            self.answers.put((ask.id, await self._persist(ask)))
        except MinerError as error:
            self._stop(error)

    async def _persist(self, ask: Ask, pinned: Lane | None = None) -> Stored:
        """Send until there is a reply, or it is given up."""
        tries = Tries(min(2, self.flow.attempts) if pinned else self.flow.attempts)
        while True:
            lane = pinned or self._lane(ask)
            if ask.request.schema is not None and not pinned:
                await self._learn_mode(lane, ask)
            hold = hold_for(lane.llm, ask.request)
            entered = await lane.enter(ask.order, hold.tokens)
            if entered is None:
                continue

            def judge(failure: Failure, lane: Lane = lane, entered: float = entered) -> bool:
                return tries.end_with(failure, counts=self._tell(lane, entered, failure))

            try:
                result = await self._sender.send(lane.llm, ask, hold, judge)
                if isinstance(result, Stored):
                    lane.succeeded()
            except MinerError as error:
                self._stop(error)  # before the next is let in
                raise
            finally:
                lane.leave()
            if isinstance(result, Stored):
                return result
            if tries.over:
                return Stored(None, result.reason, result.detail)
            await self._sleep(_delay(result, tries.all))
            if self._stopping.is_set():
                raise asyncio.CancelledError

    def _tell(self, lane: Lane, entered: float, failure: Failure) -> bool:
        """Tell the lane of a failure; returns whether it counts against the request."""
        if failure.reason == "rate_limited":
            lane.was_refused(entered, failure.retry_after)
            self._check_outage(lane, failure)
            return False
        if failure.reason not in TRANSIENT:
            return True
        counts = lane.failed(entered)
        if lane.closed and not lane.recovering:
            lane.recovering = True
            if any(
                not one.closed for lanes in self._lanes.values() if lane in lanes for one in lanes
            ):
                lane.send_elsewhere()
            self._spawn(self._recover(lane, failure))
        return counts

    async def _meter(self, dollars_an_hour: float) -> None:
        """Charge the time of servers that are paid by the hour."""
        while not self._stopping.is_set():
            await self._sender.charge(dollars_an_hour)
            await self._sleep(METER_SECONDS)

    async def _learn_mode(self, lane: Lane, ask: Ask) -> None:
        """Find out once which structured output the server enforces, if that is left open."""

        async def once(id: str, request: Request) -> Stored:
            return await self._persist(dataclasses.replace(ask, id=id, request=request), lane)

        async with lane.learning:
            if getattr(lane.llm, "structured", "") == "auto":
                self._retired += await probe.learn_mode(lane, self.ledger, once)
                _open(lane.llm)

    # -- when the server is down

    async def _recover(self, lane: Lane, failure: Failure) -> None:
        """Ask a small question now and then, until it is answered."""
        wait = 1.0
        request = Request(PROBE, "", PING, max_tokens=16, sample=time.time_ns())
        ask = Ask(-1, key(request, model_of(lane.llm)), request, "")
        while lane.closed:
            self._check_outage(lane, failure)
            await self._sleep(wait * random.uniform(0.5, 1.0))
            if self._stopping.is_set():
                return
            hold = hold_for(lane.llm, request)
            result = await self._sender.send(lane.llm, ask, hold, lambda _: False)
            if isinstance(result, Stored) or result.reason not in TRANSIENT | {"rate_limited"}:
                lane.reopen()
            else:
                failure = result
            wait = min(LONGEST_WAIT_SECONDS, wait * 2)
        lane.recovering = False

    def _check_outage(self, lane: Lane, failure: Failure) -> None:
        allowed = self.flow.max_outage_seconds if lane.answered else self.flow.patience_seconds
        if lane.outage() > allowed and all(one.outage() > 0 for one in self._all_lanes()):
            where = getattr(lane.llm, "endpoint", "") or model_of(lane.llm)
            how_long = f"for {lane.outage():.0f} s"
            if lane.answered or failure.reason == "rate_limited":
                raise Stopped(f"{where}: has not answered {how_long}: {failure}")
            raise LLMError(
                f"{where}: does not answer ({failure}); is the server running at this address? "
                "The same command goes on from here"
            )

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def _open(llm: LLM) -> None:
    """Load what a model needs before its first request, whose time is measured and limited."""
    if prepare := getattr(llm, "open", None):
        prepare()


def _as_ours(error: BaseException) -> MinerError:
    if isinstance(error, MinerError):
        return error
    ours = LLMError(f"asking failed: {type(error).__name__}: {error}")
    ours.__cause__ = error
    return ours


def _delay(failure: Failure, tries: int) -> float:
    """Seconds until the next attempt of this request: others go on meanwhile."""
    backoff = min(LONGEST_WAIT_SECONDS, 2.0 ** max(0, tries - 1))
    return max(failure.retry_after or 0.0, backoff * random.uniform(0.5, 1.0))
