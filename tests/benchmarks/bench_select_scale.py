"""How selecting grows: CPU seconds and memory by documents and by nodes, on a made mixture of topics.

`main()` runs to 200,000 documents; `python tests/benchmarks/bench_select_scale.py full` adds a
million, and arguments such as 1000000x500, picking or faiss measure these alone. `faiss` compares
candidates from an index of lists with the exact selection of 100,000 documents. One thread: on a machine that others use too, waiting threads count as CPU time. Vectors
lie on disk as float16 and are mapped, as a store's are; memory is what stands beside them.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench_search import store_of
from labelled import Corpus
from threadpoolctl import threadpool_limits

from miner import atomic
from miner.index import Index, build
from miner.select import Select, candidates, select
from miner.select.choose import work
from miner.select.facility_location import FacilityLocation
from miner.store import Store
from miner.types import Node, Taxonomy

DIMENSIONS = 384
TOPICS = 600
SUBTOPICS = 20
CASES = ((50_000, 500), (100_000, 500), (200_000, 500), (100_000, 100), (100_000, 2_000))
FULL = (*CASES, (100_000, 5_000), (1_000_000, 500))
REACHES = (100, 300, 1_000, 2_000)


def main(cases=CASES) -> None:
    growth(cases)
    picking()


def growth(cases) -> None:
    print("documents   nodes   CPU s   wall s   MB beside vectors   filled")
    with tempfile.TemporaryDirectory() as folder:
        for documents, nodes in cases:
            path = Path(folder) / f"{documents}.npy"
            if not path.exists():
                made(path, documents)
            code = f"import bench_select_scale as b; b.measure({str(path)!r}, {nodes})"
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=Path(__file__).parent,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
                check=True,
            )


def made(path: Path, documents: int) -> None:
    """Topics of Zipf sizes, each of subtopics; 3 % near-duplicates; 10 % of no topic."""
    rng = np.random.default_rng(0)
    centres = mixture_centres()
    sizes = 1 / np.arange(1, TOPICS + 1) ** 0.7
    out = np.lib.format.open_memmap(path, "w+", np.float16, (documents, DIMENSIONS))
    topics = np.empty(documents, dtype=np.int64)
    for start in range(0, documents, 50_000):
        n = min(50_000, documents - start)
        topic = rng.choice(TOPICS, n, p=sizes / sizes.sum())
        sub = centres[topic, rng.integers(0, SUBTOPICS, n)]
        block = sub + rng.standard_normal((n, DIMENSIONS), dtype=np.float32) * 0.045
        block[: n // 10] = rng.standard_normal((n // 10, DIMENSIONS), dtype=np.float32)
        copies = rng.integers(0, n, n // 33)
        block[-len(copies) :] = block[copies] + 0.002
        topic[: n // 10] = -1
        topic[-len(copies) :] = topic[copies]
        out[start : start + n] = block / np.linalg.norm(block, axis=1, keepdims=True)
        topics[start : start + n] = topic
    out.flush()
    np.save(path.with_suffix(".topics.npy"), topics)


def mixture_centres() -> np.ndarray:
    rng = np.random.default_rng(1)
    topic = rng.standard_normal((TOPICS, 1, DIMENSIONS), dtype=np.float32)
    sub = rng.standard_normal((TOPICS, SUBTOPICS, DIMENSIONS), dtype=np.float32)
    both = topic + 0.7 * sub
    return both / np.linalg.norm(both, axis=2, keepdims=True)


@dataclass(frozen=True)
class NodeEncoder:
    """A node's name is its topic's number; beyond the topics, a subtopic's."""

    dimensions: int = DIMENSIONS

    def encode(self, texts, *, query: bool = False) -> np.ndarray:
        centres = mixture_centres()
        rows = []
        for text in texts:
            topic, sub = divmod(int(text), SUBTOPICS + 1)
            mean = centres[topic].mean(axis=0) if sub == SUBTOPICS else centres[topic, sub]
            noise = np.random.default_rng(int(text)).standard_normal(DIMENSIONS) * 0.03
            rows.append((mean + noise) / np.linalg.norm(mean + noise))
        return np.array(rows, dtype=np.float32)


