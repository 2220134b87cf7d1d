"""Several models in one run: by task, by share of the documents, or a cheap one first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from miner.flow import Failure
from miner.types import LLM, Reply, Request


@dataclass(frozen=True)
class Several:
    """Decides for each request who is asked; the choice depends on the request alone.

    Attributes:
        models: Name to model.
        tasks: Task to the name of its model; the others go by share.
        shares: Name to its share of the documents; without shares the first model is asked.
        following: Name to the name of who is asked next, when a reply could not be had or used, or
            all that was found is rejected.
    """

    models: Mapping[str, LLM]
    tasks: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    following: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("'models' is empty")
        named = [*self.tasks.values(), *self.shares, *self.following, *self.following.values()]
        for name in named:
            if name not in self.models:
                raise ValueError(f"no model '{name}' in 'models'; it has {', '.join(self.models)}")
        if any(share < 0 for share in self.shares.values()):
            raise ValueError("'shares' must not be below 0")
        for start in self.following:
            self._require_end(start)

    def _require_end(self, start: str) -> None:
        seen, name = {start}, self.following.get(start)
        while name is not None:
            if name in seen:
                raise ValueError(f"'following' goes in a circle at '{name}'")
            seen.add(name)
            name = self.following.get(name)

    @property
    def model(self) -> str:
        """The names of all, for the report."""
        return ", ".join(str(getattr(m, "model", name)) for name, m in self.models.items())

    def route(self, request: Request) -> str:
        """The name of the model that is asked first."""
        if request.model:
            return request.model
        if request.task in self.tasks:
            return self.tasks[request.task]
        total = sum(self.shares.values())
        if not total:
            return next(iter(self.models))
        text = f"{request.task}|{request.document}".encode("utf-8", "surrogatepass")
        point = int.from_bytes(hashlib.sha256(text).digest()[:8], "big") / 2**64 * total
        for name, share in self.shares.items():
            point -= share
            if point < 0:
                return name
        return list(self.shares)[-1]

    async def complete(self, request: Request) -> Reply:
        """Refuse: drive asks the models themselves.

        Raises:
            Failure: Always.
        """
        raise Failure("bad_request", f"ask one of {', '.join(self.models)} ({request.task})")


PART: type[LLM] = Several
