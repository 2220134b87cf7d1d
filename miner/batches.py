"""Asks by batches: what stands in the asker's place where a provider takes files of requests.

A chunk of requests is one file and one batch. Its requests are written to the run's folder, noted
in the ledger with what they may cost, and given a random name that is on the disk before anything
is sent; the batch carries that name as metadata. So a batch whose creation was not seen to succeed,
as the process died or the connection broke, is looked for by its name before another is made, and
nothing is paid twice. What a batch did not do is asked again in another.

All of this runs in the caller's thread: a day is long, and nothing here needs to be quick.
"""

from __future__ import annotations

import functools
import os
import random
import secrets
import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, TypeVar

from miner.attempts import Ask, Done, failed, prepare, replied, require_prices
from miner.chunks import Chunk, take_up
from miner.entries import Stored, Waiting
from miner.errors import LLMError, MinerError, Stopped
from miner.flow import TRANSIENT, Budget, Failure, Hold, hold_for
from miner.providers import MOST_BYTES, stop_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from miner.entries import Failed, Operation, Replied
    from miner.flow import Flow
    from miner.ledger import Ledger
    from miner.providers import Provider, Status
    from miner.types import LLM, Reply

T = TypeVar("T")

TOGETHER = 500
"""Operations that are committed to the ledger together."""
LONGEST_WAIT_SECONDS = 60.0
DAY_SECONDS = 86_400.0
APPEARS_SECONDS = 30.0
"""How long after a creation that was not seen to succeed its batch may still come to light."""


