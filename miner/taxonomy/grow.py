"""Growing a tree with a model: subjects below a discipline, a syllabus below a subject (GLAN).

For each node a model lists freely what is below it, several times over; a second call copies each
list into records. GLAN (Li et al. 2024, section 2.2 and 2.3) found that asking for records at once
makes poorer lists. It asks 10 times for the subjects of a discipline and once for a syllabus, at
temperature 1.0 and top-p 0.95. Deviations: lists are merged (merge.py), names that read like an
instruction are refused (names.py), and a reply without a usable record is asked anew a bounded
number of times, each time with the same short prompt.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from miner.prompts import Prompt, document_block
from miner.taxonomy.names import foreign, note, slug, usable
from miner.taxonomy.tree import LEVELS, SESSION, Origin, Proposal
from miner.types import Node, Rejected, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROMPTS = Path(__file__).parent / "prompts"
PLURALS = {
    "field": "fields of knowledge",
    "subfield": "branches",
    "discipline": "disciplines",
    "subject": "subjects (courses of study)",
    "session": "class sessions",
}
ANGLES = (
    "its foundations",
    "its history",
    "its methods and tools",
    "its applications",
    "its great questions",
    "its border with other topics",
    "what a beginner meets first",
    "what only specialists know",
    "its places, persons and works",
    "what has changed in it lately",
)
"""Where a list sets out from, in turn: models repeat themselves less than by temperature alone."""
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "zh": "Chinese"}

Growth: TypeAlias = Generator["list[Request]", "list[Reply | Rejected]", "list[Proposal]"]
"""A node being grown: like a task it yields requests, and returns what is proposed below it."""


@dataclass(frozen=True)
class Grow:
    """How a tree is grown. The defaults are GLAN's where it states them.

    Attributes:
        levels: From which level to which, as "subject..concept"; what is above must be given.
        queries: Free lists asked for a node's children.
        queries_syllabus: Free plans asked for a subject.
        temperature: Of the lists; copying them into records is done at 0.
        top_p: Of the lists.
        attempts: How often a list without a usable record is asked for again.
        most_children: Kept of a node's children, the most often proposed first.
        fewest_sessions: Asked for in a syllabus.
        most_sessions: Asked for, and kept, in a syllabus.
        most_concepts: Kept of a session.
        merge: Cosine of two names of one level from which on they are one; 1 merges equal names.
        merge_across: Whether the same subject below two disciplines is one.
        corpus_subjects: Subjects made of a node's documents, where the corpus makes them.
        from_corpus: Whether the corpus makes subjects and syllabi where there is a model, too; the
            model then improves each syllabus, and where it can't, the corpus's own stays.
        language: What names are written in.
        max_tokens: Of a reply.
        model: A name among the recipe's models.
    """

    levels: str = "subject..concept"
    queries: int = 10
    queries_syllabus: int = 1
    temperature: float = 1.0
    top_p: float = 0.95
    attempts: int = 2
    most_children: int = 200
    fewest_sessions: int = 10
    most_sessions: int = 30
    most_concepts: int = 10
    merge: float = 0.93
    merge_across: bool = True
    corpus_subjects: int = 12
    from_corpus: bool = False
    language: str = "en"
    max_tokens: int = 4096
    model: str = ""

    def __post_init__(self) -> None:
        self.span()
        for name in ("queries", "queries_syllabus", "most_children", "most_sessions"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected a whole number from 1 on")
        if not 0 < self.merge <= 1:
            raise ValueError(f"merge: expected a cosine in (0, 1], got {self.merge}")
        if self.attempts < 0:
            raise ValueError("attempts: cannot be negative")

    def span(self) -> tuple[str, ...]:
        """The levels to grow, from the top down. Sessions come with their concepts."""
        first, dots, last = self.levels.partition("..")
        last = last if dots else first
        for level in (first, last):
            if level not in LEVELS:
                raise ValueError(f"levels: no level '{level}'; allowed: {', '.join(LEVELS)}")
        start, end = LEVELS.index(first), LEVELS.index(last)
        if end < start:
            raise ValueError(f"levels: '{self.levels}' goes upwards")
        wanted = ["session" if level == "concept" else level for level in LEVELS[start : end + 1]]
        return tuple(dict.fromkeys(wanted))


def grow_children(
    parent: Node, path: Sequence[str], level: str, settings: Grow, draft: Sequence[Node] = ()
) -> Growth:
    """Propose what is below a node at one level; sessions come with their concepts.

    Args:
        parent: An id may be empty, for the top of a tree.
        path: Names from the root to the parent.
        level: Of the children.
        settings: See Grow.
        draft: Sessions that the corpus made; the model improves them instead of planning anew.

    Returns:
        Proposals in the order of queries and of the lists; what cannot be used is among them as
        failed, and so is each query that gave nothing.
    """
    wanted = settings.queries_syllabus if level == SESSION else settings.queries
    version = _prompt(_prompt_name(level, draft)).version
    open_queries = list(range(wanted))
    found: dict[int, list[Proposal]] = {}
    for attempt in range(settings.attempts + 1):
        asks = [
            _list_request(parent, path, level, settings, query + attempt * wanted, draft)
            for query in open_queries
        ]
        lists = yield asks
        heard = [(q, r) for q, r in zip(open_queries, lists, strict=True) if isinstance(r, Reply)]
        copies = yield [_records_request(parent, level, reply, settings) for _, reply in heard]
        for query, reply in zip(open_queries, lists, strict=True):
            if isinstance(reply, Rejected):
                found.setdefault(query, []).append(_failed(parent, level, reply))
        for (query, first), copy in zip(heard, copies, strict=True):
            found.setdefault(query, []).extend(_read(parent, level, first, copy, settings, version))
        open_queries = [q for q in open_queries if all(p.status == "failed" for p in found[q])]
        if not open_queries:
            break
    return [proposal for query in range(wanted) for proposal in found[query]]


# ---------------------------------------------------------------------------------- requests


@cache
def _prompt(name: str) -> Prompt:
    return Prompt.read(PROMPTS / f"{name}.txt")


def _prompt_name(level: str, draft: Sequence[Node]) -> str:
    if level != SESSION:
        return "list"
    return "refine" if draft else "syllabus"


def _list_request(
    parent: Node,
    path: Sequence[str],
    level: str,
    settings: Grow,
    sample: int,
    draft: Sequence[Node],
) -> Request:
    language = LANGUAGES.get(settings.language, settings.language)
    about = f"About it: {parent.description}\n" if parent.description else ""
    prompt = _prompt(_prompt_name(level, draft))
    if draft:
        plan = "\n".join(f"{i}. {n.name}: {'; '.join(n.terms)}" for i, n in enumerate(draft, 1))
        messages = prompt.render(
            name=parent.name,
            path=" > ".join(path[:-1]) or parent.name,
            description=about,
            draft=document_block(plan),
            most=str(settings.most_sessions),
            language=language,
        )
    elif level == SESSION:
        topics = f"It should cover: {'; '.join(parent.terms)}\n" if parent.terms else ""
        messages = prompt.render(
            name=parent.name,
            path=" > ".join(path[:-1]) or parent.name,
            description=about + topics,
            fewest=str(settings.fewest_sessions),
            most=str(settings.most_sessions),
            language=language,
        )
    else:
        details = "For each, add for whom it is, and a handful of its own topics."
        messages = prompt.render(
            path=" > ".join(path) or "all human knowledge and skill",
            angle=ANGLES[sample % len(ANGLES)],
            description=about,
            children=PLURALS[level],
            details=details if level == "subject" else "",
            language=language,
        )
    return Request(
        task="grow",
        document="",
        messages=messages,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        sample=sample,
        model=settings.model,
        prompt_version=prompt.version,
    )


def _records_request(parent: Node, level: str, notes: Reply, settings: Grow) -> Request:
    """The second call. A model's own words are fenced as a document's are."""
    block = document_block(notes.text)
    if level == SESSION:
        prompt = _prompt("sessions")
        messages = prompt.render(name=parent.name, notes=block)
        item = {"name": _TEXT, "description": _TEXT, "concepts": _TEXTS}
    else:
        prompt = _prompt("records")
        messages = prompt.render(
            children=PLURALS[level], name=parent.name or "human knowledge", notes=block
        )
        item = {"name": _TEXT, "description": _TEXT, "level": _TEXT, "topics": _TEXTS}
    return Request(
        task="grow",
        document="",
        messages=messages,
        max_tokens=settings.max_tokens,
        schema=_object({"records": {"type": "array", "items": _object(item)}}),
        model=settings.model,
        prompt_version=prompt.version,
    )


_TEXT: Mapping[str, Any] = {"type": "string"}
_TEXTS: Mapping[str, Any] = {"type": "array", "items": _TEXT}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


# ----------------------------------------------------------------------------------- replies


def _failed(parent: Node, level: str, why: Rejected) -> Proposal:
    node = Node(f"{parent.id}/?", why.detail[:80], level, parent=parent.id)
    return Proposal(node, Origin("grown"), "failed", why.reason)


def _read(
    parent: Node,
    level: str,
    notes: Reply,
    copy: Reply | Rejected,
    settings: Grow,
    version: str,
) -> list[Proposal]:
    """The proposals of one list: usable ones, and those that are not with the reason."""
    if isinstance(copy, Rejected):
        return [_failed(parent, level, copy)]
    records = copy.data["records"]
    most = settings.most_sessions if level == SESSION else settings.most_children
    if not records:
        return [_failed(parent, level, Rejected("empty"))]
    if len(records) > 10 * most:
        return [_failed(parent, level, Rejected("too_many", f"{len(records)} records"))]
    names = ". ".join(str(record["name"]) for record in records)
    if foreign(names, settings.language):
        return [_failed(parent, level, Rejected("language", names))]
    origin = Origin("grown", notes.model, version, (notes.request_id, copy.request_id))
    return [p for record in records for p in _proposals(parent, level, record, origin, settings)]


def _proposals(
    parent: Node, level: str, record: Mapping[str, Any], origin: Origin, settings: Grow
) -> Iterator[Proposal]:
    name = usable(record["name"])
    if isinstance(name, Rejected):
        yield _failed(parent, level, name)
        return
    id = f"{parent.id}/{slug(name)}" if parent.id else slug(name)
    description = note(record["description"])
    if level != SESSION:
        topics = [t for t in map(usable, record["topics"]) if isinstance(t, str)]
        suited = usable(record["level"])
        if isinstance(suited, str) and level == "subject":
            description = f"{description} For: {suited}.".strip()
        yield Proposal(
            Node(id, name, level, description, parent.id, terms=tuple(topics[:20])), origin
        )
        return
    concepts: dict[str, str] = {}
    for raw in record["concepts"]:
        concept = usable(raw)
        if isinstance(concept, Rejected):
            yield _failed(Node(id, name), "concept", concept)
        elif len(concepts) < settings.most_concepts:
            concepts.setdefault(concept.casefold(), concept)
    if not concepts:
        yield _failed(parent, level, Rejected("no_concepts", name))
        return
    yield Proposal(
        Node(id, name, level, description, parent.id, terms=tuple(concepts.values())), origin
    )
