"""What a run would ask and cost, without asking: the first requests of its minings, looked up."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.drive import Driver
from miner.entries import NANO, PROBE
from miner.errors import Stopped
from miner.exchange import ledger_at
from miner.flow import hold_for, price_of
from miner.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from miner.drive import Key, Outcome
    from miner.flow import Flow
    from miner.types import LLM, Mining, Request

CHARS_PER_TOKEN = 4
"""Of English prose; the lower figure of an estimate, and no bound."""


@dataclass(frozen=True)
class Need:
    """New requests of one task."""

    requests: int
    dollars: tuple[float, float]
    """From what earlier replies suggest (without any: the prompts alone) to the bound that a budget
    sets aside."""


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked. Later rounds of a task are known when the first are answered."""

    in_ledger: int
    to_ask: dict[str, Need]
    """First requests by task."""
    prompt_tokens: int
    tokens_bound: int
    priced: bool
    answered: bool
    """Whether earlier replies tell how long answers are."""
    seconds: float | None
    """By earlier latencies and `in_flight`; None where nothing was answered yet."""

    @property
    def requests(self) -> int:
        """First requests of all tasks."""
        return sum(need.requests for need in self.to_ask.values())

    @property
    def dollars(self) -> tuple[float, float]:
        """The likely cost of all of them, and its bound."""
        low, high = zip(*(need.dollars for need in self.to_ask.values()), (0.0, 0.0), strict=True)
        return sum(low), sum(high)

    @property
    def bill(self) -> str:
        """The new requests with their price by task, in one line."""
        return ", ".join(
            f"{need.requests} {task} ({self.price(need.dollars)})"
            for task, need in self.to_ask.items()
        )

    def price(self, dollars: tuple[float, float]) -> str:
        """A range of dollars in words."""
        low, high = dollars
        if not self.priced:
            return "price not known"
        if not self.answered:
            return f"${low:.4f} for prompts, with answers at most ${high:.4f}"
        return f"about ${low:.4f}, at most ${high:.4f}"


@dataclass
class _Sum:
    """The new requests of one task, while they are counted."""

    requests: int = 0
    likely: float = 0.0
    bound: int = 0


class Estimator:
    """Runs minings as far as the ledger goes, and counts what they would ask; nothing is sent."""

    def __init__(self, llm: LLM, ledger: Ledger, flow: Flow, secret: bytes = b"") -> None:
        self.llm, self.ledger, self.flow, self.secret = llm, ledger, flow, secret
        self.models: dict[str, LLM] = dict(getattr(llm, "models", {"": llm}))
        self.seen: set[str] = set()
        self.by_task: defaultdict[str, _Sum] = defaultdict(_Sum)
        self.found = self.chars = self.bound = 0
        self.completion: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        """Of each task, and under "" of all: replies that are known, and their tokens."""
        self.attempts, self.seconds = 0, 0.0
        self._learn(ledger)
        for path in flow.reuse:
            with Ledger.open(ledger_at(path), read_only=True) as lender:
                self._learn(lender)

    def _learn(self, ledger: Ledger) -> None:
        """Take note of how long replies are and take."""
        spent = ledger.spent()
        self.attempts += spent.attempts
        self.seconds += spent.seconds
        for row in (row for row in ledger.breakdown() if row["task"] != PROBE):
            for name in (row["task"], ""):
                self.completion[name][0] += row["replies"]
                self.completion[name][1] += row["completion_tokens"]

    def drive(self, minings: Iterable[tuple[Key, Mining]]) -> Iterator[tuple[Key, Outcome]]:
        """The outcomes of the minings whose every reply is there; what others ask is counted."""
        driver = Driver(minings, self.llm, self.ledger, self.flow, self.secret, None)
        driver.batch = self
        try:
            with contextlib.suppress(Stopped):
                yield from driver.run()
        finally:
            self.found += driver.exchanges.found if driver.exchanges else 0
            driver.close()

    # -- in the place of a batch (drive.Batch)

    @property
    def count(self) -> int:
        """New requests, each counted once."""
        return len(self.seen)

    def add(self, id: str, request: Request) -> None:
        """Count one."""
        if id in self.seen:
            return
        self.seen.add(id)
        llm, of_task = self.models[request.model], self.by_task[request.task]
        chars = sum(len(m.content) for m in request.messages)
        hold, price = hold_for(llm, request), price_of(llm)
        self.chars += chars
        self.bound += hold.tokens
        replies, tokens = self.completion.get(request.task, (0, 0))
        if not replies:
            replies, tokens = self.completion[""]
        likely = tokens / max(1, replies)
        of_task.requests += 1
        of_task.bound += hold.nano
        of_task.likely += price.prompt * chars / CHARS_PER_TOKEN + price.completion * likely

    def hand_over(self) -> Stopped:
        """Nothing comes next."""
        return Stopped("counted")

    def result(self) -> Estimate:
        """What was counted."""
        seconds = None
        if self.attempts:
            seconds = self.seconds / self.attempts * self.count / self.flow.in_flight
        return Estimate(
            in_ledger=self.found,
            to_ask={
                task: Need(one.requests, (one.likely / NANO, one.bound / NANO))
                for task, one in sorted(self.by_task.items())
            },
            prompt_tokens=self.chars // CHARS_PER_TOKEN,
            tokens_bound=self.bound,
            priced=all(price_of(model).known for model in self.models.values()),
            answered=self.completion[""][0] > 0,
            seconds=seconds,
        )
