"""Sends a request once: money is held back before it, the ledger is written before and after."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from typing import TYPE_CHECKING

from miner.attempts import as_stored, failed, prepare, replied
from miner.entries import NANO, Metered
from miner.errors import LLMError, Stopped
from miner.flow import FATAL, Budget, Failure
from miner.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from miner.attempts import Ask
    from miner.entries import Failed, Replied, Spent, Stored
    from miner.flow import Flow, Hold
    from miner.ledger import Ledger
    from miner.types import LLM, Reply

METER_SECONDS = 10.0
"""For which servers that are paid by the hour are charged at once."""


class Sender:
    """What all attempts share. All methods run in one event loop."""

    def __init__(self, ledger: Ledger, flow: Flow, secret: bytes, spent: Spent) -> None:
        self.ledger, self.flow, self.secret = ledger, flow, secret
        self.budget = Budget(flow, spent)
        self.journal = Journal(ledger)
        self.sending = 0
        """Attempts in flight."""
        self.spilled = False
        """Whether a reply lies beside the ledger, which had no room for it."""
        self._settled = asyncio.Event()

    async def send(
        self, llm: LLM, ask: Ask, hold: Hold, judge: Callable[[Failure], bool]
    ) -> Stored | Failure:
        """Send once, between two writes to the ledger. `judge` says whether a failure is final.

        Raises:
            Stopped: The budget is used up, the disk is full, or the provider's quota is.
            LLMError: No request would be answered.
        """
        await self._reserve(hold)
        try:
            sent_request, sent = prepare(llm, ask.id, ask.request, self.secret, hold)
            try:
                number = await self.journal.write(sent)
            except sqlite3.Error as error:
                self.budget.cancel(hold)
                raise Stopped(f"{self.ledger.path}: cannot write: {error}") from error
            started = time.monotonic()
            try:
                async with asyncio.timeout(self.flow.timeout_seconds):
                    answer: Reply | Failure = await llm.complete(sent_request)
            except TimeoutError:
                answer = Failure("timeout", f"no reply in {self.flow.timeout_seconds:g} s")
            except Failure as failure:
                answer = failure
            seconds = time.monotonic() - started
            if isinstance(answer, Failure):
                final = judge(answer)
                return await self._write_failure(ask, number, answer, hold, seconds, final=final)
            return await self._write_reply(ask, number, answer, hold, seconds, llm)
        finally:
            self.sending -= 1
            self._settled.set()

    async def _reserve(self, hold: Hold) -> None:
        """Hold money and tokens back; wait while others might give some back."""
        while not self.budget.reserve(hold):
            if not self.sending:
                raise Stopped(f"the budget is used up: {self.budget}; raise it and go on from here")
            self._settled.clear()
            await self._settled.wait()
        self.sending += 1

    async def charge(self, dollars_an_hour: float) -> None:
        """Charge the next METER_SECONDS of servers that are paid by the hour, before they pass.

        Raises:
            Stopped: The budget has no room for them.
        """
        nano = math.ceil(dollars_an_hour * NANO * METER_SECONDS / 3600)
        if not self.budget.charge(nano):
            stopped = Stopped(f"the budget is used up: {self.budget}; raise it and go on from here")
            self.budget.charge(-nano)
            raise stopped
        await self.journal.write(Metered(time.time(), METER_SECONDS, nano))

    async def _write_reply(
        self, ask: Ask, number: int, reply: Reply, hold: Hold, seconds: float, llm: LLM
    ) -> Stored:
        kept = replied(number, ask.id, reply, llm, hold, seconds)
        tokens = reply.prompt_tokens + reply.completion_tokens
        self.budget.settle(hold, kept.cost, hold.tokens if kept.estimated else tokens)
        await self._write(kept)
        return as_stored(reply, kept, llm)

    async def _write_failure(
        self, ask: Ask, number: int, failure: Failure, hold: Hold, seconds: float, *, final: bool
    ) -> Failure:
        kept = failed(number, ask.id, failure, hold, seconds, final=final)
        self.budget.settle(hold, kept.cost, kept.tokens)
        await self._write(kept)
        if failure.reason in FATAL:
            raise LLMError(failure.detail)
        if failure.reason == "quota":
            raise Stopped(f"the provider's quota is used up: {failure.detail}")
        return failure

    async def _write(self, operation: Replied | Failed) -> None:
        """Write what came back; if the ledger cannot take it, keep it in the room set aside."""
        try:
            await self.journal.write(operation)
        except sqlite3.Error as error:
            self.spilled = True
            self.ledger.keep_aside(operation)
            raise Stopped(f"{self.ledger.path}: cannot write: {error}") from error
