"""Web archives: WARC, WET and ARC files, plain or compressed; pages go through extraction."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from miner.sources import http_body
from miner.sources.extraction import decode
from miner.sources.files import find_files, open_file
from miner.sources.lines import MAX_LINE_BYTES, Damaged
from miner.sources.record import EXTRACTED, Columns, with_page
from miner.sources.warc_records import Record, read_records
from miner.types import Document, File, Rejected, Row, Source

DESCRIBING = {"warcinfo", "request", "metadata"}
"""Types of records that describe others and hold no page: they have no row."""

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d{1,9})?Z")


@dataclass(frozen=True, kw_only=True)
class Warc(Columns):
    """Pages of web archives. A row's number is its record's among all records of the file.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
        suffixes: Endings of the files that count in a folder.
        max_bytes: Of one record.
    """

    path: str
    suffixes: tuple[str, ...] = (".warc", ".wet", ".arc")
    max_bytes: int = MAX_LINE_BYTES

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, self.suffixes)

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The pages from record `start` on."""
        number = -1
        try:
            with open_file(self.path, file) as stream:
                for number, record in enumerate(read_records(stream, self.max_bytes)):
                    if number >= start and (record.type not in DESCRIBING or record.lost):
                        yield Row(number, functools.partial(self._found, record, file, number))
            if number < 0:
                yield Row(0, Rejected("empty_file", file.name))
        except Damaged as damage:
            if number + 1 >= start:
                yield Row(number + 1, damage.rejected)

    def _found(self, record: Record, file: File, number: int) -> tuple[Document | Rejected, str]:
        found = record.lost or self._page(record)
        if isinstance(found, Rejected):
            return found, record.url
        return self.document(found, file.name, number), record.url

    def _page(self, record: Record) -> dict[str, Any] | Rejected:
        """What the columns of other sources hold."""
        if record.type == "revisit":
            return Rejected("revisit", "the page is stored elsewhere")
        if record.type not in {"response", "resource", "conversion"}:
            return Rejected("unknown_record", f"type '{record.type[:40]}'")
        response = http_body.parse(record.block, self.max_bytes)
        if isinstance(response, Rejected):
            return response
        if response.status not in (0, 200):
            return Rejected("http_status", str(response.status))
        if not response.body.strip():
            return Rejected("empty_page", record.url[:200])
        kind = response.headers.get("content-type") or record.headers.get("content-type", "")
        date = record.headers.get("warc-date", "")
        facts = {self.url: record.url, self.timestamp: date if _DATE.fullmatch(date) else ""}
        return self._content(response.body, kind, record, facts)

    def _content(
        self, body: bytes, kind: str, record: Record, facts: dict[str, Any]
    ) -> dict[str, Any] | Rejected:
        charset = _CHARSET.search(kind)
        text, _ = decode(body, charset[1] if charset else "")
        kind = kind.partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml") or (not kind and "<" in text[:512]):
            page = with_page(self, facts, text)
            return page if isinstance(page, Rejected) else dict(page)
        if kind == "text/plain":
            language = record.headers.get("warc-identified-content-language", "")
            extracted = {"declared_language": language} if language else {}
            return {**facts, self.text: text, EXTRACTED: extracted}
        return Rejected("not_text", kind[:80])


PART: type[Source] = Warc
