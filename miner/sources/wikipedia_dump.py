"""MediaWiki XML dumps, bzip2 or plain: articles with their headings and links."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO
from urllib.parse import quote
from xml.etree import ElementTree as ET

from miner.sources.files import find_files, open_file
from miner.sources.lines import MAX_LINE_BYTES, Damaged, unpacked
from miner.sources.record import EXTRACTED, Columns, Later, Record
from miner.sources.wikitext import CITING, plain_text
from miner.types import File, Rejected, Row, Source

START, END = b"<page>", b"</page>"


@dataclass(frozen=True, kw_only=True)
class WikipediaDump(Columns):
    """Articles of a dump; redirects and other namespaces are turned away.

    Columns are id (the page's), title, url, timestamp, language and revision_id.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
        namespaces: Those whose pages are read; 0 is that of articles.
        left_out: Titles, in lower case, of sections that are left out.
        max_bytes: Of one page.
    """

    path: str
    namespaces: tuple[int, ...] = (0,)
    left_out: tuple[str, ...] = CITING
    max_bytes: int = MAX_LINE_BYTES

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, (".xml",))

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The pages of a file from page `start` on."""
        with open_file(self.path, file) as stream:
            yield from self.rows(file.name, self._records(stream, start), file.name)

    def _records(self, stream: IO[bytes], start: int) -> Iterator[tuple[int, Later | Rejected]]:
        number, site = -1, _Site(b"")
        try:
            for index, chunk in enumerate(_chunks(unpacked(stream), self.max_bytes)):
                if index == 0:
                    site = _Site(chunk if isinstance(chunk, bytes) else b"")
                    continue
                number = index - 1
                if number >= start:
                    if isinstance(chunk, Rejected):
                        yield number, chunk
                    else:
                        yield number, functools.partial(self._page, chunk, site)
            if number < 0:
                yield 0, Rejected("empty_file", "no page in it")
        except Damaged as damage:
            yield number + 1, damage.rejected

    def _page(self, chunk: bytes, site: _Site) -> Record | Rejected:
        try:
            page = ET.fromstring(chunk)  # noqa: S314 - a slice without a DTD defines no entities
        except (ET.ParseError, ValueError) as error:
            return Rejected("unreadable_page", str(error))
        namespace, title = page.findtext("ns") or "0", page.findtext("title") or ""
        if namespace not in map(str, self.namespaces):
            return Rejected("other_namespace", f"{namespace}: {title}"[:200])
        redirect = page.find("redirect")
        if redirect is not None:
            return Rejected("redirect", f"{title} -> {redirect.get('title')}"[:200])
        try:
            plain = plain_text(page.findtext("revision/text") or "", self.left_out)
        except RecursionError:
            return Rejected("unreadable_page", "markup is nested too deeply")
        return {
            "id": page.findtext("id"),
            "revision_id": page.findtext("revision/id"),
            self.title: title,
            self.url: site.url(title),
            self.language: site.language,
            self.timestamp: page.findtext("revision/timestamp"),
            self.text: plain.text,
            EXTRACTED: dict(plain.meta),
        }


class _Site:
    """What the head of a dump says of all its pages."""

    def __init__(self, head: bytes) -> None:
        text = head.decode("utf-8", "replace")
        self.language = text.partition('xml:lang="')[2].partition('"')[0][:16]
        base = text.partition("<base>")[2].partition("</base>")[0]
        self._prefix = base.rpartition("/")[0]

    def url(self, title: str) -> str:
        """The address of a page."""
        return f"{self._prefix}/{quote(title.replace(' ', '_'))}" if self._prefix else ""


def _chunks(blocks: Iterator[bytes], max_bytes: int) -> Iterator[bytes | Rejected]:
    """The head of the dump, then each page from its start tag to its end tag."""
    held, state, searched = b"", "head", 0
    for block in blocks:
        held += block
        while True:
            mark = END if state in ("page", "skip") else START
            place = held.find(mark, max(0, searched - len(mark)))
            if place < 0:
                break
            searched = 0
            if state == "head":
                yield held[:place]
            elif state == "page":
                yield held[: place + len(END)]
            held = held[place + len(END) if mark == END else place :]
            state = "between" if mark == END else "page"
        searched = len(held)
        if state in ("between", "skip"):
            held, searched = held[-len(END) :], 0
        elif len(held) > max_bytes:
            yield b"" if state == "head" else Rejected("page_too_long", f"over {max_bytes} bytes")
            held, state, searched = held[-len(END) :], "between" if state == "head" else "skip", 0
    if state == "page":
        yield Rejected("truncated_page", f"{len(held)} bytes without an end")


PART: type[Source] = WikipediaDump
