"""Who asks for a run, kept from one call of `drive` to the next."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from miner.asker import Asker
from miner.batches import BatchAsker
from miner.chunks import open_chunks
from miner.entries import NANO
from miner.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from miner.attempts import Ask, Done
    from miner.entries import Stored
    from miner.errors import MinerError
    from miner.flow import Budget, Flow
    from miner.ledger import Ledger
    from miner.types import LLM


class Answers(Protocol):
    """Who asks: miner.asker.Asker at once, miner.batches.BatchAsker by batches."""

    @property
    def budget(self) -> Budget:
        """Spent and held back."""

    @property
    def sending(self) -> int:
        """Requests in flight."""

    def start(self) -> None:
        """Begin."""

    def submit(self, ask: Ask) -> None:
        """Hand over a request."""

    def next(self, seconds: float | None = None) -> tuple[str, Stored] | Done | None:
        """Wait for an answer; None if there is none in time."""

    def stop(self, error: MinerError | None = None) -> None:
        """Send nothing more; when what is in flight has come, answer `Done(error)`."""

    def abandon(self) -> None:
        """Give up even what is in flight."""

    def close(self) -> None:
        """Stop, and wait until that is done."""


class Session:
    """What one run keeps from one call of `drive` to the next.

    Connections, windows, rates and breakers of who asks, when the run's deadline is, and how much
    was asked and spent. All calls must be for the same model, ledger, flow and secret.
    """

    def __init__(self, flow: Flow) -> None:
        """The deadline's clock starts here."""
        self.asker: Answers | None = None
        self.ends: float | None = None
        if flow.deadline_seconds is not None:
            self.ends = time.monotonic() + flow.deadline_seconds
        self.settled = 0
        """Requests that a model answered, or that were given up."""
        self.forgiven: Counter[str] = Counter()
        """Of replies that could be used, whoever they came from: fences and the like, by kind."""
        self._dollars: float | None = None

    @property
    def sending(self) -> int:
        """Requests in flight."""
        return 0 if self.asker is None else self.asker.sending

    @property
    def dollars(self) -> float:
        """Spent over all calls, with what is held back for requests in flight."""
        asker = self.asker  # another thread may take it away
        return (self._dollars or 0.0) if asker is None else asker.budget.nano / NANO

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return self.ends is not None and time.monotonic() >= self.ends

    @property
    def settled_dollars(self) -> float:
        """Spent on what has come, without what is held back."""
        asker = self.asker
        return self.dollars if asker is None else (asker.budget.nano - asker.budget.held) / NANO

    def begin(self, ledger: Ledger) -> None:
        """Take note of what earlier sessions spent."""
        if self._dollars is None:
            self._dollars = ledger.spent().dollars

    def start(
        self, models: Mapping[str, LLM], ledger: Ledger, flow: Flow, secret: bytes
    ) -> Answers:
        """Who asks these models: begun at the first call, the same at every other.

        Raises:
            RecipeError: The models cannot be asked together, or not before a batch is answered.
        """
        if self.asker is not None:
            return self.asker
        by_batch = [hasattr(llm, "provider") for llm in models.values()]
        asker: Answers
        if all(by_batch):
            asker = BatchAsker(models, ledger, flow, secret)
        elif any(by_batch):
            raise RecipeError("[llm]: models that are asked by batch go with none that are not")
        else:
            if chunks := open_chunks(ledger.path.parent / "batches"):
                raise RecipeError(
                    f"{chunks[0]}: this batch is still to be answered, and paid; take it with "
                    "kind = 'openai_batch', or remove the file to give it up"
                )
            asker = Asker(models, ledger, flow, secret, ledger.spent())
        self.asker = asker
        asker.start()
        return asker

    def close(self) -> None:
        """Let what is in flight come in, and end the asking."""
        if self.asker is not None:
            self.asker.close()
            self._dollars = self.asker.budget.nano / NANO
            self.asker = None
