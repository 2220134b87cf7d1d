"""A model's server of few instructions in a process of its own: raw bytes, no framework."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import time
from collections import Counter

PROMPT = "Some words of a document that is asked about. " * 110  # 5 KB
ANSWER = "Some words of an answer to that question. " * 31  # 1.3 KB
ITEM = re.compile(rb"item (\d+) of the list")
"""Where a request says which item it asks about, these are counted."""
HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def _response(status: bytes, table: dict) -> bytes:
    body = json.dumps(table).encode()
    return HEAD % (status, len(body), body)


MESSAGE = {"role": "assistant", "content": ANSWER}
GOOD = _response(
    b"200 OK",
    {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1100, "completion_tokens": 320, "total_tokens": 1420},
    },
)
REFUSED = _response(b"429 Too Many Requests", {"error": {"message": "slow down"}})


class _Counts:
    """What was answered and refused so far; with a rate, a bucket that leaks."""

    def __init__(self, rate: float) -> None:
        self.rate, self.most = rate, max(1.0, rate * 0.1)
        self.tokens, self.at = 1.0, time.monotonic()
        self.items: Counter[int] = Counter()
        self.table = {"served": 0, "refused": 0, "first": 0.0, "last": 0.0}

    def take(self, body: bytes) -> bool:
        """Count one request; returns whether it is answered."""
        now = time.monotonic()
        self.table["first"] = self.table["first"] or now
        self.table["last"] = now
        allowed = self._allowed(now)
        self.table["served" if allowed else "refused"] += 1
        if found := ITEM.search(body):
            self.items[int(found.group(1))] += 1
        return allowed

    def _allowed(self, now: float) -> bool:
        if not self.rate:
            return True
        self.tokens = min(self.most, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def _serve(pipe, latency: float, rate: float) -> None:
    counts = _Counts(rate)

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport, self.buffer = transport, b""

        def data_received(self, data):
            self.buffer += data
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = int(self.buffer[:end].lower().partition(b"content-length:")[2].split()[0])
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end:], self.buffer[end + 4 + length :]
            if counts.take(body):
                asyncio.get_running_loop().call_later(latency, self.transport.write, GOOD)
            else:
                self.transport.write(REFUSED)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Protocol, "127.0.0.1", 0, backlog=2048)
        pipe.send(server.sockets[0].getsockname()[1])
        while True:
            while not pipe.poll():  # noqa: ASYNC110 - the other end is a process
                await asyncio.sleep(0.05)
            if pipe.recv() == "stop":
                return
            pipe.send((counts.table, counts.items))

    asyncio.run(main())


class Served:
    """The server as a context: it answers after `latency` seconds, and at most `rate` a second."""

    def __init__(self, latency: float, rate: float = 0.0) -> None:
        self.latency, self.rate = latency, rate

    def __enter__(self):
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        arguments = (other, self.latency, self.rate)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}/v1"
        return self

    def counts(self) -> tuple[dict[str, float], Counter[int]]:
        """Requests served and refused, when the first and the last came; how often each item."""
        self._pipe.send("counts")
        return self._pipe.recv()

    def __exit__(self, *_):
        self._pipe.send("stop")
        self._process.join()
