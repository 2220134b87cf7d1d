"""Requests that nobody answers now: written down for files, while their minings come again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from miner.attempts import prepare, require_prices
from miner.entries import Waiting
from miner.errors import Stopped
from miner.flow import Budget, hold_for

if TYPE_CHECKING:
    from miner.flow import Flow
    from miner.ledger import Ledger
    from miner.types import LLM, Request

WRITTEN_TOGETHER = 500
"""Requests of a batch that are noted in the ledger at once."""


class Collector(Protocol):
    """Where requests go that are answered by files: what an LLM's `collector(folder)` returns."""

    def add(self, id: str, request: Request) -> None:
        """Take one request, as it is to be sent."""

    def hand_over(self) -> Stopped:
        """Finish, and say what the user does next."""


class Batch(Protocol):
    """Takes the requests that are not in the ledger, in the place of a model that answers."""

    @property
    def count(self) -> int:
        """Requests taken, each counted once."""

    def add(self, id: str, request: Request) -> None:
        """Take one request, as its task wrote it."""

    def hand_over(self) -> Stopped:
        """Finish, and say what comes next."""


class Collecting:
    """Writes requests down, as far as the budget goes."""

    def __init__(
        self, llm: LLM, collector: Collector, ledger: Ledger, flow: Flow, secret: bytes
    ) -> None:
        require_prices([llm], flow)
        self.llm, self.collector, self.ledger, self.secret = llm, collector, ledger, secret
        self.budget = Budget(flow, ledger.spent())
        self._seen: set[str] = set()
        self._waiting: list[Waiting] = []
        self._left = 0

    @property
    def count(self) -> int:
        """Requests of this call, each counted once."""
        return len(self._seen)

    def add(self, id: str, request: Request) -> None:
        """Write down one request, unless it is there already or the budget has no room for it."""
        if id in self._seen:
            return
        self._seen.add(id)
        hold = hold_for(self.llm, request)
        if self.ledger.waiting(id) is None and not self.budget.reserve(hold):
            self._left += 1
            return
        shown, sent = prepare(self.llm, id, request, self.secret, hold)
        self.collector.add(id, shown)
        self._waiting.append(Waiting(sent))
        if len(self._waiting) >= WRITTEN_TOGETHER:
            self._write()

    def _write(self) -> None:
        self.ledger.apply(self._waiting)
        self._waiting.clear()

    def hand_over(self) -> Stopped:
        """Finish the files; returns what to do with them."""
        self._write()
        if self._left == self.count:
            return Stopped(f"the budget is used up: {self.budget}; raise it and go on from here")
        stopped = self.collector.hand_over()
        if self._left:
            waits = f"{self._left} more wait until the budget has room ({self.budget})"
            return Stopped(f"{stopped}; {waits}", stopped.more)
        return stopped
