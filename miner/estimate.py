"""What a run would ask and cost, without asking: the first requests of its minings, looked up."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.drive import Driver, Flow
from miner.entries import NANO
from miner.errors import Stopped
from miner.flow import hold_for, price_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from miner.ledger import Ledger
    from miner.types import LLM, Mining, Request

CHARS_PER_TOKEN = 4
"""Of English prose; the lower figure of an estimate, and no bound."""


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked. Later rounds of a task are known only when the first are answered.

    `dollars` reaches from what earlier replies suggest to the bound that a budget sets aside.
    """

    in_ledger: int
    to_ask: dict[str, int]
    """First requests by task."""
    prompt_tokens: int
    tokens_bound: int
    dollars: tuple[float, float]
    priced: bool
    seconds: float | None
    """By the ledger's latencies and `in_flight`; None where nothing was answered yet."""


class _Counting:
    """Takes requests that are not in the ledger, and only counts them."""

    def __init__(self, models: dict[str, LLM], ledger: Ledger) -> None:
        self.models = models
        self.seen: set[str] = set()
        self.by_task: Counter[str] = Counter()
        self.chars = self.bound = self.nano_bound = 0
        self.nano_likely = 0.0
        rows = {row["task"]: row for row in ledger.breakdown()}
        self.completion = {
            task: row["completion_tokens"] / max(1, row["requests"]) for task, row in rows.items()
        }

    @property
    def count(self) -> int:
        return len(self.seen)

    def add(self, id: str, request: Request) -> None:
        if id in self.seen:
            return
        self.seen.add(id)
        self.by_task[request.task] += 1
        llm = self.models[request.model]
        chars = sum(len(m.content) for m in request.messages)
        hold, price = hold_for(llm, request), price_of(llm)
        self.chars += chars
        self.bound += hold.tokens
        self.nano_bound += hold.nano
        likely = self.completion.get(request.task, 0.0)
        self.nano_likely += price.prompt * chars / CHARS_PER_TOKEN + price.completion * likely

    def hand_over(self) -> str:
        return "counted"


def estimate(
    minings: Iterable[tuple[Any, Mining]],
    llm: LLM,
    ledger: Ledger,
    flow: Flow | None = None,
    secret: bytes = b"",
) -> Estimate:
    """Run minings as far as the ledger goes, and count what they would ask; nothing is sent."""
    settings = flow or Flow()
    driver = Driver(minings, llm, ledger, settings, secret, None)
    models: dict[str, LLM] = dict(getattr(llm, "models", {"": llm}))
    driver.batch = counting = _Counting(models, ledger)
    try:
        with contextlib.suppress(Stopped):
            for _ in driver.run():
                pass
        found = driver.exchanges.found if driver.exchanges else 0
    finally:
        driver.close()
    spent = ledger.spent()
    seconds = None
    if spent.attempts:
        seconds = spent.seconds / spent.attempts * counting.count / settings.in_flight
    return Estimate(
        in_ledger=found,
        to_ask=dict(sorted(counting.by_task.items())),
        prompt_tokens=counting.chars // CHARS_PER_TOKEN,
        tokens_bound=counting.bound,
        dollars=(counting.nano_likely / NANO, counting.nano_bound / NANO),
        priced=all(price_of(model).known for model in models.values()),
        seconds=seconds,
    )
