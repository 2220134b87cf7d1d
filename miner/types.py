"""The nouns of the miner, and the protocols that its parts fulfil.

Nouns are frozen dataclasses that only store. Protocols are the seams: a corpus reader, a cleaner,
an encoder, a picker, a task, a model, a check and an engine each fulfil one. Everything here is
imported by everything else, so this module imports nothing of ours but errors, and nothing heavy.

Offsets are Python string indices (code points) into `Document.text`, start inclusive, end
exclusive. Strings that may be unknown are empty rather than None.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

from miner.errors import TaxonomyError, choices

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]
    """Unit rows, float32, shape (n, dimensions)."""
    Rows: TypeAlias = NDArray[np.int64]
    """Row numbers, shape (k,)."""


# ---------------------------------------------------------------------------------- documents


@dataclass(frozen=True, slots=True)
class Document:
    """One text of the corpus, as stored: all offsets anywhere refer to `text`.

    `meta` holds what the source knows beyond the columns, as plain JSON values. Three keys have a
    fixed form, with offsets into `text`: `headings` [{level, title, start, end}], `links`
    [{target, start, end}] and `steps` [{start, end}]. `signals` are the numbers that tagging
    cleaners leave behind.
    """

    id: str
    text: str
    source: str = ""
    url: str = ""
    title: str = ""
    language: str = ""
    license: str = ""
    timestamp: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)
    signals: Mapping[str, float] = field(default_factory=dict)
    raw_sha256: str = ""
    cleaners: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hex digest of the stored text."""
        return sha256(self.text)

    def span(self, start: int, end: int) -> Span:
        """The evidence [start, end) of this document."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(
                f"[{start}, {end}) is no span of {self.id}: {len(self.text)} characters"
            )
        return Span(self.id, start, end, self.text[start:end])


@dataclass(frozen=True, slots=True)
class Passage:
    """A document's slice [start, end): what is embedded where documents are long."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence: `text` is exactly the document's characters [start, end)."""

    document: str
    start: int
    end: int
    text: str

    def holds(self, text: str) -> bool:
        """Whether this span is true of its document's text."""
        return 0 <= self.start < self.end and text[self.start : self.end] == self.text


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why something was turned away. `reason` is a short fixed word that can be counted."""

    reason: str
    detail: str = ""


def sha256(text: str) -> str:
    """Hex digest of a text. Lone surrogates, which UTF-8 lacks, are hashed as they stand."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# ----------------------------------------------------------------------------------- taxonomy


@dataclass(frozen=True, slots=True)
class Node:
    """A topic. `id` is unique in its taxonomy, `parent` is an id or empty for a root.

    `exemplars` are texts, or document ids written as `id:...`. `quota` overrides the recipe's.
    """

    id: str
    name: str
    level: str = ""
    description: str = ""
    parent: str = ""
    exemplars: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    quota: int | None = None


@dataclass(frozen=True)
class Taxonomy:
    """A forest of nodes, parents before children, in the order of its file."""

    name: str
    nodes: tuple[Node, ...]

    @cached_property
    def _by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def _children(self) -> dict[str, list[Node]]:
        children: dict[str, list[Node]] = {}
        for node in self.nodes:
            children.setdefault(node.parent, []).append(node)
        return children

    def __getitem__(self, id: str) -> Node:
        """The node of that id.

        Raises:
            TaxonomyError: There is none.
        """
        try:
            return self._by_id[id]
        except KeyError:
            raise TaxonomyError(
                f"taxonomy {self.name} has no node '{id}'; {choices(id, self._by_id)}"
            ) from None

    def __contains__(self, id: object) -> bool:
        return id in self._by_id

    def __len__(self) -> int:
        return len(self.nodes)

    def children(self, id: str = "") -> list[Node]:
        """The nodes directly below `id`; the roots when it is empty."""
        return self._children.get(id, [])

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes without children, in order: those that documents are selected for."""
        return tuple(node for node in self.nodes if node.id not in self._children)

    def lineage(self, id: str) -> tuple[Node, ...]:
        """The node and its ancestors, root first."""
        nodes = [self[id]]
        while nodes[-1].parent:
            nodes.append(self[nodes[-1].parent])
        return tuple(reversed(nodes))

    def path(self, id: str) -> tuple[str, ...]:
        """The names from the root to the node."""
        return tuple(node.name for node in self.lineage(id))


# ---------------------------------------------------------------------------------- selection


@dataclass(frozen=True, slots=True)
class Membership:
    """How surely a document belongs to a node: a probability, and the margin to the next node."""

    document: str
    node: str
    probability: float
    margin: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that a node considered, and what became of it.

    `rank` orders the chosen, then the spares; it is -1 for those passed over, which carry a reason.
    """

    document: str
    node: str
    status: Literal["chosen", "spare", "passed_over"]
    rank: int
    probability: float
    margin: float
    cosine: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NodeSelection:
    """One node's share of a selection. `reason` says why fewer than `quota` were chosen."""

    node: str
    quota: int
    population: int
    """Documents of the corpus at or above the membership floor."""
    candidates: tuple[Candidate, ...]
    figures: Mapping[str, float] = field(default_factory=dict)
    """Coverage, radius and the like: see select/."""
    reason: str = ""

    def having(self, status: str) -> tuple[Candidate, ...]:
        """The candidates of one status, in rank order."""
        return tuple(c for c in self.candidates if c.status == status)

    @property
    def chosen(self) -> tuple[Candidate, ...]:
        """The selected documents, best first."""
        return self.having("chosen")

    @property
    def spares(self) -> tuple[Candidate, ...]:
        """Who is asked next when a chosen document yields nothing."""
        return self.having("spare")


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected documents of every node."""

    nodes: tuple[NodeSelection, ...]
    calibrated: bool = False
    """Whether `probability` was fitted to labels; otherwise it is only a monotone score."""


# ------------------------------------------------------------------------------------- models


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a task asks of a model. Its ledger key is a hash of all that can change the reply."""

    task: str
    document: str
    """The document's id, or empty: it groups requests and picks the replica; not in the key."""
    messages: tuple[Message, ...]
    max_tokens: int = 1024
    temperature: float = 0.0
    top_p: float = 1.0
    schema: Mapping[str, Any] | None = None
    """JSON Schema in the portable subset (what OpenAI, vLLM, SGLang, llama.cpp and Ollama take)."""
    sample: int = 0
    """Number of this try, so that k tries of one prompt are k requests."""
    model: str = ""
    """Name in the recipe's `models`; empty for the recipe's only or first model."""
    prompt_version: str = ""
    """Hash of the prompt's file, for provenance; not in the key, which has the prompt itself."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered. `data` is the validated JSON where the request had a schema."""

    request_id: str
    text: str
    data: Any = None
    finish_reason: str = "stop"
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    forgiven: tuple[str, ...] = ()
    """What had to be forgiven to read it: fence, reasoning, trailing_text ..."""
    body: str = ""
    """The response as it came; backends fill it, and tasks never see it."""


