"""Web archives: good ones, broken ones, and the losses that other readers do not notice."""

from __future__ import annotations

import gzip
import sys
import zlib

import brotli
import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.sources.http_body import Response, parse
from miner.sources.lines import Damaged
from miner.sources.warc import Warc
from miner.sources.warc_records import read_records
from miner.types import Document, Rejected

SENTENCE = "The river rises in the hills and runs for ninety miles to the sea. "


def html(number: int) -> bytes:
    body = f"<html><head><title>Page {number}</title></head><body><article><p>{SENTENCE * 6}{number}</p></article></body></html>"
    return body.encode()


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *(headers or ("Content-Type: text/html; charset=utf-8",))]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def record(
    block: bytes,
    kind: str = "response",
    length: int | str | None = None,
    url: str = "http://a.org/x",
) -> bytes:
    size = len(block) if length is None else length
    return (
        (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
            f"WARC-Date: 2020-01-02T03:04:05Z\r\nContent-Length: {size}\r\n\r\n"
        ).encode()
        + block
        + b"\r\n\r\n"
    )


def rows_of(path, **options) -> list:
    source = Warc(path=str(path), **options)
    return [row for file in source.files() for row in source.read(file)]


def outcome(rows) -> list[tuple[int, str]]:
    return [
        (r.number, r.content.reason if isinstance(r.content, Rejected) else "document")
        for r in rows
    ]


def archive(tmp_path, *records: bytes, name: str = "a.warc"):
    path = tmp_path / name
    path.write_bytes(b"".join(records))
    return path


def test_pages_with_address_time_and_title(tmp_path):
    path = archive(
        tmp_path,
        record(b"software: x\r\n", "warcinfo"),
        record(b"GET / HTTP/1.1\r\n\r\n", "request"),
        record(response(html(1)), url="<http://a.org/a b>"),
        record("Plain wörds.".encode(), "conversion"),
    )
    path.write_bytes(
        path.read_bytes().replace(
            b"Content-Length: 13\r\n\r\nPlain",
            b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nPlain",
        )
    )
    rows = rows_of(path, name="crawl")
    assert outcome(rows) == [(2, "document"), (3, "document")]
    page = rows[0].content
    assert (page.title, page.url, page.timestamp) == (
        "Page 1",
        "http://a.org/a%20b",
        "2020-01-02T03:04:05Z",
    )
    assert rows[1].content.text == "Plain wörds."


@pytest.mark.parametrize("start", range(6))
def test_resuming_gives_the_rest(tmp_path, start):
    path = archive(
        tmp_path, *(record(response(html(i))) for i in range(3)), record(b"x", length="y")
    )
    source = Warc(path=str(path))
    [file] = source.files()
    assert list(source.read(file, start)) == [r for r in source.read(file) if r.number >= start]


def test_members_of_gzip_are_one_stream(tmp_path):
    packed = [gzip.compress(record(response(html(i)))) for i in range(3)]
    assert len(rows_of(archive(tmp_path, *packed, name="a.warc.gz"))) == 3
    whole = gzip.compress(b"".join(record(response(html(i))) for i in range(3)))
    assert len(rows_of(archive(tmp_path, whole, name="a.warc.gz"))) == 3


def test_a_length_too_large_costs_its_record_only(tmp_path):
    good = record(response(html(1)))
    for length in (len(response(html(0))) + 90, 3000):
        rows = rows_of(archive(tmp_path, record(response(html(0)), length=length), good, good))
        assert outcome(rows) == [(0, "wrong_length"), (1, "document"), (2, "document")]


def test_a_length_too_small_costs_its_record_only(tmp_path):
    good = record(response(html(1)))
    rows = rows_of(archive(tmp_path, record(response(html(0)), length=50), good))
    assert outcome(rows) == [(0, "wrong_length"), (1, "document")]


@pytest.mark.parametrize("length", ["", "-1", "abc", "9" * 30, "1e3"])
def test_a_length_that_is_none(tmp_path, length):
    rows = rows_of(
        archive(tmp_path, record(response(html(0)), length=length), record(response(html(1))))
    )
    assert outcome(rows) == [(0, "wrong_length"), (1, "document")]


