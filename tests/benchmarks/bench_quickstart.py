"""What a newcomer waits for: importing the package, and the quick start's own work.

Figures: `import miner` under 100 ms beyond the bare interpreter; index and run of the shipped sample
under 60 s on two cores, the environment standing. The model's graph is converted once a machine and
kept; the first row counts that too.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

MINER = [sys.executable, "-c", "from miner.cli import main; main()"]


def seconds(*command: str, **environment: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )  # fmt: skip
    return time.perf_counter() - began


def interpreter(code: str, runs: int = 15) -> list[float]:
    return [1000 * seconds(sys.executable, "-c", code) for _ in range(runs)]


def main() -> None:
    bare, with_miner = interpreter("pass"), interpreter("import miner")
    base, ours = statistics.median(bare), statistics.median(with_miner)
    print(f"{'':34}{'median':>9}{'min':>9}{'max':>9}")
    print(f"{'python -c pass, ms':34}{base:9.0f}{min(bare):9.0f}{max(bare):9.0f}")
    print(
        f"{'python -c import miner, ms':34}{ours:9.0f}{min(with_miner):9.0f}{max(with_miner):9.0f}"
    )
    print(f"beyond the interpreter: {ours - base:.0f} ms (at most 100)")
    for name in ("the first time on a machine", "later"):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
            cold = {"XDG_CACHE_HOME": cache} if name.startswith("the first") else {}
            index = seconds(*MINER, "index", "quickstart", "--store", f"{folder}/store", **cold)
            run = seconds(
                *MINER, "run", "quickstart", "--store", f"{folder}/store", "--run", f"{folder}/run",
                **cold,
            )  # fmt: skip
        print(f"quick start, {name}: index {index:.1f} s + run {run:.1f} s = {index + run:.1f} s")
    print("(at most 60 s)")


if __name__ == "__main__":
    main()
