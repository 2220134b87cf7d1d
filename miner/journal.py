"""Writes to the ledger from an event loop: what comes in together is committed together."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from miner.entries import Operation
    from miner.ledger import Ledger


class Journal:
    """A queue before the ledger; one thread commits, so that the loop never waits for a disk."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._waiting: list[tuple[Operation, asyncio.Future[int]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "ledger")

    async def write(self, operation: Operation) -> int:
        """Return when the operation is on the disk.

        Raises:
            sqlite3.Error: It is not, nor is anything that came with it.
        """
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, future))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        return await asyncio.shield(future)

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            operations = [operation for operation, _ in batch]
            try:
                numbers = await loop.run_in_executor(self._thread, self.ledger.apply, operations)
                settled = list(zip(batch, numbers, strict=True))
            except BaseException as error:  # whatever it is, nobody may wait for ever
                for _, future in batch:
                    _fail(future, error)
                if not isinstance(error, Exception):
                    raise
            else:
                for (_, future), number in settled:
                    if not future.done():
                        future.set_result(number)

    async def close(self) -> None:
        """Wait for what is still to be written."""
        if self._flushing is not None:
            await self._flushing
        self._thread.shutdown()


def _fail(future: asyncio.Future[int], error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
        future.exception()  # seen: a waiter that was cancelled does not ask for it
    else:
        future.cancel()
