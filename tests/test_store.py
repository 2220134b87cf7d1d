"""The store's files: what is written comes back, rows count the living, damage is named."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import StoreError
from miner.store import VERSION, Store, make_secret
from miner.store_files import digest, dump_document, load_document, write_rows, write_vectors
from miner.types import Document

WORDS = st.text(max_size=40).filter(lambda t: t.isprintable() or "\n" in t)


def document(number: int) -> Document:
    return Document(
        id=f"doc{number:04d}",
        text=f"text of {number}\n{{braces}} <b>",
        url=f"https://example.org/{number}",
        meta={"headings": [{"level": 1, "title": "x", "start": 0, "end": 4}]},
        signals={"quality": number / 7, "zeal": 1.0} if number % 2 else {},
        raw_sha256="ab",
        cleaners=("repair",),
    )


def unit(count: int, dimensions: int = 8, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make_store(path, sizes=(5, 700, 3), rejected=2) -> Store:
    parts, number = [], 0
    for place, size in enumerate(sizes):
        name = f"{place:05d}"
        documents = [document(n) for n in range(number, number + size)]
        rows = (dump_document(d, "file", i) for i, d in enumerate(documents))
        write_rows(path / "documents" / f"part-{name}.parquet", "documents", rows)
        write_vectors(path / "vectors" / f"part-{name}.npy", unit(size, seed=place))
        turned_away = [
            {
                "id": "",
                "url": "",
                "source": "s",
                "file": "f",
                "row": r,
                "reason": "empty",
                "detail": "",
            }
            for r in range(rejected)
        ]
        write_rows(path / "rejected" / f"part-{name}.parquet", "rejected", turned_away)
        parts.append(
            {
                "name": name,
                "rows": size,
                "rejected": rejected,
                "documents_sha256": digest(path / "documents" / f"part-{name}.parquet"),
                "vectors_sha256": digest(path / "vectors" / f"part-{name}.npy"),
                "rejected_sha256": "",
            }
        )
        number += size
    manifest = {"version": VERSION, "name": "test", "dimensions": 8, "parts": parts}
    (path / "index.json").write_text(json.dumps(manifest))
    return Store.open(path)


def bury(store: Store, *places: tuple[str, int]) -> Store:
    rows = [{"id": "", "part": part, "row": row, "reason": "deleted"} for part, row in places]
    write_rows(store.path / "tombstones.parquet", "tombstones", rows)
    return Store.open(store.path)


@settings(max_examples=30, deadline=None)
@given(
    text=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    title=WORDS,
    signals=st.dictionaries(st.sampled_from("abc"), st.floats(allow_nan=False)),
    meta=st.dictionaries(WORDS, st.integers() | st.lists(WORDS)),
    cleaners=st.lists(st.sampled_from(["repair", "c4"])).map(tuple),
)
def test_a_document_survives_the_trip(tmp_path_factory, text, title, signals, meta, cleaners):
    before = Document("x", text, title=title, signals=signals, meta=meta, cleaners=cleaners)
    path = tmp_path_factory.mktemp("trip") / "part.parquet"
    write_rows(path, "documents", [dump_document(before, "f", 3)])
    from miner.store_files import read_rows

    (row,) = read_rows(path)
    assert load_document(row) == before
    assert row["chars"] == len(text)


def test_documents_come_in_the_order_asked_for(tmp_path):
    store = make_store(tmp_path)
    wanted = ["doc0707", "doc0000", "doc0300", "doc0299", "doc0000"]
    found = store.documents(wanted)
    assert list(found) == ["doc0707", "doc0000", "doc0300", "doc0299"]
    assert all(found[id] == document(int(id[3:])) for id in found)
    assert list(store.iterate()) == [document(n) for n in range(708)]
    assert len(store) == 708


def test_vectors_belong_to_their_documents(tmp_path):
    store = make_store(tmp_path)
    whole = np.concatenate([unit(n, seed=i) for i, n in enumerate((5, 700, 3))])
    rows = store.rows(["doc0706", "doc0004", "doc0005"])
    assert np.allclose(store.vectors(rows), whole[[706, 4, 5]], atol=1e-3)
    assert store.vectors(rows).dtype == np.float32


@settings(max_examples=15, deadline=None)
@given(size=st.integers(1, 800), buried=st.sets(st.integers(0, 707)))
def test_blocks_are_all_live_vectors_once(tmp_path_factory, size, buried):
    store = make_store(tmp_path_factory.mktemp("blocks"))
    whole = store.vectors(range(708))
    places = [(p, n - s) for p, s, e in PLACES for n in buried if s <= n < e]
    store = bury(store, *places)
    live = np.array([n for n in range(708) if n not in buried], dtype=int)
    blocks = list(store.blocks(size))
    starts = [start for start, _ in blocks]
    assert starts == list(np.cumsum([0, *(len(b) for _, b in blocks)])[:-1])
    together = np.concatenate([b for _, b in blocks]) if blocks else np.empty((0, 8))
    assert np.array_equal(together, whole[live].reshape(-1, 8))
    assert store.ids == [f"doc{n:04d}" for n in live]
    assert len(store) == len(live)


PLACES = (("00000", 0, 5), ("00001", 5, 705), ("00002", 705, 708))


def test_tombstones_leave_no_row(tmp_path):
    store = make_store(tmp_path)
    before = store.fingerprint
    store = bury(store, ("00001", 0), ("00002", 2))
    assert store.fingerprint != before
    assert "doc0005" not in store
    with pytest.raises(StoreError, match="doc0005"):
        store.document("doc0005")
    assert store.document("doc0006") == document(6)
    assert store.ids[5] == "doc0006"
    assert len(list(store.iterate())) == len(store) == 706


def test_a_wrong_id_gets_a_guess(tmp_path):
    with pytest.raises(StoreError, match="did you mean 'doc0007'"):
        make_store(tmp_path).document("doc00007")


def test_columns_and_signals(tmp_path):
    store = make_store(tmp_path)
    table = store.table(("id", "signals.quality", "chars"))
    assert table.num_rows == 708
    assert table["signals.quality"][1].as_py() == pytest.approx(1 / 7)
    assert table["signals.quality"][0].as_py() is None
    with pytest.raises(StoreError, match="did you mean 'title'"):
        store.table(("titel",))


def test_rejected_rows_can_be_listed(tmp_path):
    store = make_store(tmp_path)
    assert len(list(store.rejected())) == 6
    assert list(store.rejected("other")) == []


def test_equal_rows_are_equal_bytes(tmp_path):
    one, two = make_store(tmp_path / "a"), make_store(tmp_path / "b")
    assert one.fingerprint == two.fingerprint


def test_secrets_differ_and_are_private(tmp_path):
    one, two = make_store(tmp_path / "a"), make_store(tmp_path / "b")
    assert one.secret != two.secret
    assert one.secret == one.secret
    assert (tmp_path / "a" / "secret").stat().st_mode & 0o077 == 0
    make_secret(tmp_path / "a")
    assert Store.open(tmp_path / "a").secret == one.secret


@pytest.mark.parametrize("value", [np.nan, 0.0, 3.0])
def test_a_vector_that_is_none_is_refused(tmp_path, value):
    vectors = unit(4)
    vectors[2] = value
    with pytest.raises(StoreError, match="row 2"):
        write_vectors(tmp_path / "v.npy", vectors)
    assert not list(tmp_path.iterdir())


def test_what_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(StoreError, match="no such store"):
        Store.open(tmp_path / "none")
    with pytest.raises(StoreError, match=r"no index\.json"):
        Store.open(tmp_path)
    store = make_store(tmp_path / "a")
    with pytest.raises(StoreError, match="did you mean 'a'"):
        Store.open(tmp_path / "aa")
    store.vectors_path("00001").write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged"):
        store.vectors([6])
    store.documents_path("00001").write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged"):
        list(store.iterate())
    store.documents_path("00002").unlink()
    with pytest.raises(StoreError, match="part-00002"):
        Store.open(tmp_path / "a")
    (tmp_path / "a" / "index.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path / "a")
    (tmp_path / "a" / "index.json").write_text('{"version": 99}')
    with pytest.raises(StoreError, match="version 99"):
        Store.open(tmp_path / "a")
