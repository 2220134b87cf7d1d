"""Web pages in files: each is one document, its main text found by extraction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from miner.sources.extraction import decode
from miner.sources.files import find_files
from miner.sources.record import Columns
from miner.sources.text import whole
from miner.types import File, Rejected, Row, Source


@dataclass(frozen=True, kw_only=True)
class Html(Columns):
    """Files of HTML, plain or compressed.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
        suffixes: Endings of the files that count in a folder.
        max_bytes: Of one file, unpacked.
    """

    path: str
    html: str = "html"
    suffixes: tuple[str, ...] = (".html", ".htm", ".xhtml")
    max_bytes: int = 10_000_000

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, self.suffixes)

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The one row of a file."""
        if start == 0:
            content = whole(self.path, file, self.max_bytes)
            if isinstance(content, Rejected):
                yield Row(0, content)
            else:
                yield Row(0, self.document({self.html: decode(content)[0]}, file.name, 0))


PART: type[Source] = Html
