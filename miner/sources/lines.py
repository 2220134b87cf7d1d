"""Bytes of a file, decompressed within limits, and their lines, each of bounded size.

Compression is told by the first bytes, never by the name. A stream that ends early, fails its
check sum or unpacks to absurdly much ends with a `Damaged` after the good part of it was yielded.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import IO, TYPE_CHECKING, Any

from miner.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = 1 << 16
ZSTD_READ = 1 << 11
"""A zstd block can stand for 30,000 times its size and has no output limit: small bites."""
OUTPUT = 1 << 22
MAX_RATIO = 200
"""Unpacked over packed bytes; text reaches 10, lists of equal lines some 100."""
FREE_BYTES = 64 << 20
"""Unpacked bytes up to which the ratio does not count."""
MAX_LINE_BYTES = 32 << 20


_MARKS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x04\x22\x4d\x18": "lz4",
}


class Damaged(Exception):  # noqa: N818 - carries a rejection to the one place that yields it
    """The rest of a file cannot be had."""

    def __init__(self, rejected: Rejected) -> None:
        super().__init__(rejected.detail)
        self.rejected = rejected


def unpacked(file: IO[bytes], max_ratio: float = MAX_RATIO) -> Iterator[bytes]:
    """The content of a file, unpacked if it is gzip, zstd, bzip2, xz or lz4; many members are one.

    Raises:
        Damaged: After the good part, if there is more that cannot be had.
    """
    head = file.read(READ)
    kind = compression(head)
    if not kind:
        while head:
            yield head
            head = file.read(READ)
        return
    packed_bytes = unpacked_bytes = 0
    size = ZSTD_READ if kind == "zstd" else READ
    unpacker, fed = _unpacker(kind), False
    for bite in _bites(head, file, size):
        packed_bytes += len(bite)
        data = bite
        while data or _has_more(unpacker):
            if unpacker.eof:
                if not _continues(kind, data):
                    return
                unpacker, fed = _unpacker(kind), False
            block, data = _feed(unpacker, data, kind)
            fed = True
            unpacked_bytes += len(block)
            if unpacked_bytes > FREE_BYTES and unpacked_bytes > max_ratio * packed_bytes:
                detail = f"{kind}: {unpacked_bytes} bytes from {packed_bytes}"
                raise Damaged(Rejected("decompression_limit", detail))
            if block:
                yield block
    while kind == "gzip" and not unpacker.eof and (block := _feed(unpacker, b"", kind)[0]):
        yield block  # what the output limit held back
    if fed and not unpacker.eof:
        raise Damaged(Rejected("truncated_file", f"{kind} stream ends early"))


def compression(head: bytes) -> str:
    """gzip, zstd, bzip2, xz, lz4, or empty for none that is known."""
    return next((kind for mark, kind in _MARKS.items() if head.startswith(mark)), "")


def lines(
    blocks: Iterator[bytes], max_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, bytes | Rejected]]:
    """Numbered lines without their ends; a longer one than `max_bytes` is passed over.

    Raises:
        Damaged: The rest is lost. A last line without its end is then lost with it.
    """
    number, pieces, size = 0, [], 0
    for block in blocks:
        first, *others = block.split(b"\n")
        pieces.append(first)
        size += len(first)
        if size > max_bytes:
            pieces = []
        for other in others:
            yield number, _line(pieces, size, max_bytes)
            number, pieces, size = number + 1, [other], len(other)
    if size:
        yield number, _line(pieces, size, max_bytes)


def _line(pieces: list[bytes], size: int, max_bytes: int) -> bytes | Rejected:
    if size > max_bytes:
        return Rejected("line_too_long", f"{size} bytes, at most {max_bytes}")
    return b"".join(pieces).removesuffix(b"\r")


def _bites(head: bytes, file: IO[bytes], size: int) -> Iterator[bytes]:
    while head:
        for start in range(0, len(head), size):
            yield head[start : start + size]
        head = file.read(READ)


def _unpacker(kind: str) -> Any:
    if kind == "gzip":
        return zlib.decompressobj(wbits=31)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    if kind == "xz":
        return lzma.LZMADecompressor(memlimit=1 << 28)
    if kind == "lz4":
        return _lz4()
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()


def _lz4() -> Any:
    try:
        from lz4.frame import LZ4FrameDecompressor
    except ImportError:
        why = "lz4 is read with: pip install 'corpus-miner[warc]'"
        raise Damaged(Rejected("unknown_compression", why)) from None
    return LZ4FrameDecompressor()


def _has_more(unpacker: Any) -> bool:
    """Whether output waits inside, because the last call reached its limit."""
    return not unpacker.eof and not getattr(unpacker, "needs_input", True)


def _feed(unpacker: Any, data: bytes, kind: str) -> tuple[bytes, bytes]:
    """One call: what came out, and the input that is left for the next."""
    try:
        block = unpacker.decompress(data) if kind == "zstd" else unpacker.decompress(data, OUTPUT)
    except _errors(kind) as error:
        raise Damaged(Rejected("damaged_file", f"{kind}: {error}")) from error
    if unpacker.eof:
        return block, unpacker.unused_data or b""  # lz4 has None
    return block, getattr(unpacker, "unconsumed_tail", b"")


def _errors(kind: str) -> tuple[type[Exception], ...]:
    if kind == "zstd":
        import zstandard

        return (zstandard.ZstdError,)
    return (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError, RuntimeError)


def _continues(kind: str, data: bytes) -> bool:
    """Whether another member follows; zeros are padding, anything else is damage."""
    if compression(data) == kind or (len(data) < 6 and data.strip(b"\0")):
        return True
    if not data.strip(b"\0"):
        return False
    raise Damaged(Rejected("damaged_file", f"{kind}: {len(data)} bytes follow that are none"))
