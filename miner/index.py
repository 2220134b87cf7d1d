"""FAISS over a store: built by a factory string, opened, searched; and exact search beside it.

Vectors are unit rows, so the inner product is the cosine. `vectors.faiss` is a cache of vectors/
and can be built again with another factory; its ids are the store's row numbers, so it is refused
once the store's rows have changed. Exact search is NumPy's GEMM over vectors/, which
is deterministic and fast for batches of queries (measured: FAISS only pays above some 30 million
vectors, or for single queries).
"""

from __future__ import annotations

import errno
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from miner import atomic, dates
from miner.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from miner.store import Store
    from miner.types import Rows, Vectors

FILE = "vectors.faiss"
EXACT_UP_TO = 300_000
"""Vectors; below, every vector is compared, which needs no training."""
MEASURED_QUERIES = 200
SEARCH_ROWS, SEARCH_QUERIES = 16_384, 512
"""What exact search multiplies at a time: 25 MB of vectors, 32 MB of cosines; malloc keeps both."""
PER_CENTROID = 64
"""Training vectors a centroid; k-means wants 39 to 256."""


@dataclass(frozen=True)
class Index:
    """How vectors.faiss is built.

    Attributes:
        factory: A FAISS factory string, or `auto` for what suits the number of vectors.
        probes: Lists of an inverted file that a query visits; 0 for a sixteenth of them.
        seed: Of the training sample and of the queries that measure recall.
    """

    factory: str = "auto"
    probes: int = 0
    seed: int = 0


# --------------------------------------------------------------------------------------- build


def build(store: Store, settings: Index | None = None) -> dict[str, Any]:
    """Build vectors.faiss and measure its recall.

    Returns:
        For the manifest: factory, bytes, recall at 10 against exact search, and the BLAS kernel.

    Raises:
        StoreError: The factory string is none, or a vector is NaN.
    """
    settings = settings or Index()
    factory = choose_factory(len(store)) if settings.factory == "auto" else settings.factory
    index = _empty(store, factory)
    if not index.is_trained:
        try:
            index.train(_sample(store, _training_size(factory, len(store)), settings.seed))
        except RuntimeError as error:
            raise StoreError(
                f"{store.path}: {len(store)} documents cannot train the FAISS factory '{factory}'; "
                f"'auto' chooses one that fits: {error}"
            ) from error
    for start, block in store.blocks():
        _add(index, block, start)
    _set_probes(index, settings.probes)
    _write(store, index)
    exact = "Flat" in factory.split(",")[-1] and "IVF" not in factory
    return {
        "factory": factory,
        "bytes": (store.path / FILE).stat().st_size,
        "recall_at_10": 1.0 if exact else _recall(store, index, settings.seed),
        "fingerprint": store.fingerprint,
        "blas": blas_kernel(),
        "advice": blas_advice(blas_kernel(), _processor_flags()),
    }


def choose_factory(count: int) -> str:
    """What measuring recommends for so many vectors (docs/scaling.md)."""
    if count <= EXACT_UP_TO:
        return (
            "SQfp16"  # the float16 of vectors/ as they stand: one query reads half of Flat's bytes
        )
    if count < 1_000_000:
        return f"IVF{_power_of_two(4 * math.sqrt(count))},Flat"
    if count < 30_000_000:
        return "IVF4096,SQ8" if count < 10_000_000 else "IVF16384,SQ8"
    return "IVF65536_HNSW32,PQ96x4fs" if count < 300_000_000 else "OPQ48_192,IVF262144_HNSW32,PQ48"


def _power_of_two(value: float) -> int:
    return 1 << round(math.log2(value))


