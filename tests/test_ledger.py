from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import threading
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.entries import Failed, Replied, Sent, key
from miner.errors import StoreError
from miner.ledger import Ledger, on_shared_file_system
from miner.prompts import MARK, document_block
from miner.types import Message, Request

DOCUMENT = "A long document. " * 200


def request(number=0, document=DOCUMENT, **changes):
    messages = (
        Message("system", "Always the same instructions. " * 20),
        Message("user", f"{document_block(document)}\nTask {number}."),
    )
    return Request("t", "d", messages, **changes)


def sent(request, **changes):
    return Sent(id=key(request, "m"), request=request, model="m", started=1.0, **changes)


def replied(attempt, id, text="yes", **changes):
    values = {
        "finish_reason": "stop",
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "cost": 700,
        "seconds": 0.5,
    }
    return Replied(attempt=attempt, id=id, text=text, body=json.dumps(text), **values | changes)


def failed(attempt, id, *, final, **changes):
    values = {"reason": "timeout", "detail": "", "body": "", "cost": 0, "tokens": 0, "seconds": 1.0}
    return Failed(attempt=attempt, id=id, final=final, **values | changes)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def test_round_trip(ledger):
    one = request(schema={"type": "object"})
    (attempt,) = ledger.apply(
        [sent(one, mark="MMMM", canary="CCCC", endpoint="http://x", mode="prompt")]
    )
    assert ledger.find(key(one, "m")) is None
    assert ledger.books() == {"asked": 1, "replied": 0, "failed": 0, "pending": 1}
    ledger.apply([replied(attempt, key(one, "m"), "yes\u2028 \U0001f600")])
    found = ledger.find(key(one, "m"))
    assert found.reply.text == "yes\u2028 \U0001f600"
    assert (found.reply.prompt_tokens, found.reply.completion_tokens) == (10, 5)
    entry = ledger.request(key(one, "m")[:10])
    assert entry.messages == one.messages
    assert "document MMMM begins" in entry.sent[1].content
    assert MARK not in entry.sent[1].content
    assert entry.sent[1].content.endswith('{"type":"object"}')
    assert entry.text == found.reply.text
    assert entry.cost == pytest.approx(700e-9)
    assert ledger.books() == {"asked": 1, "replied": 1, "failed": 0, "pending": 0}


def test_document_is_stored_once(ledger):
    noise = " ".join(str(i * 7919 % 10007) for i in range(4000))
    ledger.apply([sent(request(i, noise)) for i in range(200)])
    with sqlite3.connect(ledger.path) as raw:
        rows, size = raw.execute("SELECT count(*), sum(length(body)) FROM texts").fetchone()
    raw.close()
    assert rows == 2
    assert size < 2 * len(noise)


@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": 7},
        {"temperature": 0.5},
        {"top_p": 0.5},
        {"schema": {"type": "object"}},
        {"sample": 1},
        {"messages": (Message("user", "other"),)},
    ],
)
def test_key_changes_with_what_changes_the_reply(change):
    assert key(request(), "m") != key(dataclasses.replace(request(), **change), "m")
    assert key(request(), "m") != key(request(), "n")
    assert key(request(), "m") != key(request(), "m", {"seed": 1})


@pytest.mark.parametrize(
    "change", [{"task": "u"}, {"document": "e"}, {"model": "cheap"}, {"prompt_version": "1"}]
)
def test_key_keeps_with_what_does_not(change):
    assert key(request(), "m") == key(dataclasses.replace(request(), **change), "m")


def test_key_knows_the_order_of_properties():
    one, two = (
        {"type": "object", "properties": {k: {"type": "string"} for k in names}}
        for names in ("ab", "ba")
    )
    assert key(request(schema=one), "m") != key(request(schema=two), "m")


@given(st.text())
def test_any_text_has_a_key(text):
    assert len(key(Request("t", "d", (Message("user", text),)), "m")) == 32


@settings(deadline=None)
@given(st.text())
def test_any_text_comes_back(tmp_path_factory, text):
    one = Request("t", "d", (Message("user", text * 50),))
    with Ledger.open(tmp_path_factory.mktemp("l") / "ledger.sqlite") as ledger:
        ledger.apply([sent(one)])
        assert ledger.request(key(one, "m")).messages == one.messages


def test_failures_and_money(ledger):
    ids = [key(request(i), "m") for i in range(3)]
    attempts = ledger.apply([sent(request(i), reserved=1000, reserved_tokens=50) for i in range(3)])
    ledger.apply(
        [
            replied(attempts[0], ids[0]),
            failed(attempts[1], ids[1], final=True, cost=1000, tokens=50),
            failed(attempts[2], ids[2], final=False),
        ]
    )
    assert ledger.books() == {"asked": 3, "replied": 1, "failed": 1, "pending": 1}
    assert ledger.find(ids[1]).reason == "timeout"
    assert ledger.find(ids[2]) is None
    spent = ledger.spent()
    assert (spent.attempts, spent.nano, spent.tokens) == (3, 1700, 65)
    assert ledger.failures() == {"attempts": {"timeout": 2}, "requests": {"timeout": 1}}
    (row,) = ledger.breakdown()
    assert (row["task"], row["requests"], row["attempts"]) == ("t", 3, 3)
    assert ledger.dearest(1) == [(ids[1], pytest.approx(1e-6))]
    (again,) = ledger.apply([sent(request(1))])
    assert ledger.books()["pending"] == 2
    ledger.apply([replied(again, ids[1])])
    assert ledger.books() == {"asked": 3, "replied": 2, "failed": 0, "pending": 1}


