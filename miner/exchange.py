"""How one request of a task becomes a reply: which model, which ledger, and when to ask again.

Everything here is decided in the caller's thread, from the request and from what ledgers hold, so a
run that is repeated decides the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from miner.entries import Reused, Stored
from miner.errors import RecipeError, choices
from miner.flow import key_for
from miner.ledger import Ledger
from miner.prompts import marks, with_note
from miner.replies import interpret
from miner.schemas import require_portable
from miner.types import LLM, Rejected, Reply, Request

if TYPE_CHECKING:
    from miner.flow import Flow

Exchange: TypeAlias = Generator[Request, Stored, Reply | Rejected]
"""Yields requests with the name of their model settled, is sent what the ledger says of each."""

FEEDBACK = {
    "malformed_json": "An earlier answer to this was not readable as JSON ({detail}).",
    "wrong_schema": "An earlier answer to this did not fit the JSON Schema ({detail}).",
    "empty": "An earlier answer to this was empty.",
}
"""What a model is told when a reply could not be used."""
MORE_ROOM = 2
"""Times as many tokens are allowed when a reply was cut off."""


class Exchanges:
    """The models of a run, and the ledgers that may already hold their replies."""

    def __init__(self, llm: LLM, ledger: Ledger, flow: Flow, secret: bytes) -> None:
        self.llm, self.ledger, self.flow, self.secret = llm, ledger, flow, secret
        self.models: dict[str, LLM] = dict(getattr(llm, "models", {"": llm}))
        lent = getattr(llm, "ledger", None)
        self.lenders = [Ledger.open(ledger_at(path), read_only=True) for path in flow.reuse]
        self.lenders += [lent] if isinstance(lent, Ledger) else []
        self.found = 0
        """Requests that needed nobody, as a ledger knew them."""
        self.offline = flow.replay or isinstance(lent, Ledger)

    def close(self) -> None:
        """Let go of the ledgers that were opened here."""
        for ledger in self.lenders[: len(self.flow.reuse)]:
            ledger.close()

    def begin(self, request: Request) -> Exchange:
        """Ask, ask once more if the reply cannot be used, then ask the next model if any."""
        require_portable(request.schema)
        name = self._route(request)
        while True:
            first = dataclasses.replace(request, model=name)
            answer = self._read(first, (yield first))
            if isinstance(answer, Rejected) and (second := self._second_try(first, answer)):
                answer = self._read(second, (yield second))
            following = getattr(self.llm, "following", {}).get(name)
            if isinstance(answer, Reply) or following is None:
                return answer
            name = following

    def _route(self, request: Request) -> str:
        if (route := getattr(self.llm, "route", None)) is None:
            return ""
        name = str(route(request))
        if name not in self.models:
            raise RecipeError(f"[llm] no model '{name}'; {choices(name, self.models)}")
        return name

    def _read(self, request: Request, stored: Stored) -> Reply | Rejected:
        if stored.reply is None:
            return Rejected(stored.reason, stored.detail)
        return interpret(request, stored.reply, marks(self.secret, request.document))

    def _second_try(self, request: Request, answer: Rejected) -> Request | None:
        if not self.flow.reask:
            return None
        if answer.reason == "truncated":
            return dataclasses.replace(request, max_tokens=MORE_ROOM * request.max_tokens)
        note = FEEDBACK.get(answer.reason)
        if note is None:
            return None
        # The detail quotes the reply: it is inserted, never formatted.
        text = note.replace("{detail}", answer.detail[:300])
        messages = with_note(request.messages, f"{text} Answer again, completely.")
        return dataclasses.replace(request, messages=messages)

    # -- ledgers

    def look_up(self, request: Request, asked_now: set[str]) -> tuple[str, Stored | None]:
        """The key of a request, and what this run's or another's ledger knows of it.

        Args:
            request: With its model settled.
            asked_now: Keys that this call has asked: a failure of theirs is not asked again.
        """
        id = key_for(self.models[request.model], request)
        stored = self.ledger.find(id)
        if stored is not None and (stored.reply or id in asked_now or not self.flow.retry_failed):
            self.found += 1
            return id, stored
        if stored := self._borrow(id):
            self.found += 1
        return id, stored or self._refuse_network()

    def _borrow(self, id: str) -> Stored | None:
        for lender in self.lenders:
            stored = lender.find(id)
            if stored is not None and stored.reply is not None:
                self.ledger.apply([Reused(lender.request(id))])
                return self.ledger.find(id)
        return None

    def _refuse_network(self) -> Stored | None:
        return (
            Stored(None, "not_in_ledger", "only replies that are there are used")
            if self.offline
            else None
        )


def ledger_at(path: str) -> Path:
    """The ledger of a run's folder, or the file itself."""
    given = Path(path)
    return given / "ledger.sqlite" if given.is_dir() else given
