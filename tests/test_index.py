"""Search: exact against brute force, FAISS against exact, and the traps that FAISS sets."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner import index
from miner.errors import StoreError, UsageError
from miner.index import Index, build, choose_factory, open_index, search
from miner.store import VERSION, Store
from miner.store_files import digest, dump_document, write_rows, write_vectors
from miner.types import Document

DIMENSIONS = 16


def unit(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def clustered(count: int, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(20, DIMENSIONS))
    return unit(centres[chance.integers(20, size=count)] + chance.normal(size=(count, DIMENSIONS)))


def store_of(path, vectors: np.ndarray, part: int = 300) -> Store:
    parts = []
    for start in range(0, len(vectors), part):
        name, block = f"{start:05d}", vectors[start : start + part]
        documents = path / "documents" / f"part-{name}.parquet"
        rows = (dump_document(Document(f"d{start + i}", "x"), "f", i) for i in range(len(block)))
        write_rows(documents, "documents", rows)
        write_vectors(path / "vectors" / f"part-{name}.npy", block)
        sha = digest(path / "vectors" / f"part-{name}.npy")
        parts.append(
            {"name": name, "rows": len(block), "rejected": 0, "documents_sha256": "",
             "vectors_sha256": sha, "rejected_sha256": ""}
        )  # fmt: skip
    manifest = {"version": VERSION, "name": "t", "dimensions": DIMENSIONS, "parts": parts}
    (path / "index.json").write_text(json.dumps(manifest))
    return Store.open(path)


def built(store: Store, settings: Index | None = None) -> Store:
    made = store.manifest | {"index": build(store, settings)}
    (store.path / "index.json").write_text(json.dumps(made))
    return Store.open(store.path)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return built(store_of(tmp_path_factory.mktemp("store"), clustered(1000)))


def brute(store: Store, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    cosines = queries @ store.vectors(range(len(store))).T
    rows = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(cosines, rows, axis=1), rows


@settings(max_examples=25, deadline=None)
@given(queries=st.integers(1, 5), k=st.integers(1, 40), seed=st.integers(0, 99))
def test_exact_search_is_brute_force(store, queries, k, seed):
    asked = clustered(queries, seed)
    cosines, rows = search(store, asked, k)
    expected, expected_rows = brute(store, asked, k)
    assert np.allclose(cosines, expected, atol=1e-6)
    ties = np.isclose(expected, cosines, atol=1e-6)
    assert (ties | (rows == expected_rows)).all()


def test_blocks_do_not_matter(store, monkeypatch):
    asked = clustered(7, 5)
    whole = search(store, asked, 30)
    monkeypatch.setattr(index, "SEARCH_ROWS", 64)
    monkeypatch.setattr(index, "SEARCH_QUERIES", 3)
    cosines, rows = search(store, asked, 30)
    assert np.array_equal(rows, whole[1])
    assert np.allclose(cosines, whole[0], atol=1e-6)


def test_equal_cosines_go_by_row(tmp_path, monkeypatch):
    same = np.tile(clustered(1), (50, 1))
    store = store_of(tmp_path, same, part=20)
    monkeypatch.setattr(index, "SEARCH_ROWS", 16)
    _, rows = search(store, same[:2], 12)
    assert rows.tolist() == [list(range(12))] * 2


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.integers(0, 5), min_size=1, max_size=60),
    k=st.integers(1, 8),
    width=st.integers(1, 20),
)
def test_the_best_of_blocks_are_the_best_of_all(values, k, width):
    cosines = np.array([values, values[::-1]], dtype=np.float32)
    best = index._Best(3, k)  # the first query is none of these
    for start in range(0, len(values), width):
        best.add(cosines[:, start : start + width], start, 1)
    expected = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    assert np.array_equal(best.rows[1:, : expected.shape[1]], expected)
    assert (best.rows[1:, expected.shape[1] :] == -1).all()
    assert (best.rows[0] == -1).all()


def test_one_query_wakes_no_threads(store):
    import faiss

    opened = open_index(store)

    class Watched:
        def search(self, vectors, k):
            self.threads = faiss.omp_get_max_threads()
            return opened.search(vectors, k)

    watched, before = Watched(), faiss.omp_get_max_threads()
    index.search_index(watched, clustered(1), 3)
    assert watched.threads == 1
    assert faiss.omp_get_max_threads() == before


def test_fewer_rows_than_asked_for(tmp_path):
    store = built(store_of(tmp_path, clustered(3)))
    for approximate in (False, True):
        cosines, rows = search(store, clustered(2, 1), 5, approximate=approximate)
        assert (rows[:, 3:] == -1).all()
        assert np.isneginf(cosines[:, 3:]).all()
        assert sorted(rows[0, :3]) == [0, 1, 2]


def test_an_empty_store_finds_nothing(tmp_path):
    store = built(store_of(tmp_path, np.empty((0, DIMENSIONS), np.float32)))
    assert (search(store, clustered(1), 3)[1] == -1).all()
    assert (search(store, clustered(1), 3, approximate=True)[1] == -1).all()


@pytest.mark.parametrize(
    ("factory", "recall"),
    [
        ("auto", 1.0),
        ("Flat", 1.0),
        ("IDMap2,Flat", 1.0),
        ("SQfp16", 1.0),
        ("SQ8", 0.9),
        ("HNSW16", 0.9),
        ("IDMap2,HNSW16", 0.9),
        ("IVF8,Flat", 0.5),
        ("IVF8,SQ8", 0.5),
        ("PQ8x4fs,RFlat", 0.3),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_every_kind_agrees_with_exact_search(tmp_path, factory, recall):
    store = built(store_of(tmp_path, clustered(1000)), Index(factory))
    assert store.manifest["index"]["recall_at_10"] >= recall
    asked = clustered(20, 9)
    cosines, rows = search(store, asked, 10, approximate=True)
    exact = [set(row) for row in search(store, asked, 10)[1]]
    found = [len(e & set(r)) / 10 for e, r in zip(exact, rows, strict=True)]
    assert np.mean(found) >= recall - 0.15
    assert (np.diff(cosines, axis=1) <= 1e-6).all()


def test_more_probes_find_more(tmp_path):
    made = [
        built(store_of(tmp_path / str(n), clustered(1000)), Index("IVF16,Flat", probes=n))
        for n in (1, 16)
    ]
    few, all_ = (m.manifest["index"]["recall_at_10"] for m in made)
    assert few < all_ == 1.0


def test_sizes_have_their_factories():
    assert choose_factory(0) == choose_factory(300_000) == "SQfp16"
    assert choose_factory(300_001) == "IVF2048,Flat"
    assert choose_factory(5_000_000) == "IVF4096,SQ8"
    assert choose_factory(100_000_000) == "IVF65536_HNSW32,PQ96x4fs"
    assert choose_factory(1_000_000_000) == "OPQ48_192,IVF262144_HNSW32,PQ48"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_is_refused(store, bad):
    import faiss

    rows = clustered(5)
    rows[3, 2] = bad
    with pytest.raises(StoreError, match="row 3"):
        index._add(faiss.index_factory(DIMENSIONS, "Flat"), rows, 0)
    with pytest.raises(StoreError, match="NaN"):
        search(store, rows, 3)


def test_no_row_is_added_twice():
    import faiss

    made = faiss.index_factory(DIMENSIONS, "IDMap2,Flat")
    index._add(made, clustered(5), 0)
    with pytest.raises(StoreError, match="row 0"):
        index._add(made, clustered(5), 0)
    with pytest.raises(StoreError, match="row 9"):
        index._add(made, clustered(5), 9)


def test_an_open_index_is_no_memory_map(store):
    """Adding to a mapped one would end the process, in C++, and could reach the file."""
    path = store.path / index.FILE
    before = digest(path)
    opened = open_index(store)
    opened.add(clustered(1))
    assert opened.ntotal == len(store) + 1
    assert digest(path) == before
    assert open_index(store).ntotal == len(store)


def test_questions_that_make_no_sense(store):
    with pytest.raises(StoreError, match="expected"):
        search(store, np.ones((1, 3), np.float32), 1)
    with pytest.raises(StoreError, match="k = 0"):
        search(store, clustered(1), 0)


@pytest.mark.parametrize("factory", ["Nonsense", "IVF"])
def test_a_wrong_factory_is_named(tmp_path, factory):
    with pytest.raises(StoreError, match=factory):
        build(store_of(tmp_path, clustered(10)), Index(factory))


def test_an_old_or_damaged_index_is_refused(tmp_path):
    store = built(store_of(tmp_path, clustered(40)))
    assert open_index(store).ntotal == 40
    path = tmp_path / index.FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    with pytest.raises(StoreError, match="damaged"):
        open_index(store)
    path.write_bytes(whole)
    rows = [{"id": "d0", "part": "00000", "row": 0, "reason": "deleted"}]
    write_rows(tmp_path / "tombstones.parquet", "tombstones", rows)
    with pytest.raises(StoreError, match="older than the vectors"):
        open_index(Store.open(tmp_path))
    path.unlink()
    with pytest.raises(StoreError, match="is missing"):
        open_index(store)


def test_only_allowed_rows_are_found(store):
    allowed = np.zeros(len(store), dtype=bool)
    allowed[[3, 500, 999]] = True
    cosines, rows = search(store, clustered(2, 3), 5, allowed=allowed)
    assert [sorted(r) for r in rows[:, :3].tolist()] == [[3, 500, 999]] * 2
    assert (rows[:, 3:] == -1).all()
    assert np.isneginf(cosines[:, 3:]).all()
    with pytest.raises(StoreError, match="exact search only"):
        search(store, clustered(1), 1, approximate=True, allowed=allowed)


def test_rows_by_language_domain_and_time(sample_store):
    everything = index.matching(sample_store)
    assert everything.all()
    english = index.matching(sample_store, language="en")
    assert english.sum() == sample_store.table(("language",))["language"].to_pylist().count("en")
    wiki = index.matching(sample_store, domain="wikipedia.org")
    assert 0 < wiki.sum() < len(sample_store)
    assert not index.matching(sample_store, domain="pedia.org").any()
    assert 0 < index.matching(sample_store, since="2019-04").sum() < len(sample_store)
    assert not index.matching(sample_store, since="2030").any()
    for none in ("May 2019", "2019-13", "yesterday"):
        with pytest.raises(UsageError, match="expected a date"):
            index.matching(sample_store, since=none)


def test_the_kernel_is_recorded(store):
    assert "openblas" in store.manifest["index"]["blas"]


def test_a_slow_kernel_is_warned_about(monkeypatch):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    new = frozenset({"avx2", "avx512f"})
    slow = "openblas Prescott, openblas SkylakeX"
    assert "OPENBLAS_CORETYPE=SkylakeX" in index.blas_advice(slow, new)
    assert "OPENBLAS_CORETYPE=Haswell" in index.blas_advice(slow, frozenset({"avx2"}))
    assert index.blas_advice("openblas Zen, openblas SkylakeX", new) == ""
    assert index.blas_advice(slow, frozenset()) == ""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    assert index.blas_advice(slow, new) == ""