def _empty(store: Store, factory: str) -> Any:
    import faiss

    try:
        index = faiss.index_factory(store.dimensions, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise StoreError(f"{store.path}: no FAISS factory string '{factory}': {error}") from error
    if index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise StoreError(f"{store.path}: factory '{factory}' does not keep the inner product")
    return index


def _add(index: Any, block: Vectors, start: int) -> None:
    """Add rows under their numbers; refuse what FAISS would store silently."""
    import numpy as np

    if not np.isfinite(block).all():
        row = start + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
        raise StoreError(f"row {row}: its vector holds NaN or infinity")
    if start != index.ntotal:
        raise StoreError(f"row {start} would be added twice or leave a gap at {index.ntotal}")
    # Numbers are sequential, which is what FAISS assigns by itself where it has no id map.
    if hasattr(index, "id_map"):
        index.add_with_ids(block, np.arange(start, start + len(block), dtype=np.int64))
    else:
        index.add(block)


def _training_size(factory: str, count: int) -> int:
    """Enough vectors for k-means, and no more than are there."""
    import re

    lists = max((int(n) for n in re.findall(r"IVF(\d+)", factory)), default=256)
    return min(count, lists * PER_CENTROID)


def _sample(store: Store, size: int, seed: int) -> Vectors:
    """A seeded sample of rows, in row order so that parts are read once."""
    import numpy as np

    rows = np.random.default_rng(seed).choice(len(store), size=size, replace=False)
    return store.vectors(np.sort(rows))


def _set_probes(index: Any, probes: int) -> None:
    import faiss

    inner: Any = faiss.downcast_index(index.index) if hasattr(index, "id_map") else index
    if hasattr(inner, "nlist"):
        inner.nprobe = min(probes or max(1, inner.nlist // 16), inner.nlist)


def _write(store: Store, index: Any) -> None:
    import faiss

    with atomic.writing(store.path / FILE) as file:
        try:
            faiss.write_index(index, file.name)
        except RuntimeError as error:  # FAISS tells the cause in its text alone
            full = any(word in str(error) for word in ("No space", "too large", "quota"))
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error


def _recall(store: Store, index: Any, seed: int) -> float:
    """Share of the ten exact neighbours of sampled rows that the index finds."""
    import numpy as np

    queries = _sample(store, min(MEASURED_QUERIES, len(store)), seed + 1)
    _, exact = search(store, queries, 10)
    _, found = index.search(queries, 10)
    hits = [len(np.intersect1d(e[e >= 0], f)) for e, f in zip(exact, found, strict=True)]
    return round(sum(hits) / max(1, int((exact >= 0).sum())), 4)


def blas_kernel() -> str:
    """The BLAS kernels in this process, such as 'openblas SkylakeX, openblas Haswell'."""
    from threadpoolctl import threadpool_info

    found = [
        f"{lib['internal_api']} {lib.get('architecture') or lib.get('version')}"
        for lib in threadpool_info()
        if lib.get("user_api") == "blas"
    ]
    return ", ".join(sorted(set(found)))


OLD_KERNELS = ("barcelona", "core2", "generic", "nehalem", "penryn", "prescott", "sandybridge")
"""Of OpenBLAS, without AVX2: what it takes for a processor newer than itself."""


def blas_advice(kernel: str, flags: frozenset[str]) -> str:
    """What to set where FAISS runs a kernel far below the processor; empty if none does."""
    slow = [name for name in OLD_KERNELS if f"openblas {name}" in kernel.lower()]
    if not slow or "avx2" not in flags or "OPENBLAS_CORETYPE" in os.environ:
        return ""
    better = "SkylakeX" if "avx512f" in flags else "Haswell"
    return (
        f"FAISS's BLAS runs its {slow[0]} kernel on a newer processor, up to 4 times too slow: "
        f"set OPENBLAS_CORETYPE={better}"
    )


def _processor_flags() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


# --------------------------------------------------------------------------------------- search


def open_index(store: Store, *, mapped: bool = False) -> Any:
    """vectors.faiss, read only; `mapped` leaves on disk what its kind can search there.

    Raises:
        StoreError: It is missing, damaged, or was built before the vectors changed.
    """
    import faiss

    path = store.path / FILE
    made: Mapping[str, Any] = store.manifest.get("index", {})
    if not path.is_file():
        raise StoreError(f"{path}: is missing; it is built again by `miner index`")
    if made.get("fingerprint") != store.fingerprint:
        raise StoreError(f"{path}: is older than the vectors; it is built again by `miner index`")
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
    except RuntimeError as error:
        raise StoreError(f"{path}: damaged: {error}") from error
    if index.ntotal != len(store) or index.d != store.dimensions:
        raise StoreError(f"{path}: damaged: {index.ntotal} vectors of {index.d}")
    return index


def search(
    store: Store,
    vectors: Vectors,
    k: int,
    *,
    approximate: bool = False,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[Vectors, Rows]:
    """The k nearest rows of each query, nearest first; equal cosines by row.

    Args:
        store: Where to look.
        vectors: Unit rows, float32, shape (queries, dimensions).
        k: Rows wanted.
        approximate: Ask vectors.faiss rather than every vector.
        allowed: For each row whether it may be found, shape (len(store),); exact search only.

    Returns:
        Cosines and row numbers, both of shape (queries, k); where there are fewer than k rows,
        the rest are -inf and -1.

    Raises:
        StoreError: A query has the wrong shape or holds NaN.
    """
    import numpy as np

    if vectors.ndim != 2 or vectors.shape[1] != store.dimensions:
        raise StoreError(f"queries of shape {vectors.shape}, expected (n, {store.dimensions})")
    if not np.isfinite(vectors).all():
        raise StoreError("a query holds NaN or infinity")
    if k < 1:
        raise StoreError(f"k = {k}; allowed: 1 and more")
    if approximate and allowed is not None:
        raise StoreError("rows can be left out of exact search only")
    if approximate:
        return search_index(open_index(store), vectors, k)
    best = _Best(len(vectors), k)
    for start, block in store.blocks(SEARCH_ROWS):
        for first in range(0, len(vectors), SEARCH_QUERIES):
            cosines = vectors[first : first + SEARCH_QUERIES] @ block.T
            if allowed is not None:
                cosines[:, ~allowed[start : start + len(block)]] = -np.inf
            best.add(cosines, start, first)
    best.rows[np.isneginf(best.cosines)] = -1
    return best.cosines, best.rows


def matching(
    store: Store, language: str = "", domain: str = "", since: str = ""
) -> NDArray[np.bool_]:
    """Which rows are of a language, of a domain or below it, and not older than a time.

    Args:
        store: Where to look.
        language: As the documents have it, such as `en`; `en` also takes `en-GB`.
        domain: Such as example.org.
        since: The beginning of an ISO time, such as 2024-05; documents without a time are older.

    Raises:
        UsageError: `since` is no time.
    """
    import numpy as np

    if since and not dates.is_date(since):
        raise UsageError(f"since '{since}': expected a date such as 2019, 2019-04 or 2019-04-18")
    table = store.table(("language", "url", "timestamp"))
    allowed = np.ones(len(store), dtype=bool)
    if language:
        wanted = (language, f"{language}-", f"{language}_")
        found = table["language"].to_pylist()
        allowed &= np.array([v == language or v.startswith(wanted[1:]) for v in found], dtype=bool)
    if domain:
        allowed &= np.array(
            [_of_domain(url, domain) for url in table["url"].to_pylist()], dtype=bool
        )
    if since:
        times = table["timestamp"].to_pylist()
        young = [dates.is_known(t) and not dates.is_before(t, since) for t in times]
        allowed &= np.array(young, dtype=bool)
    return allowed


def _of_domain(url: str, domain: str) -> bool:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return False
    return host == domain.lower() or host.endswith(f".{domain.lower()}")


def search_index(index: Any, vectors: Vectors, k: int) -> tuple[Vectors, Rows]:
    """The same from an index in memory; k may exceed what it holds."""
    import faiss
    import numpy as np

    # FAISS shares queries among threads: more threads than queries only wait, and busily so.
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, min(threads, len(vectors))))
    try:
        cosines, rows = index.search(np.ascontiguousarray(vectors, dtype=np.float32), k)
    finally:
        faiss.omp_set_num_threads(threads)
    cosines[rows < 0] = -np.inf
    return cosines, rows


class _Best:
    """The k best of each query over all blocks so far, in order."""

    def __init__(self, queries: int, k: int) -> None:
        import numpy as np

        self.cosines: Vectors = np.full((queries, k), -np.inf, dtype=np.float32)
        self.rows: Rows = np.full((queries, k), -1, dtype=np.int64)

    def add(self, cosines: NDArray[np.float32], start: int, first: int = 0) -> None:
        """Merge a block; blocks come in row order, so that among equals the first found stays.

        Args:
            cosines: Of some queries and the block's rows, shape (queries, rows).
            start: Number of the block's first row.
            first: Number of the first of these queries.
        """
        import numpy as np

        queries = slice(first, first + len(cosines))
        k, width = self.cosines.shape[1], cosines.shape[1]
        better = cosines > self.cosines[queries, -1:]
        if width > k and np.count_nonzero(better) > 4 * k * len(cosines):
            # Early on nearly all rows are better than what was found: none but k can stay.
            better &= cosines >= np.partition(cosines, -k, axis=1)[:, [-k]]
        query, row = np.divmod(np.flatnonzero(better), width)
        if not len(query):
            return
        # What is new stands behind what was there, each query's in its own line, filled with -inf.
        counts = np.bincount(query, minlength=len(cosines))
        slot = k + np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
        merged = np.full((len(cosines), k + counts.max()), -np.inf, dtype=np.float32)
        numbers = np.full(merged.shape, -1, dtype=np.int64)
        merged[:, :k], numbers[:, :k] = self.cosines[queries], self.rows[queries]
        merged[query, slot], numbers[query, slot] = cosines[query, row], row + start
        order = np.argsort(-merged, axis=1, kind="stable")[:, :k]
        self.cosines[queries] = np.take_along_axis(merged, order, axis=1)
        self.rows[queries] = np.take_along_axis(numbers, order, axis=1)
