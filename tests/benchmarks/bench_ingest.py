"""What does indexing cost beside the encoder, in time, in memory, and after a kill?

    python tests/benchmarks/bench_ingest.py [SHARE]     share of Simple English Wikipedia, 1 for all

(1) The whole of `miner index` with MiniLM against the seconds that the encoder itself took.
(2) Peak memory of the whole process tree, on all records against the first 50,000.
(3) Killed when 90 % of the embedding is done: what going on costs beyond the work that was left.
The last two use the hashing encoder, whose cost is small.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared" / "data"
CORPUS = SHARED / "wikipedia" / "simplewiki-full.jsonl.gz"
RECORDS = 273_220

PROGRAM = """
import json, sys, time
from miner import recipe
from miner.ingest import Card, ingest
from miner.types import Encoder

corpus, store, limit, kind = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
table = {"name": "bench", "limit": limit, "encoder": {"kind": kind},
         "sources": [{"kind": "jsonl", "path": corpus, "id": "id"}],
         "clean": [{"kind": "repair"}, {"kind": "length", "min_chars": 100}]}
card = recipe.build(Card, table, "bench")
spent, encode = [0.0], type(card.encoder).encode
def timed(self, texts, *, query=False):
    start = time.perf_counter()
    try:
        return encode(self, texts, query=query)
    finally:
        spent[0] += time.perf_counter() - start
type(card.encoder).encode = timed
start = time.perf_counter()
made = ingest(card, store, progress=lambda *step: print(json.dumps(step), flush=True))
whole = time.perf_counter() - start
print(json.dumps({"whole": whole, "encoder": spent[0], "documents": len(made),
                  "timing": made.manifest["timing"]["seconds"]}), flush=True)
"""


def run(
    store: Path, limit: int, kind: str, kill_at: float | None = None
) -> tuple[dict, float, float]:
    """What it reported, the peak memory of its tree in MB up to the FAISS build, and the seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, CORPUS, store, str(limit), kind],
        stdout=subprocess.PIPE,
        text=True,
    )
    peak, last, measured = 0.0, {}, 0.0
    for line in process.stdout:
        last = json.loads(line)
        if isinstance(last, dict) or last[0] == "index":
            continue
        if time.perf_counter() - measured > 0.3:
            peak, measured = max(peak, tree_memory(process.pid)), time.perf_counter()
        phase, done, total = last
        if kill_at and phase == "embed" and done >= kill_at * total:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    return last if isinstance(last, dict) else {}, peak, time.perf_counter() - start


def tree_memory(pid: int) -> float:
    """MB that a process and its descendants hold, shared pages divided among their holders."""
    total, todo = 0, [pid]
    while todo:
        here = todo.pop()
        try:
            for task in Path(f"/proc/{here}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
            rollup = Path(f"/proc/{here}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(
            int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return total / 1024


def main(share: float = 0.1) -> None:
    many, few = int(RECORDS * share), int(50_000 * share)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        report, _, _ = run(here / "minilm", many, "minilm")
        print(f"{many} records, {report['documents']} documents, phases {report['timing']}")
        print(
            f"miner index {report['whole']:.1f} s, its encoder {report['encoder']:.1f} s: "
            f"{report['whole'] / report['encoder']:.2f} x (wanted: at most 1.15)"
        )
        _, small, _ = run(here / "few", few, "hashing")
        _, large, seconds = run(here / "many", many, "hashing")
        print(
            f"peak memory: {large:.0f} MB on {many}, {small:.0f} MB on {few} records: "
            f"{large / small:.2f} x (wanted: at most 1.2)"
        )
        _, _, before = run(here / "killed", many, "hashing", kill_at=0.9)
        _, _, after = run(here / "killed", many, "hashing")
        extra = (before + after - seconds) / seconds
        print(
            f"killed at 90 %: {before:.1f} s + {after:.1f} s, undisturbed {seconds:.1f} s: "
            f"{extra:+.1%} (wanted: at most 5 %)"
        )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
