"""Plain text: each file of a folder is one document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from miner.sources.files import find_files, open_file
from miner.sources.lines import MAX_LINE_BYTES, Damaged, unpacked
from miner.sources.record import Columns
from miner.types import File, Rejected, Row, Source


@dataclass(frozen=True, kw_only=True)
class Text(Columns):
    """Files of plain text; a document's title is its file's name.

    Attributes:
        path: File, glob, folder, `sample:NAME` or URL.
        suffixes: Endings of the files that count in a folder.
        encoding: Of all the files.
        max_bytes: Of one file, unpacked.
    """

    path: str
    suffixes: tuple[str, ...] = (".txt", ".text", ".md")
    encoding: str = "utf-8"
    max_bytes: int = MAX_LINE_BYTES

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, self.suffixes)

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The one row of a file."""
        if start == 0:
            content = self._decoded(file)
            if isinstance(content, Rejected):
                yield Row(0, content)
            else:
                record = {self.text: content, self.title: PurePosixPath(file.name).stem}
                yield Row(0, self.document(record, file.name, 0))

    def _decoded(self, file: File) -> str | Rejected:
        content = whole(self.path, file, self.max_bytes)
        if isinstance(content, Rejected):
            return content
        try:
            return content.decode(self.encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError) as error:
            return Rejected("undecodable", str(error))


def whole(path: str, file: File, max_bytes: int) -> bytes | Rejected:
    """The unpacked content of one of the path's files, or why it cannot be had."""
    blocks, size = [], 0
    try:
        with open_file(path, file) as stream:
            for block in unpacked(stream):
                blocks.append(block)
                size += len(block)
                if size > max_bytes:
                    return Rejected("file_too_long", f"at most {max_bytes} bytes")
    except Damaged as damage:
        return damage.rejected
    return b"".join(blocks)


PART: type[Source] = Text
