"""One attempt at a request: what is sent, what the ledger notes before it, and what after it."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.entries import PROBE, Failed, Replied, Sent, Stored
from miner.errors import RecipeError
from miner.flow import Failure, Hold, model_of, price_of
from miner.prompts import marks, with_marks, with_schema
from miner.types import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from miner.flow import Flow
    from miner.types import LLM, Reply


@dataclass(frozen=True, slots=True)
class Ask:
    """A request on its way. `order` is the place in the queue: lower goes first."""

    order: int
    id: str
    request: Request
    model: str
    """The name of its model in the recipe."""


@dataclass(frozen=True, slots=True)
class Done:
    """The end of asking: `error` says why, None that `close` was called."""

    error: BaseException | None


def require_prices(models: Iterable[LLM], flow: Flow) -> None:
    """Refuse a budget of money that cannot be kept.

    Raises:
        RecipeError: There is one, but nobody knows what a token costs.
    """
    for llm in models:
        if flow.budget is not None and not price_of(llm).known:
            raise RecipeError(
                f"[flow] budget: what does {model_of(llm)} cost? Give 'prompt_price' and "
                "'completion_price' in [llm], dollars for a million tokens (list prices come "
                "with: pip install 'corpus-miner[prices]')"
            )


def prepare(llm: LLM, id: str, request: Request, secret: bytes, hold: Hold) -> tuple[Request, Sent]:
    """A request as it is sent, and what the ledger notes of it before."""
    mark, canary = marks(secret, request.document)
    told = None if request.task == PROBE else request.schema
    messages = with_marks(with_schema(request.messages, told), mark, canary)
    sent = Sent(
        id=id,
        request=request,
        model=model_of(llm),
        started=time.time(),
        endpoint=str(getattr(llm, "endpoint", "")),
        mode=str(getattr(llm, "structured", "")) if request.schema else "",
        mark=mark,
        canary=canary,
        reserved=hold.nano,
        reserved_tokens=hold.tokens,
        extra_body=getattr(llm, "extra_body", None),
    )
    return dataclasses.replace(request, messages=messages), sent


def replied(
    attempt: int, id: str, reply: Reply, llm: LLM | None, hold: Hold, seconds: float = 0.0
) -> Replied:
    """What the ledger keeps of a reply. Without usage the bound that was held back is its cost."""
    estimated = not (reply.prompt_tokens or reply.completion_tokens)
    cost = hold.nano
    if not estimated and llm is not None:
        cost = price_of(llm).cost(reply.prompt_tokens, reply.completion_tokens)
    return Replied(
        attempt=attempt,
        id=id,
        text=reply.text,
        body=reply.body,
        finish_reason=reply.finish_reason,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost=cost,
        seconds=seconds,
        estimated=estimated,
    )


def failed(
    attempt: int, id: str, failure: Failure, hold: Hold, seconds: float = 0.0, *, final: bool
) -> Failed:
    """What the ledger keeps of a failure, which may have been billed all the same."""
    billed = failure.maybe_billed
    return Failed(
        attempt=attempt,
        id=id,
        reason=failure.reason,
        detail=failure.detail,
        body=failure.body,
        cost=hold.nano if billed else 0,
        tokens=hold.tokens if billed else 0,
        seconds=seconds,
        final=final,
    )


def as_stored(reply: Reply, kept: Replied, llm: LLM) -> Stored:
    """What `Ledger.find` says of a reply that was just written."""
    return Stored(
        dataclasses.replace(
            reply, request_id=kept.id, model=model_of(llm), cost=kept.cost / 1e9, body=""
        )
    )
