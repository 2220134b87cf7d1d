"""What a recipe's [select] table can say, and what selecting asks of a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from miner import dates
from miner.select.facility_location import FacilityLocation
from miner.types import Picker

if TYPE_CHECKING:
    import pyarrow as pa

    from miner.types import Document, Rows, Vectors


@dataclass(frozen=True)
class Domain:
    """What the documents of a domain are like.

    Examples are texts, documents of the corpus written `id:...`, or files of either written
    `file:...` (one a line, or JSON lines with `text`).
    """

    description: str = ""
    examples: tuple[str, ...] = ()
    not_examples: tuple[str, ...] = ()
    imitate: str = ""
    """A corpus whose like is wanted: a text file, a document a line, or JSON lines with `text`."""
    floor: float = 0.5
    """Probability below which a document is outside."""

    def __post_init__(self) -> None:
        if not (self.description or self.examples or self.imitate):
            raise ValueError("a domain needs a description, examples or a corpus to imitate")
        if not 0 <= self.floor <= 1:
            raise ValueError(f"floor: expected a number in [0, 1], got {self.floor}")


@dataclass(frozen=True)
class Select:
    """How documents are selected. The defaults are those of docs/selection.md's tables."""

    per_node: int = 20
    """Documents wanted per node, where the taxonomy doesn't say otherwise."""
    documents: int | None = None
    """Documents wanted in all, in place of `per_node`: what one node lacks, others take over."""
    shares: Literal["equal", "proportional", "sqrt"] = "equal"
    """What a node's quota follows: nothing, its number of documents, or the root of that."""
    picker: Picker = field(default_factory=FacilityLocation)
    floor: float = 0.7
    """Membership below which a document is never taken, however empty its node stays."""
    pool: float = 1.5
    """The picker chooses among the surest `pool` quotas: a wider pool costs precision."""
    reserve: float = 0.5
    """Spares kept per quota, for when a chosen document yields nothing."""
    duplicates: float = 0.9
    """Cosine above which of two documents only the surer one stays."""
    candidates: Literal["auto", "exact", "faiss"] = "auto"
    """Who is scored against all nodes: every document, or those that the index's FAISS finds near
    to a node. `auto` scores all of up to 30 million documents."""
    background: float = 0.5
    """What a document must beat beside other nodes, in standard deviations of the node's score."""
    feedback: int = 40
    """Surest documents of a node that refine its query before the final scores; 0 to leave it."""
    feedback_weight: float = 0.5
    """Their share in the refined query."""
    neighbours: int = 10
    """Nearest documents whose scores are heard beside a document's own; 0 to leave them."""
    siblings: float = 0.9
    """Nodes whose scores correlate above this over the corpus are not each other's rivals."""

    any_language: bool = False
    """Take documents and nodes in languages that the encoder was not made for, too."""

    licenses: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Only documents with one of these; all where nothing is named."""
    since: str = ""
    until: str = ""
    """First and last day, month or year; documents without an ISO date are then left out."""
    min_chars: int = 0
    max_chars: int | None = None
    signals: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Signal of a cleaner to the [least, greatest] value that it may have."""
    max_per_domain: int | None = None
    """Documents of one site (host) in the whole selection, spares counted in."""
    max_per_source: int | None = None
    domain: Domain | None = None
    """A domain that all documents must be of; the taxonomy, if any, is balanced inside it."""
    labels: str = ""
    """A file of people's labels (`miner label`), by which membership becomes a probability."""
    exclude: tuple[str, ...] = ()
    """Runs, or files of ids a line, whose documents are not selected again."""
    extend: str = ""
    """A run that this selection goes on from: what it chose stays, what is open is filled."""

    def __post_init__(self) -> None:
        if self.per_node < 0:
            raise ValueError(f"per_node: expected a whole number from 0 on, got {self.per_node}")
        for name in ("floor", "duplicates", "feedback_weight", "siblings"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a number in [0, 1], got {getattr(self, name)}")
        if self.pool < 1:
            raise ValueError(f"pool: expected a number from 1 on, got {self.pool}")
        for name in ("reserve", "feedback", "neighbours"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: expected a number from 0 on, got {getattr(self, name)}")
        for name in ("documents", "max_per_domain", "max_per_source"):
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"{name}: expected a whole number from 0 on")
        for name in ("since", "until"):
            if getattr(self, name) and not dates.is_date(getattr(self, name)):
                raise ValueError(f"{name}: expected a date such as '2019-04-18', '2019-04', '2019'")
        if self.until and dates.is_after(self.since, self.until):
            raise ValueError(f"since {self.since} is after until {self.until}")
        for name, bounds in self.signals.items():
            if len(bounds) != 2 or bounds[0] > bounds[1]:
                raise ValueError(f"signals.{name}: expected [least, greatest], got {list(bounds)}")


class Corpus(Protocol):
    """What selecting needs of a store: ids and unit vectors, in one order of rows."""

    @property
    def ids(self) -> Sequence[str]:
        """The documents' ids; row i is document i."""
        ...

    def blocks(self, rows: int = ...) -> Iterator[tuple[int, Vectors]]:
        """All vectors in row order: the first row's number, and float32 unit rows."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The unit rows of these row numbers, float32, shape (len(rows), d)."""
        ...

    def table(self, columns: Sequence[str]) -> pa.Table:
        """Columns of all documents in row order; asked for only where a constraint needs one."""
        ...

    def iterate(self) -> Iterator[Document]:
        """All documents in row order; asked for only where a corpus is to be imitated."""
        ...