def test_bytes_between_records_are_noticed(tmp_path):
    good = record(response(html(1)))
    rows = rows_of(archive(tmp_path, b"garbage\n\n", good))
    assert outcome(rows) == [(0, "no_record"), (1, "document")]


def test_a_clipped_archive_says_what_is_lost(tmp_path):
    good = record(response(html(1)))
    assert outcome(rows_of(archive(tmp_path, good, good[:-200]))) == [
        (0, "document"),
        (1, "truncated_record"),
    ]
    packed = gzip.compress(good + good)
    rows = rows_of(archive(tmp_path, packed[:-9]))
    assert outcome(rows)[-1][1] == "truncated_file"
    assert outcome(rows)[0] == (0, "document")


def test_lz4_by_frames_and_its_damage(tmp_path):
    frames = [lz4.frame.compress(record(response(html(n)))) for n in range(2)]
    assert outcome(rows_of(archive(tmp_path, *frames))) == [(0, "document"), (1, "document")]
    rows = rows_of(archive(tmp_path, frames[0], frames[1][:-40]))
    assert (outcome(rows)[0], outcome(rows)[-1][1]) == ((0, "document"), "truncated_file")
    rows = rows_of(archive(tmp_path, frames[0], b"no frame"))
    assert (outcome(rows)[0], outcome(rows)[-1][1]) == ((0, "document"), "damaged_file")
    bomb = lz4.frame.compress(b" " * 200_000_000)
    assert outcome(rows_of(archive(tmp_path, bomb)))[-1][1] == "decompression_limit"


def test_without_lz4_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lz4.frame", None)
    (row,) = rows_of(archive(tmp_path, lz4.frame.compress(record(response(html(0))))))
    assert row.content.reason == "unknown_compression"
    assert "corpus-miner[warc]" in row.content.detail


def test_a_record_over_the_limit_is_passed_over(tmp_path):
    large = record(response(b"x" * 100_000))
    rows = rows_of(archive(tmp_path, large, record(response(html(1)))), max_bytes=50_000)
    assert outcome(rows) == [(0, "record_too_long"), (1, "document")]


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (response(html(0), status="302 Found"), "http_status"),
        (response(b""), "empty_page"),
        (response(b"\x89PNG", "Content-Type: image/png"), "not_text"),
        (response(html(0), "Content-Length: 99999"), "shortened_page"),
        (response(b"5\r\nabc", "Transfer-Encoding: chunked"), "broken_chunk"),
        (response(b"3\r\nabcde\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), "broken_chunk"),
        (
            response(gzip.compress(html(0), mtime=0)[:50], "Content-Encoding: gzip"),
            "broken_encoding",
        ),
        (response(html(0), "Content-Encoding: rot13"), "unknown_encoding"),
        (response(b"\xff\xfe\x00", "Content-Encoding: br"), "broken_encoding"),
        (response(brotli.compress(html(0))[:50], "Content-Encoding: br"), "broken_encoding"),
        (
            response(brotli.compress(b" " * 5_000_000), "Content-Encoding: br"),
            "decompression_limit",
        ),
        (
            response(gzip.compress(b" " * 5_000_000, mtime=0), "Content-Encoding: gzip"),
            "decompression_limit",
        ),
        (
            response(zlib.compress(b" " * 5_000_000), "Content-Encoding: deflate"),
            "decompression_limit",
        ),
        (response(b"<p " + b"a=1 " * 200_000 + b">x</p>"), "too_many_attributes"),
    ],
)
def test_what_is_no_page_has_its_reason(tmp_path, block, reason):
    rows = rows_of(archive(tmp_path, record(block), record(response(html(1)))), max_bytes=1_000_000)
    assert outcome(rows) == [(0, reason), (1, "document")]


def chunked(body: bytes) -> bytes:
    pieces = [body[i : i + 7] for i in range(0, len(body), 7)]
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (chunked(html(0)), "Transfer-Encoding: chunked"),
        (html(0), "Transfer-Encoding: chunked"),
        (gzip.compress(html(0), mtime=0), "Content-Encoding: gzip"),
        (html(0), "Content-Encoding: gzip"),
        (zlib.compress(html(0)), "Content-Encoding: deflate"),
        (zlib.compress(html(0))[2:-4], "Content-Encoding: deflate"),
        (html(0), "Content-Encoding: br"),
        (brotli.compress(html(0)), "Content-Encoding: br"),
    ],
)
def test_bodies_are_what_the_server_meant(body, header):
    found = parse(response(body, "Content-Type: text/html", header))
    assert isinstance(found, Response)
    assert found.body == html(0)


