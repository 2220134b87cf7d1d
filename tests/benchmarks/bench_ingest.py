"""What does indexing cost beside the encoder, in time, in memory, and after a kill?

    python tests/benchmarks/bench_ingest.py [SHARE [EMBEDDED]]    shares of what is read, 1 for all

(1) The whole of `miner index` with MiniLM on the first 20,000 records of Simple English Wikipedia against
    the seconds that the encoder itself took; EMBEDDED is the share of these.
(2) Peak memory of the whole process tree up to vectors/, on all 273,220 records against the first 50,000,
    and that of the FAISS build against its bytes a vector.
(3) Killed when 90 % of the embedding is done: what going on costs beyond the work that was left, which
    is what the undisturbed run took from there to its end.
(4) Seconds to read and clean a record of one gzip file, which must not grow with the number of records.
All but the first use the hashing encoder on the first words, whose cost is small.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

SHARED = Path(__file__).parents[3] / "shared" / "data"
CORPUS = SHARED / "wikipedia" / "simplewiki-full.jsonl.gz"
RECORDS = 273_220

PROGRAM = """
import json, sys, time
from miner import recipe
from miner.ingest import Card, ingest
from miner.types import Encoder

corpus, store, limit, kind = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
table = {"name": "bench", "limit": limit, "encoder": json.loads(kind),
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


MINILM, HASHING = '{"kind": "minilm"}', '{"kind": "hashing", "max_words": 32}'


class Watch(threading.Thread):
    """Looks at the memory of a process tree several times a second; `build` tells of the FAISS build."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.build, self.over = pid, False, False
        self.peaks = [0.0, 0.0]
        """MB up to vectors/, and while FAISS is built."""
        self.start()

    def run(self) -> None:
        while not self.over:
            building = self.build
            self.peaks[building] = max(self.peaks[building], tree_memory(self.pid))
            time.sleep(0.25)


class Run(NamedTuple):
    """What one run reported and took."""

    report: dict
    peaks: list[float]
    """MB of its process tree, before and during the FAISS build."""
    seconds: float
    late: float
    """Seconds until 90 % of the embedding was done."""


LATE = 0.9


def run(store: Path, limit: int, encoder: str, *, kill: bool = False) -> Run:
    """Index so many records; `kill` ends the process when 90 % of the embedding is done."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, CORPUS, store, str(limit), encoder],
        stdout=subprocess.PIPE,
        text=True,
    )
    watch, last, late = Watch(process.pid), {}, 0.0
    for line in process.stdout:
        last = json.loads(line)
        if isinstance(last, dict):
            break
        phase, done, total = last
        watch.build |= phase == "index"
        if not late and phase == "embed" and done >= LATE * total:
            late = time.perf_counter() - start
            if kill:
                process.send_signal(signal.SIGKILL)
                break
    watch.over = True
    watch.join()
    process.wait()
    report = last if isinstance(last, dict) else {}
    return Run(report, watch.peaks, time.perf_counter() - start, late)


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


def main(share: float = 1.0, embedded: float | None = None) -> None:
    many, few = int(RECORDS * share), int(50_000 * share)
    some = int(20_000 * (share if embedded is None else embedded))
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        report = run(here / "minilm", some, MINILM).report
        print(f"{some} records, {report['documents']} documents, phases {report['timing']}")
        print(
            f"miner index {report['whole']:.1f} s, its encoder {report['encoder']:.1f} s: "
            f"{report['whole'] / report['encoder']:.2f} x (wanted: at most 1.15)"
        )
        part, full = run(here / "few", few, HASHING), run(here / "many", many, HASHING)
        large, small = full.peaks, part.peaks
        print(
            f"peak memory up to vectors/: {large[0]:.0f} MB on {many}, {small[0]:.0f} MB on {few} "
            f"records: {large[0] / small[0]:.2f} x (wanted: at most 1.2, and 2500 MB)"
        )
        documents = full.report["documents"]
        vectors = documents * 384 * 2 / 2**20
        print(
            f"while FAISS is built: {large[1]:.0f} MB; its {documents} float16 vectors are "
            f"{vectors:.0f} MB: {large[1] / vectors:.1f} x"
        )
        each = [r.report["timing"]["clean"] / n * 1e6 for r, n in ((part, few), (full, many))]
        print(
            f"reading and cleaning a record of one gzip file: {each[1]:.0f} us of {many}, "
            f"{each[0]:.0f} us of {few}: {each[1] / each[0]:.2f} x (wanted: 1, it was read once)"
        )
        run(here / "killed", many, HASHING, kill=True)
        after, left = run(here / "killed", many, HASHING).seconds, full.seconds - full.late
        print(
            f"killed at 90 %: going on took {after:.1f} s, of the undisturbed {full.seconds:.1f} s "
            f"{left:.1f} s were left: {(after - left) / full.seconds:+.1%} (wanted: at most 5 %)"
        )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
