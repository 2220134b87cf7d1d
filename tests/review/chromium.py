"""A page in a real browser: Chromium over its debugging pipe, with nothing else installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip


def binary():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One browser with one page; `run` evaluates JavaScript in it and gives back its value."""

    def __init__(self, folder):
        self.folder = folder
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()

        def wire():
            # Both ends may already be 3 and 4 in another order: duplicate them out of the way.
            a, b = os.dup(to_read), os.dup(from_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [binary(), *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            preexec_fn=wire, close_fds=False,  # noqa: PLW1509 - no threads run here
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(from_write)
        self.out, self.into = os.fdopen(to_write, "wb", 0), os.fdopen(from_read, "rb", 0)
        self.number, self.session, self.rest, self.events = 0, None, b"", []

    def __enter__(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = found["sessionId"]
        self.call("Page.enable")
        self.call("Log.enable")
        self.call("Runtime.enable")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.out.close()
        self.into.close()

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.out.write(json.dumps(message).encode() + b"\0")
        while True:
            reply = self._next()
            if reply.get("id") == self.number:
                assert "error" not in reply, reply
                return reply["result"]
            self.events.append(reply)

    def _next(self):
        while b"\0" not in self.rest:
            chunk = self.into.read(65536)
            assert chunk, "the browser has gone"
            self.rest += chunk
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def open(self, path):
        self.call("Page.navigate", url=path.as_uri())
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self._next())

    def run(self, expression):
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def complaints(self):
        """What the browser logged: refused scripts, failed requests, exceptions."""
        return [
            e
            for e in self.events
            if e.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown"}
        ]
