"""Answers from the ledger of an earlier run and asks nobody: no network at all.

A request that is not there is rejected as `not_in_ledger`. Replies are copied into the new run's
ledger, free of charge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.flow import Failure
from miner.ledger import Ledger

if TYPE_CHECKING:
    from miner.types import LLM, Reply, Request


@dataclass(frozen=True)
class Replay:
    """Plays back a ledger.

    Attributes:
        path: The ledger, or the folder of its run.
        model: Name of the model that answered then: it is part of each request's key.
        extra_body: The further fields that the requests had then, for the same reason.
    """

    path: Path
    model: str
    extra_body: Mapping[str, Any] | None = None

    @cached_property
    def ledger(self) -> Ledger:
        """The earlier ledger, read only. Drive looks up requests there by their keys.

        Raises:
            StoreError: There is none.
        """
        path = self.path / "ledger.sqlite" if self.path.is_dir() else self.path
        return Ledger.open(path, read_only=True)

    async def complete(self, request: Request) -> Reply:
        """Refuse: what the ledger holds was found before anyone is asked.

        Raises:
            Failure: Always.
        """
        raise Failure("bad_request", f"{self.path}: a replay asks nobody ({request.task})")


PART: type[LLM] = Replay
