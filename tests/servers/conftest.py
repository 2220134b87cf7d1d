"""Servers that others wrote, started as processes on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import urllib.request

import pytest


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Start a command with {port} in it; returns the address up to /v1 when it is healthy."""
    processes = []

    def start(command: list[str], seconds: float = 240.0) -> str:
        port = free_port()
        log = (tmp_path_factory.mktemp("server") / "log").open("w+")
        process = subprocess.Popen(
            [part.replace("{port}", str(port)) for part in command],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
        processes.append((process, log))
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            log.seek(0)
            assert process.poll() is None, log.read()[-3000:]
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                return f"http://127.0.0.1:{port}/v1"
            time.sleep(0.2)
        raise AssertionError(f"not healthy in {seconds} s: {log.read()[-3000:]}")

    yield start
    for process, log in processes:
        log.close()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
