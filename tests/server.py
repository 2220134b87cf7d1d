"""An OpenAI-compatible server on loopback that can misbehave in every way we know of.

It runs in a thread or, for tests that kill, as a process: `python tests/server.py PORT_FILE`.
What it does with a request is decided by `script(body, count)`: the name of a fault or None, where
`count` says how often this very request came before. It counts each request by its messages.

Faults: slow drip hang reset half_body 500 502_html 429 429_after_SECONDS quota empty_choices
null_content reasoning_only str_body malformed truncated_json length fenced think wrong_schema
refusal huge error_200 400 401 404 no_usage content_filter bad_controls.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parent.parent))

from miner.llms.fake import Fake
from miner.types import Message, Request


def content_of(body: dict[str, Any]) -> str:
    """What the rule-based model says to a request."""
    schema = None
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        schema = form["json_schema"]["schema"]
    elif form.get("type") == "json_object":
        schema = form.get("schema")
    messages = tuple(Message(m["role"], m["content"]) for m in body["messages"])
    prompt = "\n".join(m.content for m in messages)
    return Fake().answer(prompt, Request("t", "", messages, schema=schema))


def completion(body: dict[str, Any], content: Any, **changes: Any) -> dict[str, Any]:
    """A chat completion."""
    prompt = sum(len(m["content"]) for m in body["messages"])
    message = {"role": "assistant", "content": content} | changes.pop("message", {})
    choice = {"index": 0, "message": message, "finish_reason": changes.pop("finish", "stop")}
    usage = {"prompt_tokens": prompt // 4, "completion_tokens": len(str(content)) // 4 + 1}
    table = {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": usage | {"total_tokens": sum(usage.values())},
    }
    return table | changes


@dataclass
class Server:
    """The server. `latency` is in seconds, or a function of the count of all requests."""

    script: Callable[[dict[str, Any], int], str | None] = lambda body, count: None
    latency: float | Callable[[int], float] = 0.0
    rate: float = 0.0
    """Requests a second above which 429 is answered; 0 is no limit."""
    answer: Callable[[dict[str, Any]], str] = content_of
    counts: Counter = field(default_factory=Counter)
    statuses: Counter = field(default_factory=Counter)
    bodies: list = field(default_factory=list)
    keep_bodies: bool = True
    served: list = field(default_factory=list)
    in_flight: int = 0
    open: Counter = field(default_factory=Counter)
    """Ids of the requests in flight."""
    peak: int = 0
    total: int = 0
    down: bool = False
    slow_seconds: float = 0.3
    headers: list = field(default_factory=list)

    # -- life

    def __enter__(self) -> Self:
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.finish.set)
        self.thread.join(10)

    async def _serve(self) -> None:
        self.loop, self.finish = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/v1/models", self.models)
        self.more_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", getattr(self, "fixed_port", 0))
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.finish.wait()
        await runner.cleanup()

    def more_routes(self, app: web.Application) -> None:
        """For servers that can do more."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    # -- answers

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "m", "object": "model"}]})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        sent = json.dumps([body["messages"], body.get("max_tokens"), body.get("response_format")])
        id = hashlib.sha256(sent.encode()).hexdigest()
        count = self.counts[id]
        self.counts[id] += 1
        self.total += 1
        if self.keep_bodies:
            self.bodies.append(body)
            self.headers.append(dict(request.headers))
        self.in_flight += 1
        self.open[id] += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            fault = "500" if self.down else self._over_rate() or self.script(body, count)
            latency = self.latency(self.total) if callable(self.latency) else self.latency
            if latency and not (fault or "").startswith("429"):
                await asyncio.sleep(latency)
            response = await self.respond(request, body, fault)
            self.statuses[response.status] += 1
            return response
        finally:
            self.in_flight -= 1
            self.open[id] -= 1
            if not self.open[id]:
                del self.open[id]

    def _over_rate(self) -> str | None:
        if not self.rate:
            return None
        now = time.monotonic()
        self.tokens = min(
            max(1.0, self.rate * 0.1),
            getattr(self, "tokens", 1.0) + (now - getattr(self, "at", now)) * self.rate,
        )
        self.at = now
        if self.tokens < 1:
            return "429"
        self.tokens -= 1
        self.served.append(now)
        return None

    async def respond(
        self, request: web.Request, body: dict[str, Any], fault: str | None
    ) -> web.StreamResponse:
        good = self.answer(body)
        if fault is None:
            return web.json_response(completion(body, good))
        if fault in {"slow", "hang"}:
            await asyncio.sleep(self.slow_seconds if fault == "slow" else 3600)
            return web.json_response(completion(body, good))
        if fault in {"reset", "half_body", "drip"}:
            return await self.broken(request, json.dumps(completion(body, good)), fault)
        if fault == "huge":
            return await self.huge(request)
        if fault.startswith("429"):
            after = fault.partition("after_")[2]
            error = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
            return web.json_response(
                error, status=429, headers={"Retry-After": after} if after else {}
            )
        return self.plain(body, good, fault)

    def plain(self, body: dict[str, Any], good: str, fault: str) -> web.Response:
        error = {"error": {"message": f"told to say {fault}", "type": "x", "code": None}}
        if fault == "quota":
            error["error"]["code"] = "insufficient_quota"
            return web.json_response(error, status=429)
        if fault in {"500", "400", "401", "404"}:
            return web.json_response(error, status=int(fault))
        if fault == "502_html":
            return web.Response(
                text="<html>Bad gateway</html>", status=502, content_type="text/html"
            )
        if fault == "str_body":
            return web.Response(text="<html>hello</html>", content_type="text/html")
        if fault == "error_200":
            return web.json_response(error)
        changed = {
            "empty_choices": completion(body, good, choices=[]),
            "null_content": completion(body, None),
            "reasoning_only": completion(body, None, message={"reasoning_content": "hm"}),
            "malformed": completion(body, '{"a": tru'),
            "truncated_json": completion(body, good[: len(good) // 2], finish="length"),
            "length": completion(body, good[: len(good) // 2], finish="length"),
            "fenced": completion(body, f"```json\n{good}\n```"),
            "think": completion(body, f"<think>maybe {{}}</think>\n{good} Hope that helps!"),
            "wrong_schema": completion(body, '{"unexpected": 1}'),
            "refusal": completion(body, None, message={"refusal": "I will not."}),
            "content_filter": completion(body, "", finish="content_filter"),
            "no_usage": completion(body, good, usage=None),
            "bad_controls": completion(body, good.replace(': "', ': "\t', 1)),
        }
        return web.json_response(changed[fault])

    async def broken(self, request: web.Request, text: str, fault: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(text))})
        response.content_type = "application/json"
        if fault == "reset":
            request.transport.abort()
            return response
        await response.prepare(request)
        if fault == "half_body":
            await response.write(text[: len(text) // 2].encode())
            request.transport.close()
            return response
        for character in text:
            await response.write(character.encode())
            await asyncio.sleep(0.5)
        return response

    async def huge(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type = "application/json"
        await response.prepare(request)
        try:
            for _ in range(300):
                await response.write(b" " * 1_000_000)
        except ConnectionError:
            pass
        return response


def main() -> None:
    """Serve until killed; write the port to a file, and the counts to another at each request."""
    port_file, latency = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    with Server(latency=latency, keep_bodies=False) as server:
        port_file.write_text(str(server.port))
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
