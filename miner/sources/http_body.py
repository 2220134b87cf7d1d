"""The body of an HTTP response as a crawler stored it: chunks joined, compression undone."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from miner.sources.lines import MAX_LINE_BYTES, Damaged, compression, unpacked
from miner.types import Rejected

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})")
_CHUNK = re.compile(rb"\s{0,4}([0-9a-fA-F]{1,8})[^\r\n]{0,200}\r?\n")


@dataclass(frozen=True)
class Response:
    """Status 0 means that there was no HTTP header, and the block is the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def parse(block: bytes, max_bytes: int = MAX_LINE_BYTES) -> Response | Rejected:
    """A response's header and its body as the server meant it."""
    status = _STATUS.match(block)
    if not status:
        return Response(0, {}, block)
    end = re.search(rb"\r?\n\r?\n", block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").splitlines()[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    if short := _shortened(headers, body):
        return short
    chunked = "chunked" in headers.get("transfer-encoding", "").lower()
    joined = _joined(body) if chunked else body
    if isinstance(joined, Rejected):
        return joined
    plain = _plain(joined, headers.get("content-encoding", "").lower(), max_bytes)
    return plain if isinstance(plain, Rejected) else Response(int(status[1]), headers, plain)


def _shortened(headers: Mapping[str, str], body: bytes) -> Rejected | None:
    stated = headers.get("content-length", "")
    if not stated.isdigit() or "transfer-encoding" in headers or "content-encoding" in headers:
        return None  # crawlers undo these and leave the length as it was
    if len(stated) < 16 and len(body) < int(stated):
        return Rejected("shortened_page", f"{len(body)} of {stated} bytes")
    return None


def _joined(body: bytes) -> bytes | Rejected:
    """The chunks of a body; one that was joined by the crawler already stays as it is."""
    pieces: list[bytes] = []
    position = 0
    while match := _CHUNK.match(body, position):
        size = int(match[1], 16)
        if size == 0:
            return b"".join(pieces)
        piece = body[match.end() : match.end() + size]
        if len(piece) < size:
            return Rejected("broken_chunk", f"{len(piece)} of {size} bytes at {match.end()}")
        pieces.append(piece)
        position = match.end() + size
    if not pieces:
        return body
    return Rejected("broken_chunk", f"no chunk at {position} of {len(body)} bytes")


def _plain(body: bytes, encoding: str, max_bytes: int) -> bytes | Rejected:
    if encoding in ("", "identity", "none", "utf-8"):
        return body
    if encoding in ("gzip", "x-gzip", "zstd"):
        return _unpacked(body, max_bytes) if compression(body) else body
    if encoding == "deflate":
        return _inflated(body, max_bytes)
    if encoding == "br":
        return _unbrotlied(body, max_bytes)
    return Rejected("unknown_encoding", encoding[:40])


def _unpacked(body: bytes, max_bytes: int) -> bytes | Rejected:
    pieces, size = [], 0
    try:
        for block in unpacked(io.BytesIO(body)):
            pieces.append(block)
            size += len(block)
            if size > max_bytes:
                return Rejected("decompression_limit", f"a page of over {max_bytes} bytes")
    except Damaged as damage:
        return Rejected("broken_encoding", damage.rejected.detail)
    return b"".join(pieces)


def _unbrotlied(body: bytes, max_bytes: int) -> bytes | Rejected:
    """Brotli, which has no mark: what begins like a page was unpacked before."""
    if body[:64].lstrip()[:1] == b"<":
        return body
    try:
        import brotli
    except ImportError:
        return Rejected("unknown_encoding", "br is read with: pip install 'corpus-miner[warc]'")
    unpacker = brotli.Decompressor()
    try:
        plain: bytes = unpacker.process(body, output_buffer_limit=max_bytes + 1)
    except brotli.error:
        return Rejected("broken_encoding", "br")
    if len(plain) > max_bytes:
        return Rejected("decompression_limit", f"a page of over {max_bytes} bytes")
    return plain if unpacker.is_finished() else Rejected("broken_encoding", "br: ends early")


def _inflated(body: bytes, max_bytes: int) -> bytes | Rejected:
    """Deflate, with its wrapper as the standard says or without as many servers do."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        inflater = zlib.decompressobj(wbits)
        try:
            plain = inflater.decompress(body, max_bytes)
        except zlib.error:
            continue
        if inflater.unconsumed_tail:
            return Rejected("decompression_limit", f"a page of over {max_bytes} bytes")
        return plain if inflater.eof else Rejected("broken_encoding", "deflate: ends early")
    return body if b"<" in body[:512] else Rejected("broken_encoding", "deflate")