def measure(path: str, nodes: int) -> None:
    """One case in a process of its own, for its memory."""
    corpus = Corpus.of(np.load(path, mmap_mode="r"))
    taxonomy, encoder = made_nodes(nodes), NodeEncoder()
    began, wall, before = time.process_time(), time.perf_counter(), anonymous_mb()
    selection = select(corpus, taxonomy, encoder, Select())
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mapped = Path(path).stat().st_size / 2**20
    filled = np.mean([len(n.chosen) / n.quota for n in selection.nodes])
    beside = max(peak - min(mapped, peak) - before, anonymous_mb() - before)
    print(
        f"{len(corpus.ids):9,}  {nodes:6,}  {cpu:6.1f}  {wall:7.1f}  {beside:18.0f}  {filled:7.2f}",
        flush=True,
    )


def made_nodes(nodes: int) -> Taxonomy:
    """Topics, and beyond them subtopics; a topic's number is id // (SUBTOPICS + 1)."""
    step = SUBTOPICS + 1
    names = [topic * step + SUBTOPICS for topic in range(min(nodes, TOPICS))]
    names += [i // SUBTOPICS * step + i % SUBTOPICS for i in range(nodes - len(names))]
    return Taxonomy("made", tuple(Node(str(i), str(i)) for i in names))


def faiss_candidates(documents: int = 100_000, nodes: int = 500) -> None:
    """What candidates from FAISS miss and save, beside the exact selection of the same store."""
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        path = Path(folder) / "made.npy"
        made(path, documents)
        topics = np.load(path.with_suffix(".topics.npy"))
        store = store_of(Path(folder) / "store", np.load(path).astype(np.float32))
        built = build(store, Index(factory=f"IVF{min(1024, documents // 80)},SQ8"))
        atomic.write_json(store.path / "index.json", store.manifest | {"index": built})
        store = Store.open(store.path)
        print(f"{documents:,} documents, {nodes} nodes, {built['factory']}: recall of ten "
              f"neighbours {built['recall_at_10']:.3f}")  # fmt: skip
        print("a node names  scored  held  same  precision  membership  filled  CPU s")
        exact = tried(store, nodes, topics, "exact", None)
        for reach in REACHES:
            tried(store, nodes, topics, "faiss", exact, reach)


def tried(store, nodes, topics, kind, exact, reach=0) -> set[tuple[str, str]]:
    """One row of the table; `held` is the share of the exact choice that was scored at all."""
    taxonomy, settings = made_nodes(nodes), Select(candidates=kind)
    candidates.LEAST, candidates.PER_PLACE = reach, 0
    began = time.process_time()
    worked = work(store, taxonomy, NodeEncoder(), settings)
    took = time.process_time() - began
    chosen = {(n.node, c.document): c.probability
              for n in worked.selection.nodes for c in n.chosen}  # fmt: skip
    rows = worked.scored.ranked.rows
    scored = {store.ids[row] for row in rows.tolist()} if rows is not None else set(store.ids)
    exact = exact or set(chosen)
    right = [topics[int(id[1:])] == int(node) // (SUBTOPICS + 1) for node, id in chosen]
    print(
        f"{f'{reach:,}' if reach else 'exact':>12}{len(scored) / len(store.ids):8.2f}"
        f"{np.mean([id in scored for _, id in exact]):6.3f}"
        f"{len(chosen.keys() & exact) / len(exact):6.3f}{np.mean(right):11.3f}"
        f"{np.mean(list(chosen.values())):12.3f}{len(chosen) / (20 * nodes):8.3f}{took:7.1f}",
        flush=True,
    )
    return set(chosen)


def anonymous_mb() -> float:
    """Memory of this process that is no file's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


def picking() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((400, DIMENSIONS), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    quality = rng.uniform(0.5, 1, 400).astype(np.float32)
    picker = FacilityLocation()
    picker.pick(vectors, quality, 20)
    for threads in (1, None):  # selecting picks with one
        with threadpool_limits(threads, "blas"):
            began = time.process_time()
            for _ in range(20):
                picker.pick(vectors, quality, 20)
            took = (time.process_time() - began) * 50
        print(f"picking 20 of 400: {took:.2f} CPU ms with {threads or 'all'} threads")


if __name__ == "__main__":
    asked = sys.argv[1:]
    if not asked or asked == ["full"]:
        main(FULL if asked else CASES)
    if cases := [tuple(map(int, case.split("x"))) for case in asked if "x" in case]:
        growth(cases)
    if "picking" in asked:
        picking()
    if "faiss" in asked or asked == ["full"]:
        faiss_candidates()