class BatchAsker:
    """Asks by batches until `stop` or `close`. Used like `miner.asker.Asker`."""

    def __init__(
        self, models: Mapping[str, LLM], ledger: Ledger, flow: Flow, secret: bytes
    ) -> None:
        self.models: dict[str, Any] = dict(models)
        self.ledger, self.flow, self.secret = ledger, flow, secret
        self.folder = ledger.path.parent / "batches"
        self.chunks: list[Chunk] = []
        self.budget = Budget(flow, ledger.spent())
        self._most = {name: int(llm.requests_per_batch) for name, llm in self.models.items()}
        self._providers: dict[str, Provider] = {}
        self._asks: dict[str, Ask] = {}
        self._queue: deque[Ask] = deque()
        self._answers: deque[tuple[str, Stored]] = deque()
        self._tries: Counter[str] = Counter()
        self._begun: set[str] = set()
        """Ids of all requests in `chunks`."""
        self._full = False
        """The provider takes no more at once: one batch, of half the size, until one has ended."""
        self._answered = False
        self._stopping = threading.Event()
        self._error: MinerError | None = None

    # -- as of Asker

    @property
    def sending(self) -> int:
        """Requests of open batches."""
        return len(self._begun)

    def start(self) -> None:
        """Take up the batches of an earlier call.

        Raises:
            RecipeError: There is a budget of money, but nobody knows what a token costs.
            LLMError: A batch belongs to another model or address.
        """
        require_prices(self.models.values(), self.flow)
        self._providers = {name: llm.provider() for name, llm in self.models.items()}
        for chunk in take_up(self.folder):
            llm = self.models.get(chunk.model)
            if llm is None or llm.endpoint != chunk.endpoint:
                raise LLMError(
                    f"{chunk.state}: this batch was made for '{chunk.model}' at {chunk.endpoint}, "
                    "which the recipe does not name; let it do so until the batch has ended"
                )
            self._add(chunk)

    def submit(self, ask: Ask) -> None:
        """Take a request; one that an open batch holds already is only waited for."""
        self._asks[ask.id] = ask
        if ask.id not in self._begun:
            self._queue.append(ask)

    def next(self, seconds: float | None = None) -> tuple[str, Stored] | Done | None:
        """The next answer; None if there is none in time."""
        ends = None if seconds is None else time.monotonic() + seconds
        while True:
            if self._answers:
                id, stored = self._answers.popleft()
                self._asks.pop(id, None)
                return id, stored
            if self._stopping.is_set():
                return Done(self._last_word(self._error))
            try:
                self._turn()
            except MinerError as error:
                return Done(self._last_word(self._error if self._stopping.is_set() else error))
            if self._answers:
                continue
            left = None if ends is None else ends - time.monotonic()
            if left is not None and left <= 0:
                return None
            poll = min(float(llm.poll_seconds) for llm in self.models.values())
            self._stopping.wait(poll if left is None else min(poll, left))

    def stop(self, error: MinerError | None = None) -> None:
        """End with this error; what the provider has begun goes on there."""
        if not self._stopping.is_set():
            self._error = error
            self._stopping.set()

    def abandon(self) -> None:
        """There is nothing in flight that could be given up."""
        self.stop()

    def close(self) -> None:
        """Close the connections."""
        for provider in self._providers.values():
            provider.close()

    def _last_word(self, error: MinerError | None) -> MinerError | None:
        made = sum(bool(chunk.batch) for chunk in self.chunks)
        if made and type(error) is Stopped:
            return Stopped(f"{error}; {made} batches go on at the provider, and are found again")
        return error

    # -- one turn: take what has ended, send what has come together

    def _turn(self) -> None:
        for chunk in list(self.chunks):
            status = self._settle(chunk)
            if status is not None and status.state != "open":
                self._end(chunk, status)
        if not self._answers:
            self._send()
        if not (self.chunks or self._answers) and self._queue:
            raise Stopped(f"the budget is used up: {self.budget}; raise it and go on from here")

    def _settle(self, chunk: Chunk) -> Status | None:
        """How a chunk's batch stands; None where it was never made, and the chunk is given up."""
        provider = self._providers[chunk.model]
        if chunk.batch:
            return self._insist(lambda: provider.look(chunk.batch))
        status = self._find(chunk) if chunk.file else None
        if status is None:
            self._release(chunk)
        return status

    def _find(self, chunk: Chunk) -> Status | None:
        """Look for a batch whose creation was not seen to succeed."""
        provider = self._providers[chunk.model]
        while True:
            status = self._insist(lambda: provider.find(chunk.name, chunk.written - DAY_SECONDS))
            if status is not None:
                chunk.made(status.id)
                return status
            left = chunk.written + APPEARS_SECONDS - time.time()
            if left <= 0:
                return None
            self._pause(min(left, 5.0))

    def _send(self) -> None:
        while self._queue and not (self._full and self.chunks):
            chunk = self._write()
            if chunk is None:
                return
            self._create(chunk, self._providers[chunk.model])

    def _create(self, chunk: Chunk, provider: Provider) -> None:
        """Make the batch: once, even where it is not told whether it was made."""
        chunk.file = self._insist(lambda: provider.upload(chunk.name, chunk.requests))
        while True:
            self._pause(0)
            chunk.written = time.time()
            chunk.keep()
            try:
                status = provider.create(chunk.name, chunk.file)
            except Failure as failure:
                if failure.reason == "rate_limited":
                    self._pause(max(failure.retry_after or 0.0, 1.0))
                elif failure.reason not in TRANSIENT:
                    self._release(chunk)
                    raise stop_for(failure) from failure
                elif failure.unsent:
                    self._pause(1.0)
                elif self._find(chunk) is not None:
                    return
            else:
                chunk.made(status.id)
                return

    # -- chunks

    def _add(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)
        self._begun.update(chunk.ids)

    def _forget(self, chunk: Chunk) -> None:
        chunk.forget()
        self.chunks.remove(chunk)
        self._begun.difference_update(chunk.ids)
        self.budget = Budget(self.flow, self.ledger.spent())

    def _write(self) -> Chunk | None:
        """Write a chunk of what waits, as far as budget and limits allow, and note it."""
        name = self._queue[0].model
        llm = self.models[name]
        chunk = Chunk(self.folder, secrets.token_hex(12), name, llm.endpoint, time.time())
        self.folder.mkdir(parents=True, exist_ok=True)
        notes: list[Operation] = []
        passed: list[Ask] = []
        size = 0
        with chunk.requests.open("wb") as file:
            while self._queue and len(chunk.ids) < self._most[name]:
                ask = self._queue.popleft()
                if ask.model != name:
                    passed.append(ask)
                    continue
                hold = hold_for(llm, ask.request)
                shown, sent = prepare(llm, ask.id, ask.request, self.secret, hold)
                line = llm.line(ask.id, shown)
                noted = self.ledger.waiting(ask.id) is not None
                room = size + len(line) <= MOST_BYTES or not chunk.ids
                if not room or not (noted or self.budget.reserve(hold)):
                    self._queue.appendleft(ask)
                    break
                size += file.write(line)
                chunk.ids.append(ask.id)
                notes.append(Waiting(sent))
            file.flush()
            os.fsync(file.fileno())
        self._queue.extendleft(reversed(passed))
        if not chunk.ids:
            chunk.requests.unlink()
            return None
        chunk.begin()
        self._add(chunk)
        self._apply(notes)
        return chunk

    def _apply(self, operations: Iterable[Operation]) -> None:
        together: list[Operation] = []
        for operation in operations:
            together.append(operation)
            if len(together) >= TOGETHER:
                self.ledger.apply(together)
                together = []
        self.ledger.apply(together)

    # -- the end of a batch

    def _end(self, chunk: Chunk, status: Status) -> None:
        if status.state == "failed":
            self._refused(chunk, status)
            return
        provider, llm = self._providers[chunk.model], self.models[chunk.model]
        for number, file in enumerate(status.files):
            self._insist(functools.partial(provider.fetch, file, chunk.answers(number)))
        stops = self._take(chunk, llm, len(status.files))
        self._forget(chunk)
        self._full = False
        self.budget = Budget(self.flow, self.ledger.spent())
        if stops is not None:
            raise stops
        if status.state == "cancelled":
            raise Stopped(f"batch {status.id} was cancelled; what it had done is kept")

    def _take(self, chunk: Chunk, llm: Any, files: int) -> MinerError | None:
        """Write all answers of a chunk into the ledger; returns what ends the run, if anything."""
        missing = dict.fromkeys(chunk.ids)
        stops: MinerError | None = None
        operations: list[Operation] = []
        for number in range(files):
            for id, answer in llm.answers(chunk.answers(number)):
                if id not in missing:
                    continue
                del missing[id]
                if isinstance(answer, Failure) and answer.reason == "quota":
                    stops = stop_for(answer)
                operations += self._settled(id, answer, llm)
            self._apply(operations)
            operations = []
        lost = Failure("unavailable", "the batch ended before this request was done", status=503)
        for id in missing:
            operations += self._settled(id, lost, llm)
        self._apply(operations)
        self._hand_out(chunk)
        return stops

    def _settled(self, id: str, answer: Reply | Failure, llm: LLM) -> list[Replied | Failed]:
        waits = self.ledger.waiting(id)
        if waits is None:
            return []  # an earlier call has taken it, and died
        self._answered = True
        hold = Hold(waits.nano, waits.tokens)
        if not isinstance(answer, Failure):
            return [replied(waits.attempt, id, answer, llm, hold)]
        self._tries[id] += 1
        patient = answer.reason in TRANSIENT | {"rate_limited", "quota"}
        final = not patient or self._tries[id] >= self.flow.attempts
        return [failed(waits.attempt, id, answer, hold, final=final)]

    def _hand_out(self, chunk: Chunk) -> None:
        """Give out what is settled; ask for the rest again."""
        for id in chunk.ids:
            stored = self.ledger.find(id)
            if stored is not None:
                self._answers.append((id, stored))
            elif id in self._asks:
                self._queue.append(self._asks[id])

    def _release(self, chunk: Chunk) -> None:
        """No batch was made of this chunk: nothing of it costs anything."""
        unsent = Failure("unavailable", "no batch was made of it", unsent=True)
        self._apply(
            failed(attempt, id, unsent, hold, final=False)
            for id, attempt, hold in self._open(chunk)
        )
        self._forget(chunk)
        self._hand_out(chunk)

    def _open(self, chunk: Chunk) -> Iterator[tuple[str, int, Hold]]:
        """Id, attempt and hold of what is noted as handed over."""
        for id in chunk.ids:
            if (waits := self.ledger.waiting(id)) is not None:
                yield id, waits.attempt, Hold(waits.nano, waits.tokens)

    def _refused(self, chunk: Chunk, status: Status) -> None:
        """The provider did not begin with the batch: too much at once, or bad lines."""
        bad = {chunk.ids[n - 1]: m for n, _, m in status.problems if 0 < n <= len(chunk.ids)}
        if any("limit" in code for _, code, _ in status.problems) and (
            len(chunk.ids) > 1 or len(self.chunks) > 1
        ):
            self._full = True
            self._most[chunk.model] = max(1, len(chunk.ids) // 2)
        elif not bad or len(bad) == len(chunk.ids):
            self._release(chunk)
            raise LLMError(f"batch {status.id} was refused: {status.why}")
        self._apply(
            failed(attempt, id, Failure("bad_request", bad[id]), hold, final=True)
            for id, attempt, hold in self._open(chunk)
            if id in bad
        )
        self._release(chunk)

    # -- waiting

    def _insist(self, call: Callable[[], T]) -> T:
        """Call until it succeeds: these calls cost nothing and change nothing twice.

        Raises:
            Stopped: The provider has not answered for too long, or work was stopped.
            LLMError: It never will.
        """
        since, tries = time.monotonic(), 0
        while True:
            try:
                result = call()
            except Failure as failure:
                if failure.reason not in TRANSIENT | {"rate_limited"}:
                    raise stop_for(failure) from failure
                flow = self.flow
                allowed = flow.max_outage_seconds if self._answered else flow.patience_seconds
                if time.monotonic() - since > allowed:
                    raise Stopped(f"the provider has not answered: {failure}") from failure
                wait = min(LONGEST_WAIT_SECONDS, 2.0**tries) * random.uniform(0.5, 1.0)
                self._pause(max(failure.retry_after or 0.0, wait))
                tries += 1
            else:
                self._answered = True
                return result

    def _pause(self, seconds: float) -> None:
        """Wait, unless work is stopped.

        Raises:
            Stopped: It was.
        """
        if self._stopping.wait(seconds) if seconds else self._stopping.is_set():
            raise self._error or Stopped("asking has ended")