# ----------------------------------------------------------------- findings: what a task found


@dataclass(frozen=True, slots=True)
class Writing:
    """An instruction whose answer is a piece of a document, verbatim (LongForm)."""

    instruction: str
    output: Span
    style: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """Classes of a text. `labels` is a subset of `options`; empty means none of them applies."""

    text: Span
    labels: tuple[str, ...]
    options: tuple[str, ...]
    question: str = ""
    """What is being classified: 'topic', 'sentiment' ..."""
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """A question on a text and its answer.

    `spans` are the answers verbatim; or, when `answer` is not empty, the evidence it rests on.
    No spans and no answer: the text does not say. `options` are those of a multiple choice.
    """

    text: Span
    question: str
    spans: tuple[Span, ...] = ()
    answer: str = ""
    options: tuple[str, ...] = ()
    context: tuple[Span, ...] = ()
    """Further passages, of this or another document, that the question also needs."""
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers before this one, in a conversation."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention and its type; the type is empty in open extraction."""

    span: Span
    label: str = ""


@dataclass(frozen=True, slots=True)
class Entities:
    """The entities of a text. `schema` lists the labels that were looked for; empty if open."""

    text: Span
    items: tuple[Entity, ...]
    schema: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """Head, label, tail. In open extraction the label is the document's own wording."""

    head: Span
    label: str
    tail: Span
    wording: Span | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """The relations of a text; open ones have no schema."""

    text: Span
    items: tuple[Relation, ...]
    schema: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """What plays a role in an event."""

    role: str
    span: Span


@dataclass(frozen=True, slots=True)
class Event:
    """A trigger, its type, and its arguments."""

    label: str
    trigger: Span
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a text. `schema` maps each type that was looked for to its roles."""

    text: Span
    items: tuple[Event, ...]
    schema: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One property of one entity (knowledge-graph style)."""

    entity: Span
    label: str
    value: Span


@dataclass(frozen=True, slots=True)
class Attributes:
    """Properties of the entities of a text."""

    text: Span
    items: tuple[Attribute, ...]
    schema: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases that a text is about, most telling first."""

    text: Span
    items: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """A question that a model answered from its memory: no document bears it, so there is no span.

    Only tasks that a recipe allows to work without documents make these.
    """

    question: str
    answer: str
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers before this one, in a conversation."""


Finding: TypeAlias = (
    Writing | Labels | Answers | Entities | Relations | Events | Attributes | Phrases | Recalled
)


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a task found in a document, and where that came from. Not yet an example."""

    id: str
    task: str
    node: str
    documents: tuple[str, ...]
    finding: Finding
    model: str = ""
    """Empty when no model was asked: the task's rules found it."""
    prompt_version: str = ""
    request_ids: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """One finished training record, and where all of it came from (docs/formats.md).

    The columns from `document_sha256` to `license` run parallel to `documents`.
    """

    id: str
    task: str
    instruction: str
    input: str
    output: str
    style: str = ""
    guideline: str = ""
    preferences: tuple[str, ...] = ()
    format: str = ""
    evidence: tuple[Span, ...] = ()
    documents: tuple[str, ...] = ()
    document_sha256: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    license: tuple[str, ...] = ()
    language: str = ""
    node: tuple[str, ...] = ()
    annotation: str = ""
    """The annotation's id and finding, as JSON."""
    request_ids: tuple[str, ...] = ()
    model: str = ""
    prompt_version: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    difficulty: float | None = None
    split: str = "train"
    group: str = ""


