"""The same requests to the same local server by the miner, distilabel and bespokelabs-curator.

Run by `make bench ONLY=rivals`, or `python tests/benchmarks/bench_rivals.py [REQUESTS]`. Each
rival lives in an environment of its own, made with pip on the first run in the user's cache folder
(some 1.5 GB, no torch). Printed: wall time, processor time and peak memory of the whole process
tree; and after kill -9 half-way and a restart of the same command, what was paid twice and lost.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import rival_scripts
from loopback import PROMPT, Served

REQUESTS = 5000
IN_FLIGHT = 64
LATENCY = 0.1
LONGEST_SECONDS = 240
"""Of one call: some hang after a restart."""
INSTALL_SECONDS = 900


@dataclass(frozen=True)
class Tool:
    name: str
    requirements: tuple[str, ...]
    """What pip installs; empty for the miner, which is here."""
    script: str


TOOLS = (
    Tool("miner", (), rival_scripts.MINER),
    # It imports requests, and does not say so.
    Tool("distilabel", ("distilabel[openai]==1.5.3", "requests"), rival_scripts.DISTILABEL),
    Tool("bespokelabs-curator", ("bespokelabs-curator==0.1.31",), rival_scripts.CURATOR),
)


# -------------------------------------------------------------------------- environments


def python_of(tool: Tool) -> str:
    """The interpreter of the tool's own environment; made on the first call.

    Raises:
        RuntimeError: It cannot be installed; the text says why.
    """
    if not tool.requirements:
        return sys.executable
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "corpus-miner-bench")
    folder, marker = cache / tool.name, cache / tool.name / "installed.txt"
    python = folder / "bin" / "python"
    if marker.is_file() and marker.read_text() == " ".join(tool.requirements):
        return str(python)
    print(f"installing {tool.requirements[0]} into {folder} ...", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    constraints = cache / "no-torch.txt"
    constraints.write_text("torch==0.0.0+none\n")  # nothing here needs it, and it is huge
    install = [python, "-m", "pip", "install", "-q", "-c", constraints, *tool.requirements]
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"pip took longer than {INSTALL_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.decode().splitlines() if "ERROR" in line]
        raise RuntimeError((lines or ["pip failed"])[-1]) from None
    marker.write_text(" ".join(tool.requirements))
    return str(python)


# ------------------------------------------------------------------------------ processes


def session_of(leader: int) -> list[int]:
    """All processes of a session, whoever their parent is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def memory_of(leader: int) -> int:
    """Bytes of a session's processes; pages that they share are counted once (PSS)."""
    total = 0
    for pid in session_of(leader):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        if found := re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE):
            total += 1024 * int(found.group(1))
    return total


class Running:
    """One call of a tool, in a session of its own."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.peak = 0
        self.began = time.perf_counter()
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while self.process.poll() is None:
            self.peak = max(self.peak, memory_of(self.process.pid))
            time.sleep(0.2)

    def wait(self) -> int:
        try:
            code = self.process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = -1
        self.seconds = time.perf_counter() - self.began
        self.thread.join()
        return code

    def kill(self) -> None:
        for pid in session_of(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


@dataclass(frozen=True)
class Figures:
    """What one tool took, and what a kill cost it."""

    seconds: float
    cpu: float
    megabytes: float
    asked: int
    paid_twice: int
    lost: int
    again_seconds: float
    ended: bool
    """Whether the restart came to an end."""


def measure(tool: Tool, many: int, folder: Path) -> Figures:
    """Both calls of a tool.

    Raises:
        RuntimeError: It cannot be installed, or did not end well.
    """
    python = python_of(tool)
    source, script, log = folder / "rows.jsonl", folder / "job.py", folder / "log.txt"
    script.write_text(tool.script)
    with source.open("w") as file:
        for i in range(many):
            file.write(json.dumps({"i": i, "text": f"item {i} of the list. {PROMPT}"}) + "\n")

    def command(name: str, url: str) -> list[str]:
        (folder / name).mkdir(exist_ok=True)
        output = folder / f"{name}.jsonl"
        return [
            python,
            str(script),
            str(source),
            str(output),
            url,
            str(IN_FLIGHT),
            str(folder / name),
        ]

    def ended(running: Running) -> None:
        if code := running.wait():
            tail = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"exit code {code}: {' '.join(tail)[:300]}")

    with Served(LATENCY) as server:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        whole = Running(command("whole", server.url), log)
        ended(whole)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        asked = asked_of(server).total()
    assert answered(folder / "whole.jsonl") == many or tool.requirements
    with Served(LATENCY) as server:
        broken = Running(command("killed", server.url), log)
        while asked_of(server).total() < many // 2:
            if broken.process.poll() is not None:
                raise RuntimeError("it ended before it could be killed")
            time.sleep(0.02)
        broken.kill()
        time.sleep(2 * LATENCY)
        again = Running(command("killed", server.url), log)
        code = again.wait()
        counts = asked_of(server)
    return Figures(
        seconds=whole.seconds,
        cpu=sum(after[:2]) - sum(before[:2]),
        megabytes=whole.peak / 1e6,
        asked=asked,
        paid_twice=sum(count - 1 for count in counts.values()),
        lost=many - answered(folder / "killed.jsonl"),
        again_seconds=again.seconds,
        ended=code == 0,
    )


def asked_of(server: Served) -> Counter[int]:
    """How often each item was asked about."""
    return server.counts()[1]


def answered(path: Path) -> int:
    """How many different items have an answer."""
    if not path.is_file():
        return 0
    rows = map(json.loads, path.read_text().splitlines())
    return len({row["i"] for row in rows if row["answer"]})


def main(many: int = REQUESTS) -> None:
    """Print a line a tool."""
    print(
        f"{many} requests, {LATENCY:g} s latency, {IN_FLIGHT} in flight: "
        f"ideal {many / IN_FLIGHT * LATENCY:.1f} s"
    )
    print(
        f"{'':>20} {'wall s':>8} {'cpu s':>8} {'peak MB':>8} {'asked':>7}   after kill -9 half-way: "
        f"{'paid twice':>10} {'lost':>6} {'rest s':>7}"
    )
    for tool in TOOLS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = measure(tool, many, Path(folder))
            except RuntimeError as error:
                print(f"{tool.name:>20} {error}", flush=True)
                continue
        print(
            f"{tool.name:>20} {found.seconds:8.1f} {found.cpu:8.1f} {found.megabytes:8.0f} "
            f"{found.asked:7d} {'':25} {found.paid_twice:10d} {found.lost:6d} "
            f"{found.again_seconds:7.1f}{'' if found.ended else ' (it did not end)'}",
            flush=True,
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