def test_bodies_without_a_header_are_the_block():
    assert parse(b"<p>x") == Response(0, {}, b"<p>x")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=30), st.integers(0, 2500), st.integers(0, 40))
def test_no_damage_stops_the_reader(junk, place, cut):
    import io

    content = b"".join(record(response(html(i))) for i in range(3))
    broken = content[:place] + junk + content[place + cut :]
    try:
        found = list(read_records(io.BytesIO(broken)))
    except Damaged:
        return
    whole = [r for r in found if r.type == "response" and not r.lost]
    assert sum(html(i) in r.block for i in range(3) for r in whole) >= 1


# --------------------------------------------------------------------------- real archives

EXPECTED = {
    "warcio/example.warc": {"document": 1, "revisit": 1},
    "warcio/example.warc.gz": {"document": 1, "revisit": 1},
    "warcio/example.arc": {"document": 1},
    "warcio/example.arc.gz": {"document": 1},
    "warcio/example-digest.warc": {},
    "warcio/example-iana.org-chunked.warc": {"document": 1},
    "warcio/example-resource.warc.gz": {"document": 1},
    "warcio/post-test.warc.gz": {"not_text": 3},
    "warcio/example-space-in-target-uri.warc.gz": {"not_text": 1},
    "warcio/example-space-in-url.arc": {"truncated_record": 1},
    "warcio/example-wget-bad-target-uri.warc.gz": {"document": 3},
    "warcio/example-trunc.warc": {"wrong_length": 1},
    "warcio/example-wrong-chunks.warc.gz": {"shortened_page": 1},
    "warcio/example-bad-non-chunked.warc.gz": {"document": 1, "revisit": 1},
    "warcio/example-bad.warc.gz.bad": {"document": 1, "revisit": 1, "http_status": 1},
    "warcio/bad.arc": {"wrong_length": 2, "empty_page": 1},
    "whirlwind/whirlwind.warc": {"document": 1},
    "whirlwind/whirlwind.warc.wet": {"document": 1},
    "whirlwind/whirlwind.warc.wat": {},
    "resiliparse/block-sized-records.warc": {"unknown_record": 3},
    "resiliparse/block-sized-records.warc.gz": {"unknown_record": 3},
    "resiliparse/block-sized-records.warc.lz4": {"unknown_record": 3},
    "resiliparse/warcfile.warc": {"document": 16},
    "resiliparse/warcfile.warc.gz": {"document": 16},
    "resiliparse/warcfile.warc.lz4": {"document": 16},
    "resiliparse/clipped.warc.gz": {"truncated_record": 1, "truncated_file": 1},
    "resiliparse/clueweb-quirk.warc.gz": {"document": 29},
    "iipc/IAH-urls-wget.warc": {"http_status": 9, "document": 6, "not_text": 4},
    "iipc/IAH-urls-wget.warc.gz": {"http_status": 9, "document": 6, "not_text": 4},
    "iipc/IAH-20080430204825-00000-blackbook-truncated.arc": {"not_text": 5, "document": 3},
    "iipc/link-extraction-test.warc": {"document": 5, "shortened_page": 1, "no_content": 1},
    "iipc/mutliple-headers.warc": {"no_content": 1},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_archives(shared, name):
    rows = rows_of(shared / "warc" / name)
    counts: dict[str, int] = {}
    for _, reason in outcome(rows):
        counts[reason] = counts.get(reason, 0) + 1
    assert counts == EXPECTED[name]
    for row in rows:
        if isinstance(row.content, Document):
            row.content.text.encode()


def test_real_pages_in_old_encodings_are_readable(shared):
    rows = rows_of(shared / "warc" / "resiliparse" / "clueweb-quirk.warc.gz")
    share = [r.content.text.count("\ufffd") / len(r.content.text) for r in rows]
    assert sum(s > 0.01 for s in share) <= 1
    assert all(r.content.timestamp == "" for r in rows)