def test_what_was_in_flight_at_a_crash_stays_charged(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.apply([sent(request(), reserved=1000, reserved_tokens=50)])
    with Ledger.open(path) as ledger:
        assert ledger.spent().nano == 1000
        assert ledger.failures()["attempts"] == {"lost": 1}
        assert ledger.books()["pending"] == 1


def test_a_failed_transaction_writes_nothing(ledger):
    (attempt,) = ledger.apply([sent(request())])
    with pytest.raises(sqlite3.Error):
        ledger.apply([replied(attempt, key(request(), "m")), sent(request(1), reserved=object())])
    assert ledger.books()["pending"] == 1
    ledger.apply([sent(request(1)), sent(request(2))])
    assert ledger.request(key(request(1), "m")).messages == request(1).messages


def test_reading_while_writing(tmp_path, ledger):
    def write():
        for number in range(50):
            ledger.apply([sent(request(number))])

    thread = threading.Thread(target=write)
    thread.start()
    seen = []
    while thread.is_alive():
        with Ledger.open(ledger.path, read_only=True) as reader:
            seen.append(reader.books()["asked"])
    thread.join()
    assert seen == sorted(seen)
    with Ledger.open(ledger.path, read_only=True) as reader:
        assert reader.books()["asked"] == 50
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.apply([sent(request(99))])


def test_no_or_damaged_ledger(tmp_path):
    with pytest.raises(StoreError, match="no ledger here"):
        Ledger.open(tmp_path / "none.sqlite", read_only=True)
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match=r"bad\.sqlite"):
        Ledger.open(bad)
    with pytest.raises(StoreError, match=r"bad\.sqlite"):
        Ledger.open(bad, read_only=True)
    with sqlite3.connect(tmp_path / "new.sqlite") as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StoreError, match="version 99"):
        Ledger.open(tmp_path / "new.sqlite")


def test_unknown_request(ledger):
    ledger.apply([sent(request(i)) for i in range(20)])
    with pytest.raises(StoreError, match="no request begins with 'zz'"):
        ledger.request("zz")
    with pytest.raises(StoreError, match="several"):
        ledger.request("")


def test_replies_that_a_full_disk_kept_out_are_taken_over(tmp_path):
    from miner import spill

    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        attempts = ledger.apply([sent(request(i)) for i in range(3)])
        spill.set_aside(ledger.spill_path, 100_000)
        ledger.keep_aside(replied(attempts[0], key(request(0), "m"), "kept"))
        ledger.keep_aside(failed(attempts[1], key(request(1), "m"), final=True))
        assert ledger.spill_path.stat().st_size == 100_000
    with Ledger.open(path) as ledger:
        assert ledger.find(key(request(0), "m")).reply.text == "kept"
        assert ledger.books() == {"asked": 3, "replied": 1, "failed": 1, "pending": 1}
        assert not ledger.spill_path.exists()


def test_exclusive_locking_where_a_log_does_not_hold(tmp_path, monkeypatch):
    monkeypatch.setattr("miner.ledger.on_shared_file_system", lambda path: True)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        (attempt,) = ledger.apply([sent(request())])
        ledger.apply([replied(attempt, key(request(), "m"))])
        assert ledger.find(key(request(), "m")).reply.text == "yes"
        assert not (tmp_path / "ledger.sqlite-wal").exists()
        other = sqlite3.connect(tmp_path / "ledger.sqlite", timeout=0)
        with contextlib.closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("SELECT count(*) FROM requests")
    monkeypatch.undo()
    with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.books()["replied"] == 1


def test_local_disk_is_not_shared(tmp_path):
    assert on_shared_file_system(tmp_path / "ledger.sqlite") is False


@pytest.mark.parametrize(
    ("kind", "shared"),
    [("nfs4", True), ("lustre", True), ("cifs", True), ("ext4", False), ("xfs", False)],
)
def test_a_network_file_system_is_known(tmp_path, kind, shared):
    mounts, folder = tmp_path / "mounts", tmp_path / "the runs"
    folder.mkdir()
    point = str(folder).replace(" ", "\\040")
    mounts.write_text(
        f"/dev/a / {'ext4' if shared else 'nfs'} rw 0 0\nhost:/b {point} {kind} rw 0 0\n"
    )
    assert on_shared_file_system(folder / "ledger.sqlite", mounts) is shared


def test_a_deleted_document_is_forgotten(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ids = []
        for name in ("d1", "d2"):
            secret = " ".join(f"{name}-secret-{i * 7919 % 10007}" for i in range(300))
            one = dataclasses.replace(request(0, secret), document=name)
            ids.append(key(one, "m"))
            (attempt,) = ledger.apply([sent(one)])
            ledger.apply([replied(attempt, ids[-1], f"{name}-answer")])
        before = ledger.books(), ledger.spent()
        assert ledger.forget(["d1", "other"]) == 1
        assert (ledger.books(), ledger.spent()) == before
        assert ledger.find(ids[0]).reason == "forgotten"
        assert ledger.request(ids[0]).messages == ()
        assert ledger.find(ids[1]).reply.text == "d2-answer"
        assert "Always the same" in ledger.request(ids[1]).messages[0].content
    with sqlite3.connect(path) as raw:
        texts = [zlib.decompress(row[0]) for row in raw.execute("SELECT body FROM texts")]
    raw.close()
    assert not any(b"d1-secret" in text for text in texts)
    assert any(b"d2-secret" in text for text in texts)
