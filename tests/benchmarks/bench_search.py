"""How fast is exact search, beside a bare matrix product, and a single query of an index in memory?

A store of 200,000 clustered vectors is written to a temporary folder. Batches of queries go through
`miner.index.search`, from float16 on disk to rows in order, and through NumPy's GEMM with
argpartition over the same vectors as float32 in memory, in turns: 100 queries against all vectors,
and all queries against 8,192 vectors (without joining the blocks' best). The faster of the two is
the baseline. Single queries go to FAISS.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from miner.index import Index, blas_kernel, build, open_index, search, search_index
from miner.store import VERSION, Store
from miner.store_files import dump_document, write_rows, write_vectors
from miner.types import Document

DIMENSIONS, PART = 384, 4096


def vectors(count: int, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(400, DIMENSIONS)).astype(np.float32)
    rows = chance.normal(size=(count, DIMENSIONS)).astype(np.float32)
    rows += centres[chance.zipf(1.3, size=count) % 400]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def store_of(path: Path, rows: np.ndarray) -> Store:
    parts = []
    for start in range(0, len(rows), PART):
        name, block = f"{start:09d}", rows[start : start + PART]
        documents = (
            dump_document(Document(f"d{start + i}", "x"), "f", i) for i in range(len(block))
        )
        write_rows(path / "documents" / f"part-{name}.parquet", "documents", documents)
        write_vectors(path / "vectors" / f"part-{name}.npy", block)
        part = {"name": name, "rows": len(block), "rejected": 0}
        parts.append(
            part | dict.fromkeys(("documents_sha256", "vectors_sha256", "rejected_sha256"), "")
        )
    manifest = {"version": VERSION, "name": "bench", "dimensions": DIMENSIONS, "parts": parts}
    (path / "index.json").write_text(json.dumps(manifest))
    return Store.open(path)


def bare(corpus: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """GEMM and argpartition, some queries at a time so that the products fit in memory."""
    best = np.empty((len(queries), k), dtype=np.int64)
    for start in range(0, len(queries), 100):
        cosines = queries[start : start + 100] @ corpus.T
        best[start : start + 100] = np.argpartition(cosines, -k, axis=1)[:, -k:]
    return best


def bare_blocks(corpus: np.ndarray, queries: np.ndarray, k: int) -> None:
    """The same, some vectors at a time so that the products stay in the cache; nothing is joined."""
    for start in range(0, len(corpus), 8192):
        cosines = queries @ corpus[start : start + 8192].T
        np.argpartition(cosines, -k, axis=1)[:, -k:]


def best_of(turns: int, *functions) -> list[float]:
    """Least seconds of each, run in turns."""
    seconds = [[] for _ in functions]
    for _ in range(turns):
        for found, function in zip(seconds, functions, strict=True):
            start = time.perf_counter()
            function()
            found.append(time.perf_counter() - start)
    return [min(found) for found in seconds]


def main(count: int = 200_000, queries: int = 500, k: int = 100) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = store_of(Path(folder), vectors(count))
        corpus, asked = store.vectors(range(count)), vectors(queries, 1)
        ours, wide, narrow = best_of(
            3,
            lambda: search(store, asked, k),
            lambda: bare(corpus, asked, k),
            lambda: bare_blocks(corpus, asked, k),
        )
        theirs = min(wide, narrow)
        found, expected = search(store, asked, k)[1], bare(corpus, asked, k)
        same = np.mean(
            [len(np.intersect1d(a, b)) / k for a, b in zip(found, expected, strict=True)]
        )
        print(f"{count} vectors of {DIMENSIONS}, {queries} queries, {k} nearest; {blas_kernel()}")
        for name, seconds in (("queries by 100", wide), ("vectors by 8,192", narrow)):
            print(f"NumPy, GEMM and argpartition, {name:17} {queries / seconds:8.0f} queries/s")
        print(
            f"miner.index.search from disk: {queries / ours:25.0f} queries/s "
            f"= {theirs / ours:.0%} of the faster (at least 80 %)"
        )
        print(f"same rows: {same:.4%}")
        build(store, Index())
        manifest = {**store.manifest, "index": {"fingerprint": store.fingerprint}}
        single(open_index(Store(store.path, manifest)), asked[:200])


def single(index, asked: np.ndarray) -> None:
    times, work = [], []
    for query in asked:
        start, worked = time.perf_counter(), time.process_time()
        search_index(index, query[None], 10)
        times.append((time.perf_counter() - start) * 1e3)
        work.append((time.process_time() - worked) * 1e3)
    print(
        f"one query, FAISS in memory: p50 {np.percentile(times, 50):.1f} ms (below 20 ms), "
        f"p99 {np.percentile(times, 99):.1f} ms; p50 of its CPU time {np.median(work):.1f} ms"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
