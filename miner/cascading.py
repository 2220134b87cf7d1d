"""A strong model for what a cheap one could not do: the same conversation once more, passed on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from miner import recipe
from miner.checks.opinions import asks
from miner.relay import relayed
from miner.types import Annotation, Rejected

if TYPE_CHECKING:
    from miner.types import LLM, Check, Document, Mining, Request


def cascade(
    begin: Callable[[], Mining],
    llm: LLM | None,
    checks: Sequence[Check],
    documents: Mapping[str, Document],
) -> Mining:
    """A task's conversation; held again with the models that follow if all it found is rejected.

    A reply that cannot be used is passed on at once (miner.exchange). Here it is what a task made
    of good replies: quotes that stand nowhere, answers that a check turns away.

    Args:
        begin: Begins the conversation from its start.
        llm: The recipe's; without `following` nothing is held again.
        checks: The job's; those on annotations that ask nobody count.
        documents: All that the annotations can rest on.

    Returns:
        What the last conversation found, with what was rejected before.
    """
    following: Mapping[str, str] = getattr(llm, "following", {})
    if not following:
        return (yield from begin())
    free = [c for c in checks if c.subject == "annotation" and not asks(c)]
    lost: list[Annotation | Rejected] = []
    times = 0
    while True:
        asked: set[str] = set()
        items = yield from _passed_on(begin(), llm, times, asked)
        refused = [_refused(item, free, documents) for item in items]
        if not items or None in refused or asked.isdisjoint(following):
            return lost + items
        lost += [why for why in refused if why is not None]
        times += 1


def _passed_on(mining: Mining, llm: LLM | None, times: int, asked: set[str]) -> Mining:
    """A conversation with the models that follow the first ones so many times over."""
    following: Mapping[str, str] = getattr(llm, "following", {})
    route = getattr(llm, "route")  # noqa: B009 - who has followers routes

    def pass_on(request: Request) -> Request:
        name = str(route(request))
        for _ in range(times):
            name = following.get(name, name)
        asked.add(name)
        return dataclasses.replace(request, model=name)

    return relayed(mining, pass_on)


def _refused(
    item: Annotation | Rejected, checks: Sequence[Check], documents: Mapping[str, Document]
) -> Rejected | None:
    if isinstance(item, Rejected):
        return item
    for check in checks:
        if why := check.check(item, documents):
            return Rejected(f"{recipe.kind_of(check)}:{why.reason}", why.detail)
    return None