@dataclass(frozen=True)
class Case:
    """A document at its node, as a task sees it: a task is a pure function of it and of replies."""

    document: Document
    """Its id is empty where the corpus has none for the node (see judge.without_documents)."""
    node: Node
    taxonomy: Taxonomy
    membership: Membership
    seed: int
    """Of (recipe's seed, task, document): all of a task's randomness."""
    pipeline: str = ""
    """Name of an installed spaCy pipeline, or empty for the blank one of the language."""
    neighbours: tuple[Document, ...] = ()
    """Other documents chosen for the node, in rank order, for tasks that want them."""
    rank: int = 0
    """Place of the document in its node's queue: the chosen in order, then the spares."""


# ---------------------------------------------------------------------------------- protocols


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source. `fingerprint` changes whenever its content may have changed."""

    name: str
    fingerprint: str
    bytes: int | None = None


class Row:
    """What stands at one row of a file: a document, or why there is none, and its URL.

    Given as a function, both are made when the content is first asked for, so that a reader may
    pass over rows at the price of finding where they end.
    """

    __slots__ = ("_content", "_url", "number")

    def __init__(
        self,
        number: int,
        content: Document | Rejected | Callable[[], tuple[Document | Rejected, str]],
        url: str = "",
    ) -> None:
        self.number, self._content, self._url = number, content, url

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return (self.number, self.content, self.url) == (other.number, other.content, other.url)

    def __hash__(self) -> int:
        return hash((self.number, self.url))

    def __repr__(self) -> str:
        return f"Row({self.number}, {self.content!r}, {self.url!r})"

    @property
    def content(self) -> Document | Rejected:
        """The document, or why there is none."""
        if callable(self._content):
            self._content, self._url = self._content()
        return self._content

    @property
    def url(self) -> str:
        """Where it is from, as far as is known; empty if it is not."""
        _ = self.content
        return self._url


@runtime_checkable
class Source(Protocol):
    """A corpus. It is read by file and row, so that work can be cut up and taken up again."""

    def files(self) -> Sequence[File]:
        """The files in a fixed order.

        Raises:
            SourceError: Nothing is there.
        """
        ...

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The rows of a file from number `start` on, numbered as they stand in it."""
        ...


@runtime_checkable
class Cleaner(Protocol):
    """Mends, tags or turns away a document."""

    def clean(self, document: Document) -> Document | Rejected:
        """The document, changed or not, or why it is turned away."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Texts to unit vectors."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What makes two encoders the same: model, weights' hash, numerics, prompts, limits."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """One unit row a text. Its bytes depend on its own text alone, never on its neighbours."""
        ...


@runtime_checkable
class MadeFor(Protocol):
    """An encoder that says which languages it was made for."""

    @property
    def languages(self) -> Sequence[str]:
        """Their codes of ISO 639-1; empty where it is not known."""
        ...


@runtime_checkable
class Picker(Protocol):
    """Chooses within a node."""

    def pick(self, vectors: Vectors, quality: NDArray[np.float32], k: int) -> Rows:
        """`min(k, n)` distinct rows in order of choice.

        Args:
            vectors: Unit rows, shape (n, d), ordered by document id: ties go to the lower row.
            quality: How much each row is wanted, in [0, 1], shape (n,).
            k: Rows wanted.
        """
        ...


Mining: TypeAlias = Generator[
    "list[Request]", "list[Reply | Rejected]", "list[Annotation | Rejected]"
]
"""A task at work: it yields requests that are independent of one another, is sent their replies in
the same order (a Rejected where there is none to be had), and returns what it found."""


@runtime_checkable
class Task(Protocol):
    """Document and node to annotations."""

    def mine(self, case: Case) -> Mining:
        """Begin to mine. A task that needs no model returns without yielding."""
        ...


@runtime_checkable
class LLM(Protocol):
    """One model behind one or more addresses."""

    async def complete(self, request: Request) -> Reply:
        """Ask once. Retries, limits and money are the caller's business (drive.py)."""
        ...


@runtime_checkable
class Check(Protocol):
    """What an annotation or an example must pass. One instance serves one run, in rank order."""

    subject: ClassVar[Literal["annotation", "example"]]

    def check(
        self,
        item: Any,
        documents: Mapping[str, Document],
    ) -> Rejected | None:
        """None if `item` passes. `documents` holds all that it rests on, by id."""
        ...


@runtime_checkable
class Export(Protocol):
    """An example as one row of a format."""

    def row(self, example: Example) -> dict[str, Any]:
        """The row; all rows of a format have the same keys."""
        ...


@runtime_checkable
class Engine(Protocol):
    """Where shards run."""

    def map(
        self, function: Callable[[Any], Any], specs: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Pairs of a spec and its result, as they finish."""
        ...
