"""Records of WARC and ARC files, one after another, with every loss noticed.

A reader of our own, since libraries stop at the first broken record, or, worse, go on without a
word: a length that is wrong, a stream that ends early. Where a record's length does not lead to
the start of the next one, the reader looks for that start and says so.
(ISO 28500 for WARC; the Internet Archive's ARC 1.0.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from miner.sources.lines import MAX_LINE_BYTES, Damaged, unpacked
from miner.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER_BYTES = 1 << 16
"""Most bytes of a record's header."""

_WARC = re.compile(rb"WARC/[01]\.\d{1,2}\r?\n")
_ARC = re.compile(
    rb"(\w[\w+.-]{1,30}:[^\r\n]{0,4000}?) (\S{1,64}) (\d{8,20}) (\S{1,128}) (-?\w{1,12})\r?\n"
)
_NEXT = re.compile(
    rb"\n(?:WARC/[01]\.\d{1,2}\r?\n"
    rb"|\w[\w+.-]{1,30}://?[^\r\n]{1,4000} \S{1,64} \d{14} \S{1,128} \d{1,12}\r?\n)"
)


@dataclass(frozen=True)
class Record:
    """One record. Header names are in lower case; `lost` says why its block cannot be trusted."""

    type: str
    url: str
    headers: Mapping[str, str]
    block: bytes
    lost: Rejected | None = None


def read_records(file: IO[bytes], max_bytes: int = MAX_LINE_BYTES) -> Iterator[Record]:
    """Every record of a file, plain or compressed, in order.

    A record longer than `max_bytes` is passed over.

    Raises:
        Damaged: After the last record, if the file's rest cannot be had.
    """
    stream = _Stream(unpacked(file))
    while True:
        stream.skip_line_ends()
        if stream.at_end():
            break
        record = _warc(stream, max_bytes) or _arc(stream, max_bytes)
        if record is None:
            found = stream.seek_next()
            yield Record("", "", {}, b"", Rejected("no_record", f"{found} bytes that are none"))
        else:
            yield record
    if stream.damage:
        raise stream.damage


def _warc(stream: _Stream, max_bytes: int) -> Record | None:
    if not _WARC.match(stream.peek(16)):
        return None
    header = stream.take_header()
    fields: dict[str, str] = {}
    for line in header.decode("utf-8", "replace").splitlines()[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value.strip())
    url = fields.get("warc-target-uri", "").strip("<>").replace(" ", "%20")
    block, lost = _block(stream, fields.get("content-length", ""), max_bytes)
    return Record(fields.get("warc-type", "").lower(), url, fields, block, lost)


def _arc(stream: _Stream, max_bytes: int) -> Record | None:
    match = _ARC.match(stream.peek(HEADER_BYTES))
    if not match:
        return None
    stream.take(match.end())
    url, _, date, kind, length = (part.decode("utf-8", "replace") for part in match.groups())
    block, lost = _block(stream, length, max_bytes)
    type_ = "warcinfo" if url.startswith("filedesc:") else "response"
    date = f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:14]}Z"
    fields = {"warc-date": date, "content-type": kind, "content-length": length}
    return Record(type_, url.replace(" ", "%20"), fields, block, lost)


def _block(stream: _Stream, length: str, max_bytes: int) -> tuple[bytes, Rejected | None]:
    """A record's content; the stream then stands where the next record should start."""
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        stream.seek_next()
        return b"", Rejected("wrong_length", f"length '{length[:40]}'")
    size = int(length)
    if size > max_bytes:
        lost = size - stream.skip(size)
        detail = f"{size} bytes, at most {max_bytes}" + (f"; {lost} are missing" if lost else "")
        return b"", Rejected("record_too_long", detail)
    block = stream.take(size)
    if len(block) < size:
        if inner := _NEXT.search(block):
            # The length is too large and swallowed the records that follow.
            stream.give_back(block[inner.start() + 1 :])
            return b"", Rejected("wrong_length", f"{size} bytes reach beyond the next record")
        return b"", Rejected("truncated_record", f"{len(block)} of {size} bytes")
    stream.skip_line_ends()
    if stream.at_end() or stream.at_record():
        return block, None
    if inner := _NEXT.search(block):
        stream.give_back(block[inner.start() + 1 :])
        return b"", Rejected("wrong_length", f"{size} bytes reach beyond the next record")
    extra = stream.seek_next()
    return b"", Rejected("wrong_length", f"{extra} bytes follow the {size} that are stated")


class _Stream:
    """Blocks of bytes as one stream, of which little is held. Damage counts as its end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = b""
        self.damage: Damaged | None = None

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes that stay."""
        if len(self._held) < size:
            pieces, held = [self._held], len(self._held)
            while held < size and (block := self._more()):
                pieces.append(block)
                held += len(block)
            self._held = b"".join(pieces)
        return self._held[:size]

    def take(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        taken = self.peek(size)
        self._held = self._held[len(taken) :]
        return taken

    def give_back(self, content: bytes) -> None:
        self._held = content + self._held

    def skip(self, size: int) -> int:
        """Pass over bytes without holding them; how many there were."""
        left = size
        while left and (block := self.take(min(left, 1 << 16))):
            left -= len(block)
        return size - left

    def at_end(self) -> bool:
        return not self.peek(1)

    def at_record(self) -> bool:
        head = self.peek(16)
        return bool(_WARC.match(head) or _ARC.match(self.peek(HEADER_BYTES)))

    def skip_line_ends(self) -> None:
        while (head := self.peek(64)) and (stripped := head.lstrip(b"\r\n")) != head:
            self.take(len(head) - len(stripped))

    def take_header(self) -> bytes:
        """Everything up to the first empty line, which goes too."""
        head = self.peek(HEADER_BYTES)
        end = re.search(rb"\r?\n\r?\n", head)
        return self.take(end.end() if end else len(head))

    def seek_next(self) -> int:
        """Go to the next start of a record, or to the end; how many bytes were passed."""
        passed = 0
        while True:
            head = self.peek(HEADER_BYTES)
            if found := _NEXT.search(head):
                return passed + len(self.take(found.start() + 1))
            # A start may be cut by the edge of what was peeked at: keep that much.
            keep = 8192 if len(head) == HEADER_BYTES else 0
            passed += len(self.take(len(head) - keep))
            if not keep:
                return passed

    def _more(self) -> bytes:
        try:
            return next(self._blocks, b"")
        except Damaged as damage:
            self.damage = damage
            return b""
