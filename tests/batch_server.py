"""The batch API on loopback: files and batches, beside the chat completions of tests/server.py.

A batch is done when it has been looked at `looks` times. `line(body, count)` says what becomes of
one request: None is a good answer, else the name of a fault: `400 500 expired missing broken
quota`. `hook(moment)` is called with `uploaded`, `created`, `looked` when the thing is done and
before the answer is sent; what it returns, if anything, is sent instead, and `reset` breaks the
connection.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from server import Server, completion


@dataclass
class BatchServer(Server):
    line: Callable[[dict[str, Any], int], str | None] = lambda body, count: None
    hook: Callable[[str], Any] = lambda moment: None
    looks: int = 1
    status: str = "completed"
    errors: list[dict[str, Any]] = field(default_factory=list)
    """Of a batch whose status is `failed`."""
    most_lines: int = 0
    """A longer file makes a batch fail for its size."""
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: Counter = field(default_factory=Counter)
    """How often each custom_id was answered: what is paid."""
    tried: Counter = field(default_factory=Counter)

    def more_routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/files", self.upload)
        app.router.add_get("/v1/files/{id}/content", self.content)
        app.router.add_post("/v1/batches", self.create)
        app.router.add_get("/v1/batches", self.list_batches)
        app.router.add_get("/v1/batches/{id}", self.look)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        assert form["purpose"] == "batch"
        id = f"file-{len(self.files)}"
        self.files[id] = form["file"].file.read()
        self.headers.append(dict(request.headers))
        return self.say(request, "uploaded", web.json_response({"id": id, "object": "file"}))

    async def create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert body["endpoint"] == "/v1/chat/completions"
        lines = self.files[body["input_file_id"]].splitlines()
        assert len(lines) <= 50_000
        id = f"batch-{len(self.batches)}"
        self.batches[id] = {
            "id": id,
            "object": "batch",
            "status": "validating",
            "created_at": int(time.time()),
            "looks": 0,
            **body,
        }
        if self.most_lines and len(lines) > self.most_lines:
            problem = {"code": "token_limit_exceeded", "message": "too much", "line": None}
            self.batches[id] |= {"status": "failed", "errors": {"data": [problem]}}
        return self.say(request, "created", web.json_response(self.batches[id]))

    async def list_batches(self, request: web.Request) -> web.StreamResponse:
        newest_first = list(self.batches.values())[::-1]
        return web.json_response({"object": "list", "data": newest_first, "has_more": False})

    async def look(self, request: web.Request) -> web.StreamResponse:
        batch = self.batches.get(request.match_info["id"])
        if batch is None:
            return web.json_response({"error": {"message": "no such batch"}}, status=404)
        batch["looks"] += 1
        if batch["status"] == "validating" and batch["looks"] >= self.looks:
            self.finish_batch(batch)
        return self.say(request, "looked", web.json_response(batch))

    async def content(self, request: web.Request) -> web.StreamResponse:
        content = web.Response(body=self.files[request.match_info["id"]])
        return self.say(request, "fetched", content)

    def say(
        self, request: web.Request, moment: str, good: web.StreamResponse
    ) -> web.StreamResponse:
        answer = self.hook(moment)
        if answer == "reset":
            request.transport.abort()
            return good
        return answer or good

    def finish_batch(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.status
        if self.status == "failed":
            batch["errors"] = {"data": self.errors}
            return
        out: dict[str, list[dict[str, Any]]] = {"output_file_id": [], "error_file_id": []}
        for text in self.files[batch["input_file_id"]].splitlines():
            row = json.loads(text)
            id, body = row["custom_id"], row["body"]
            fault = self.line(body, self.tried[id])
            self.tried[id] += 1
            answer = {"id": f"r-{id}", "custom_id": id, "response": None, "error": None}
            if fault is None or fault == "broken":
                self.done[id] += 1
                good = {"choices": []} if fault else completion(body, self.answer(body))
                answer["response"] = {"status_code": 200, "request_id": "r", "body": good}
                out["output_file_id"].append(answer)
            elif fault == "expired":
                answer["error"] = {"code": "batch_expired", "message": "not done in time"}
                out["error_file_id"].append(answer)
            elif fault != "missing":
                code = "insufficient_quota" if fault == "quota" else None
                error = {"error": {"message": f"told to say {fault}", "code": code}}
                status = 429 if fault == "quota" else int(fault)
                answer["response"] = {"status_code": status, "request_id": "r", "body": error}
                out["error_file_id"].append(answer)
        for name, rows in out.items():
            random.Random(len(rows)).shuffle(rows)
            if rows:
                batch[name] = f"file-{len(self.files)}"
                self.files[batch[name]] = "\n".join(json.dumps(row) for row in rows).encode()
