"""The encoder behind an endpoint, against a server of this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from miner.encoders import api
from miner.encoders.api import Api
from miner.encoders.hashing import Hashing
from miner.errors import EncoderError

INNER = Hashing(16)


class Server(BaseHTTPRequestHandler):
    faults: list[int | str]
    seen: list[dict]

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append({"path": self.path, **body})
        fault = self.faults.pop(0) if self.faults else None
        rows = 3 * INNER.encode(body["input"])
        data = [
            {"object": "embedding", "index": i, "embedding": r.tolist()} for i, r in enumerate(rows)
        ]
        if fault == "short":
            data.pop()
        if fault == "zero":
            data[0]["embedding"] = [0.0] * 16
        reply = {"object": "list", "data": data[::-1], "model": "m", "usage": {}}
        content = json.dumps(reply if not isinstance(fault, int) else {"error": "no"}).encode()
        self.send_response(fault if isinstance(fault, int) else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(api, "_WAITS", (0.01, 0.01))
    handler = type("Handler", (Server,), {"faults": [], "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield http
        http.shutdown()


@pytest.fixture
def encoder(server) -> Api:
    encoder = Api(f"http://127.0.0.1:{server.server_port}/v1", "m", 16, "q: ", "p: ", batch=4)
    yield encoder
    encoder._client.close()


def test_vectors_are_unit_and_in_order(server, encoder):
    texts = [f"text {n}" for n in range(10)] + ["", "\ud800"]
    found = encoder.encode(texts)
    expected = INNER.encode([f"p: {t}" for t in texts[:10]])
    assert np.allclose(found[:10], expected, atol=1e-5)
    assert len(server.RequestHandlerClass.seen) == 3
    assert server.RequestHandlerClass.seen[0]["path"] == "/v1/embeddings"
    assert np.allclose(encoder.encode(["x"], query=True), INNER.encode(["q: x"]), atol=1e-5)


def test_what_passes_is_tried_again(server, encoder):
    server.RequestHandlerClass.faults[:] = [503, 429]
    assert encoder.encode(["x"]).shape == (1, 16)
    server.RequestHandlerClass.faults[:] = [500] * 3
    with pytest.raises(EncoderError, match="model 'm'"):
        encoder.encode(["x"])


@pytest.mark.parametrize(
    ("fault", "message"),
    [(401, "401"), ("short", "1 vectors came for 2"), ("zero", "zero or holds NaN")],
)
def test_what_does_not_pass_is_told_at_once(server, encoder, fault, message):
    server.RequestHandlerClass.faults[:] = [fault]
    with pytest.raises(EncoderError, match=message):
        encoder.encode(["x", "y"])
    assert len(server.RequestHandlerClass.seen) == 1


def test_a_wrong_size_is_named(server):
    wrong = Api(f"http://127.0.0.1:{server.server_port}/v1", "m", 99)
    with pytest.raises(EncoderError, match="size = 99"):
        wrong.encode(["x"])
    wrong._client.close()


def test_an_endpoint_that_is_down_is_named(monkeypatch):
    monkeypatch.setattr(api, "_WAITS", (0.01,))
    down = Api("http://127.0.0.1:9/v1", "m", 16)
    with pytest.raises(EncoderError, match=r"127\.0\.0\.1:9"):
        down.encode(["x"])
    down._client.close()
