"""What the ledger holds of a request: its key, what is written at each turn, what is read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from miner.types import Message, Reply, Request

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""
PROBE = "probe"
"""Name of the task that stands for questions of our own: what a server enforces, if it is up."""


# ------------------------------------------------------------------------- what is written


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt is about to be sent: from here on its reservation counts as spent."""

    id: str
    request: Request
    model: str
    started: float
    endpoint: str = ""
    mode: str = ""
    mark: str = ""
    canary: str = ""
    reserved: int = 0
    """Upper bound of its cost, nano-dollars."""
    reserved_tokens: int = 0
    extra_body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request was handed over in a batch, whose answers come in some later call."""

    sent: Sent


@dataclass(frozen=True, slots=True)
class Open:
    """An attempt that was handed over and is not answered yet, with what is held back for it."""

    attempt: int
    nano: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Replied:
    """What came back, as it came. `estimated`: the server gave no usage, so the bound counts."""

    attempt: int
    id: str
    text: str
    body: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    cost: int
    seconds: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt came to nothing; `final` when the request is given up for good."""

    attempt: int
    id: str
    reason: str
    detail: str
    body: str
    cost: int
    tokens: int
    seconds: float
    final: bool


@dataclass(frozen=True, slots=True)
class Metered:
    """Some seconds of servers that are paid by time, charged before they pass."""

    started: float
    seconds: float
    cost: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What the ledger knows of a request: its reply, or why there is none."""

    reply: Reply | None
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reused:
    """A reply that another run's ledger holds, taken over with all that is known of it."""

    entry: Entry


Operation: TypeAlias = Sent | Waiting | Replied | Failed | Metered | Reused
"""What can be written."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of a request."""

    state: Literal["sent", "waiting", "replied", "reused", "failed", "lost"]
    reason: str
    detail: str
    started: float
    seconds: float | None
    endpoint: str
    mode: str
    cost: float
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    text: str
    body: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything about one request. `messages` are as the task wrote them, `sent` as sent."""

    id: str
    task: str
    document: str
    model: str
    prompt_version: str
    state: Literal["pending", "replied", "failed"]
    reason: str
    detail: str
    messages: tuple[Message, ...]
    sent: tuple[Message, ...]
    parameters: Mapping[str, Any]
    attempts: tuple[Attempt, ...]

    @property
    def text(self) -> str:
        """The raw text of the reply; empty while there is none."""
        return next(
            (a.text for a in reversed(self.attempts) if a.state in {"replied", "reused"}), ""
        )

    @property
    def cost(self) -> float:
        """Dollars, over all attempts."""
        return sum(a.cost for a in self.attempts)

    @property
    def seconds(self) -> float:
        """Time on the wire, over all attempts."""
        return sum(a.seconds or 0.0 for a in self.attempts)


# ------------------------------------------------------------------------------------ keys


def parameters(request: Request, extra_body: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a reply depends on, besides the messages and the model."""
    return {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "schema": request.schema,
        "sample": request.sample,
        "extra_body": extra_body or None,
    }


def key(request: Request, model: str, extra_body: Mapping[str, Any] | None = None) -> str:
    """The id of a request: 32 hex digits of a hash over all that can change its reply."""
    messages = [[m.role, m.content] for m in request.messages]
    # Keys are not sorted: models write the properties of a schema in the order that it has them.
    content = [messages, model, parameters(request, extra_body)]
    text = json.dumps(content, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a ledger's attempts took. `nano` are nano-dollars; `estimated` attempts had no usage."""

    attempts: int
    nano: int
    tokens: int
    prompt_tokens: int
    completion_tokens: int
    estimated: int
    seconds: float

    @property
    def dollars(self) -> float:
        """Money, in dollars."""
        return self.nano / NANO
