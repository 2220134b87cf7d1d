"""A conversation with each of its requests changed on the way; who holds it notices nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from miner.types import Mining, Request


def relayed(mining: Mining, change: Callable[[Request], Request]) -> Mining:
    """The same conversation, its requests as `change` makes them."""
    try:
        requests = next(mining)
        while True:
            replies = yield [change(request) for request in requests]
            requests = mining.send(replies)
    except StopIteration as stop:
        return list(stop.value)
