"""How requests flow: settings, what can go wrong with one, and money that is held back before it.

`Flow` is the `[flow]` table of a recipe. It says how to ask and never what, so changing it changes
no result and no key in the ledger.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.entries import NANO, Spent, key

if TYPE_CHECKING:
    from miner.types import LLM, Request

MESSAGE_TOKENS = 64
"""Upper bound of what a chat template adds to one message; four times that for the whole prompt."""


@dataclass(frozen=True)
class Flow:
    """Limits on asking a model. Everything here may change between two calls of one run."""

    budget: float | None = None
    """Dollars, over all calls that share the ledger."""
    budget_tokens: int | None = None
    budget_requests: int | None = None
    """Sendings, tries included."""
    in_flight: int = 256
    """Most requests at once; fewer are used until the server has shown that it copes."""
    start_in_flight: int = 16
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_seconds: float = 300.0
    """Of one request from sending to the last byte, on the wall's clock."""
    attempts: int = 5
    """Sendings of one request before it counts as failed; outages and 429 do not count."""
    patience_seconds: float = 20.0
    """How long a server that has never answered is waited for."""
    max_outage_seconds: float = 7200.0
    """How long one that has answered before is waited for."""
    deadline_seconds: float | None = None
    """Of the whole call; then it stops, and can be resumed."""
    grace_seconds: float = 30.0
    """How long replies on their way are waited for when work stops."""
    reask: bool = True
    """Whether a reply that cannot be read is asked for once more, with the error."""
    retry_failed: bool = False
    """Whether requests that an earlier call gave up are sent again."""
    reuse: tuple[str, ...] = ()
    """Ledgers, or folders of runs, whose replies are taken over free of charge."""
    replay: bool = False
    """Whether only replies that ledgers hold are used, and nobody is asked."""

    def __post_init__(self) -> None:
        for name in ("in_flight", "start_in_flight", "timeout_seconds", "attempts"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be above 0")
        for name in ("requests_per_minute", "tokens_per_minute", "deadline_seconds"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise ValueError(f"'{name}' must be above 0; leave it out for no limit")
        for name in ("budget", "budget_tokens", "budget_requests"):
            if not (getattr(self, name) or 0) >= 0:
                raise ValueError(f"'{name}' must not be below 0")


class Failure(Exception):  # noqa: N818 - it is an outcome of one attempt, not an error of ours
    """One attempt came to nothing. Backends raise it; drive decides what follows.

    `reason` is one of REASONS. `body` is what came back, if anything did. `unsent` says that no
    connection was made, so that nothing can have been billed.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        status: int = 0,
        retry_after: float | None = None,
        body: str = "",
        unsent: bool = False,
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail, self.body = reason, detail[:2000], body
        self.status, self.retry_after, self.unsent = status, retry_after, unsent

    @property
    def maybe_billed(self) -> bool:
        """Whether the server may have done the work although nothing usable came back."""
        if self.reason == "unavailable":
            return self.status == 0 and not self.unsent
        return self.reason in {"timeout", "malformed_response", "too_large"}


TRANSIENT = frozenset({"unavailable", "timeout", "malformed_response"})
"""May go better next time; many in a row mean that the server is down."""
FATAL = frozenset({"unauthorized", "unknown_model", "wrong_address"})
"""No request will do better, so nothing more is sent."""
REASONS = TRANSIENT | FATAL | {"rate_limited", "quota", "bad_request", "too_long", "too_large"}


# -------------------------------------------------------------------------------------- money


@dataclass(frozen=True, slots=True)
class Price:
    """Nano-dollars a token, which is thousandths of a dollar a million tokens."""

    prompt: float = 0.0
    completion: float = 0.0
    known: bool = True
    """False where nobody said what a token costs; then no budget of money can be kept."""

    def cost(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Nano-dollars, rounded up."""
        exact = self.prompt * prompt_tokens + self.completion * completion_tokens
        return int(exact) + (exact > int(exact))


def prompt_bound(request: Request) -> int:
    """The most tokens that a prompt can have: no tokenizer makes more tokens than bytes."""
    sizes = [len(m.content.encode("utf-8", "surrogatepass")) for m in request.messages]
    # The schema stands in the prompt, and some servers put it there once more.
    schema = 2 * len(str(request.schema).encode("utf-8", "replace")) if request.schema else 0
    return sum(sizes) + schema + MESSAGE_TOKENS * (len(sizes) + 4)


@dataclass(frozen=True, slots=True)
class Hold:
    """What one attempt may take at most."""

    nano: int
    tokens: int


class Budget:
    """Spent and held back, against what is allowed. Held plus spent never exceeds a limit."""

    def __init__(self, flow: Flow, spent: Spent) -> None:
        self.limit_nano = None if flow.budget is None else round(flow.budget * NANO)
        self.limit_tokens, self.limit_requests = flow.budget_tokens, flow.budget_requests
        self.nano, self.tokens, self.requests = spent.nano, spent.tokens, spent.attempts
        self.held = 0
        """Of `nano`, what is held back for attempts in flight."""

    def reserve(self, hold: Hold) -> bool:
        """Take the hold if all limits allow it."""
        if self._over(self.limit_nano, self.nano + hold.nano):
            return False
        if self._over(self.limit_tokens, self.tokens + hold.tokens):
            return False
        if self._over(self.limit_requests, self.requests + 1):
            return False
        self.nano += hold.nano
        self.held += hold.nano
        self.tokens += hold.tokens
        self.requests += 1
        return True

    def settle(self, hold: Hold, nano: int, tokens: int) -> None:
        """Put what an attempt really took in the place of its hold."""
        self.nano += nano - hold.nano
        self.held -= hold.nano
        self.tokens += tokens - hold.tokens

    def charge(self, nano: int) -> bool:
        """Add what time costs; returns whether the limit allows it."""
        self.nano += nano
        return not self._over(self.limit_nano, self.nano)

    def cancel(self, hold: Hold) -> None:
        """Give back the hold of an attempt that was never sent."""
        self.settle(hold, 0, 0)
        self.requests -= 1

    @staticmethod
    def _over(limit: int | None, value: int) -> bool:
        return limit is not None and value > limit

    def __str__(self) -> str:
        parts = []
        if self.limit_nano is not None:
            parts.append(f"{self.nano / NANO:.4f} of {self.limit_nano / NANO:.4f} dollars")
        if self.limit_tokens is not None:
            parts.append(f"{self.tokens} of {self.limit_tokens} tokens")
        if self.limit_requests is not None:
            parts.append(f"{self.requests} of {self.limit_requests} requests")
        return ", ".join(parts)


@dataclass
class Tries:
    """The failures of one request so far."""

    allowed: int
    all: int = 0
    counted: int = 0
    over: bool = False

    def end_with(self, failure: Failure, *, counts: bool) -> bool:
        """Count a failure; returns whether the request is given up for good."""
        self.all += 1
        self.counted += counts
        stops_all = failure.reason in FATAL | {"quota"}
        patient = failure.reason == "rate_limited" or failure.reason in TRANSIENT
        self.over = not stops_all and not (patient and self.counted < self.allowed)
        return self.over


# --------------------------------------------------------------------- what models may say


def model_of(llm: LLM) -> str:
    """The name of a model: its `model`, or its class."""
    return str(getattr(llm, "model", "") or type(llm).__name__)


def key_for(llm: LLM, request: Request) -> str:
    """The ledger's key of a request to this model."""
    return key(request, model_of(llm), getattr(llm, "extra_body", None))


def replicas(llm: LLM) -> tuple[LLM, ...]:
    """The same model at each of its addresses."""
    split = getattr(llm, "replicas", None)
    return tuple(split()) if split else (llm,)


def in_mode(llm: LLM, mode: str) -> LLM:
    """The same model with its structured output settled."""
    return dataclasses.replace(llm, structured=mode)  # type: ignore[type-var]


def price_of(llm: LLM) -> Price:
    """What a model's tokens cost; nothing if it does not say."""
    price = getattr(llm, "price", None)
    return price if isinstance(price, Price) else Price()


def hourly(llm: LLM) -> float:
    """Dollars an hour for all servers of a model, where time is paid."""
    return float(getattr(llm, "price_per_hour", 0.0)) * len(replicas(llm))


def hold_for(llm: LLM, request: Request) -> Hold:
    """The most that one attempt can take."""
    prompt = prompt_bound(request)
    cost = price_of(llm).cost(prompt, request.max_tokens)
    return Hold(cost, prompt + request.max_tokens)
