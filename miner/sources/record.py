"""A record of named columns becomes a document, or the reason why it does not.

Every reader of records (JSON lines, Parquet, CSV, `datasets`) has these keys and this one way.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from miner.errors import SourceError, choices
from miner.sources.extraction import Engine, decode
from miner.sources.extractor import shared
from miner.sources.only import Only
from miner.types import Document, Rejected, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Record: TypeAlias = Mapping[str, Any]

Later: TypeAlias = "Callable[[], Record | Rejected]"
"""A record that is made only when it is asked for."""

FIXABLE = ("url", "title", "timestamp", "language", "license", "source")
"""The fields that `values` can give."""

EXTRACTED = "\0extracted"
"""Under this key, which no column has, a record carries what its page adds to the meta."""

PROBED = 100
"""Records in which a column that the card names must occur at least once."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which columns of a record hold what, by name; what a column lacks, `values` gives.

    Attributes:
        name: The corpus, as `Document.source` and in ids; the file or data set if empty.
        revision: Which state of the corpus this is, in ids.
        text: The text.
        id: The corpus's own ids; empty makes ids from name, revision, file and row.
        url: Where the text is from.
        title: Its title.
        timestamp: Its time; a column `date` serves where there is no `timestamp`.
        language: Its language, as a code of ISO 639.
        license: Its licence.
        source: The corpus it is from, where one file mixes several.
        meta: Further columns to keep with the document.
        html: Web pages, sent through extraction; in place of `text`.
        engine: What extracts them: trafilatura, or resiliparse, faster and less precise.
        values: Fixed values of url, title, timestamp, language, license or source.
        only: Which documents are wanted, by language, time, domain or chance.
    """

    name: str = ""
    revision: str = ""
    text: str = "text"
    id: str = ""
    url: str = "url"
    title: str = "title"
    timestamp: str = "timestamp"
    language: str = "language"
    license: str = "license"
    source: str = "source"
    meta: tuple[str, ...] = ()
    html: str = ""
    engine: Engine = "trafilatura"
    values: Mapping[str, str] = field(default_factory=dict)
    only: Only = field(default_factory=Only)

    def __post_init__(self) -> None:
        for key in self.values:
            if key not in FIXABLE:
                raise ValueError(f"values: no field '{key}'; {choices(key, FIXABLE)}")

    @property
    def corpus(self) -> str:
        """The name, or what stands for it: the last part of the path without its endings."""
        last = getattr(self, "path", "").rstrip("/").rpartition("/")[2].rpartition(":")[2]
        return self.name or last.partition(".")[0]

    def demanded(self) -> set[str]:
        """The columns that must exist: the text's, and those not left at their default."""
        named = {f.name for f in fields(Columns) if f.name in (*FIXABLE, "id")}
        defaults = {f.name: f.default for f in fields(Columns)}
        changed = {getattr(self, n) for n in named if getattr(self, n) not in ("", defaults[n])}
        return {self.html or self.text, *changed, *self.meta}

    def check(self, present: Iterable[str], where: str) -> None:
        """Raise a SourceError if a demanded column is not among those present."""
        names = set(present)
        for column in sorted(self.demanded() - names):
            key = next((f.name for f in fields(Columns) if getattr(self, f.name) == column), "meta")
            raise SourceError(
                f"{where}: {key} = '{column}': no such column; {choices(column, names)}"
            )

    def wanted(self) -> set[str]:
        """Every column that may be used, so that others need not be read."""
        named = {getattr(self, n) for n in (*FIXABLE, "id", "text")}
        return {*named, self.html, *self.meta, "date"} - {""}

    def document(self, record: Record, file: str, number: int) -> Document | Rejected:
        """The document of a record that stands at row `number` of `file`."""
        identity = document_id(self.corpus, self.revision, file, number)
        if self.id and not (identity := _string(record.get(self.id))):
            return Rejected("no_id", f"column '{self.id}' is empty or missing")
        if self.only.misses(identity):
            return Rejected("not_sampled", f"a share of {self.only.share:g} is")
        filled = self._extracted(record) if self.html else record
        if isinstance(filled, Rejected):
            return filled
        text = self._text(filled)
        if isinstance(text, Rejected):
            return text
        document = self._document(identity, text, filled)
        return self.only.refuses(document) or document

    def _document(self, identity: str, text: str, record: Record) -> Document:
        found = {key: _string(record.get(getattr(self, key))) for key in FIXABLE}
        found["timestamp"] = found["timestamp"] or self._date(record)
        found = {key: value or self.values.get(key, "") for key, value in found.items()}
        meta = {key: plain(record[key]) for key in self.meta if record.get(key) is not None}
        return Document(
            id=identity,
            text=storable(text),
            source=found["source"] or self.corpus,
            url=found["url"],
            title=found["title"],
            language=found["language"],
            license=found["license"],
            timestamp=found["timestamp"],
            meta=meta | record.get(EXTRACTED, {}),
        )

    def rows(
        self, file: str, records: Iterator[tuple[int, Later | Record | Rejected]], where: str
    ) -> Iterator[Row]:
        """Turn numbered records into rows; those after the first ones only when they are asked for.

        Raises:
            SourceError: None of the first records has a column that the card names.
        """
        head: list[tuple[int, Record | Rejected]] = []
        seen: set[str] = set()
        for number, later in itertools.islice(records, PROBED):
            record = later() if callable(later) else later
            head.append((number, record))
            if not isinstance(record, Rejected):
                seen |= record.keys()
            if self.demanded() <= seen:
                break
        if seen and any(number == 0 for number, _ in head[:1]):
            self.check(seen, where)
        for number, found in itertools.chain(head, records):
            yield Row(number, functools.partial(self._row, found, file, number))

    def _row(
        self, found: Later | Record | Rejected, file: str, number: int
    ) -> tuple[Document | Rejected, str]:
        """The document of a record, or why there is none, and its URL."""
        record = found() if callable(found) else found
        if isinstance(record, Rejected):
            return record, ""
        return self.document(record, file, number), storable(_string(record.get(self.url)))

    def _text(self, record: Record) -> str | Rejected:
        text = record.get(self.text)
        if text is None or text == "":
            return Rejected("no_text", f"column '{self.text}' is empty or missing")
        if not isinstance(text, str):
            return Rejected("text_not_string", f"column '{self.text}' is {type(text).__name__}")
        return Rejected("no_text", "only white space") if text.isspace() else text

    def _extracted(self, record: Record) -> Record | Rejected:
        """The record with the text of its page, and what else the page says of itself."""
        page = record.get(self.html)
        if not page:
            return Rejected("no_text", f"column '{self.html}' is empty or missing")
        if not isinstance(page, str | bytes):
            return Rejected("text_not_string", f"column '{self.html}' is {type(page).__name__}")
        return with_page(self, record, page if isinstance(page, str) else decode(page)[0])

    def _date(self, record: Record) -> str:
        return _string(record.get("date")) if self.timestamp == "timestamp" else ""


def with_page(columns: Columns, record: Record, html: str) -> Record | Rejected:
    """The record with what its page holds; what the record itself says comes first."""
    page = shared(columns.engine).extract(html)
    if isinstance(page, Rejected):
        return page
    found = {
        columns.text: page.text,
        columns.title: _string(record.get(columns.title)) or page.title,
        columns.url: _string(record.get(columns.url)) or page.canonical,
        columns.timestamp: _string(record.get(columns.timestamp)) or page.timestamp,
    }
    more = {"declared_language": page.language, "headings": page.headings}
    return {**record, **found, EXTRACTED: {k: v for k, v in more.items() if v}}


def document_id(name: str, revision: str, file: str, number: int) -> str:
    """16 hexadecimal digits that stay the same for this row of this file."""
    key = "\0".join((name, revision, file, str(number))).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(key, digest_size=8).hexdigest()


def storable(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which no file can hold."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # A pair of surrogates that stands for one character becomes it.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {storable(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return _string(value)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return storable(value.strip())
    if value is None or isinstance(value, bool | bytes | list | tuple | Mapping):
        return ""
    written = getattr(value, "isoformat", None)
    return str(written() if written else value)
