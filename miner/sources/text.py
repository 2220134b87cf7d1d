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
        blocks, size = [], 0
        try:
            with open_file(self.path, file) as stream:
                for block in unpacked(stream):
                    blocks.append(block)
                    size += len(block)
                    if size > self.max_bytes:
                        return Rejected("file_too_long", f"at most {self.max_bytes} bytes")
            return b"".join(blocks).decode(self.encoding).removeprefix("\ufeff")
        except Damaged as damage:
            return damage.rejected
        except UnicodeDecodeError as error:
            return Rejected("undecodable", str(error))
        except LookupError:
            return Rejected("undecodable", f"no encoding '{self.encoding}'")


PART: type[Source] = Text
