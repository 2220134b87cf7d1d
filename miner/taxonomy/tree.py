"""A taxonomy with syllabi: fields down to subjects, their class sessions and key concepts.

GLAN's tree (Li et al. 2024) is `field, subfield, discipline, subject, session, concept`. The levels
down to subjects are nodes that documents are selected for; sessions and concepts are what questions
are drawn from. On disk every proposed node is one JSON line, in the order in which it was proposed,
with how it came to be and what became of it; only those that were kept are part of the tree:

    {"tree": "glan", "version": 1}
    {"id": "biology", "name": "Biology", "level": "discipline", "origin": {"how": "given"}}
    {"id": "biology/cells/nucleus", "name": "The nucleus", "level": "session", "parent":
     "biology/cells", "terms": ["chromatin", "nucleolus"], "origin": {"how": "grown", ...}}
    {"id": "biology/cell-theory", ..., "status": "merged", "into": "biology/cells"}

A session's `terms` are its key concepts. The TOML form has the same keys, one [[nodes]] each.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from miner import atomic
from miner.errors import TaxonomyError, choices
from miner.taxonomy.load import Entry, arrange, read_node
from miner.types import Node, Taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

LEVELS = ("field", "subfield", "discipline", "subject", "session", "concept")
"""From the top down. A tree may begin and end at any of them."""
SESSION = "session"

How = Literal["given", "grown", "corpus"]
Status = Literal["kept", "merged", "pruned", "failed"]


@dataclass(frozen=True, slots=True)
class Origin:
    """How a node came to be: given by a person, grown by a model, or made from documents."""

    how: How = "given"
    model: str = ""
    prompt_version: str = ""
    requests: tuple[str, ...] = ()
    """Ids in the ledger."""
    documents: tuple[str, ...] = ()
    proposed: int = 1
    """Times that it was proposed; more than once is a sign of weight."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A node, how it came to be, and what became of it."""

    node: Node
    origin: Origin = field(default_factory=Origin)
    status: Status = "kept"
    reason: str = ""
    into: str = ""
    """Where a merged one went."""


@dataclass(frozen=True, slots=True)
class Session:
    """A class session: what is taught together."""

    id: str
    name: str
    description: str
    concepts: tuple[str, ...]


@dataclass(frozen=True)
class Tree(Taxonomy):
    """A taxonomy whose leaves may have a syllabus."""

    sessions: Mapping[str, tuple[Session, ...]] = field(default_factory=dict)
    """By the id of the subject, in order of the syllabus."""
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def syllabus(self, id: str) -> tuple[Session, ...]:
        """The class sessions of a node; none if it has no syllabus."""
        return self.sessions.get(id, ())


# ------------------------------------------------------------------------------- many to one


def tree_of(name: str, proposals: Sequence[Proposal], file: str = "") -> Tree:
    """The tree of the proposals that were kept.

    Raises:
        TaxonomyError: An id stands twice, a parent is missing, or parents form a cycle.
    """
    where = file or name
    kept = [p for p in proposals if p.status == "kept"]
    upper = [p for p in kept if p.node.level != SESSION]
    taxonomy = arrange(name, [Entry(p.node, where) for p in upper], where)
    sessions: dict[str, list[Session]] = {}
    seen: set[str] = set()
    for node in (p.node for p in kept if p.node.level == SESSION):
        if node.id in seen or node.id in taxonomy:
            raise TaxonomyError(f"{where}: the id '{node.id}' stands twice")
        if node.parent not in taxonomy:
            raise TaxonomyError(
                f"{where}: session '{node.id}': there is no subject '{node.parent}'; "
                "a session's parent is a node above the sessions"
            )
        seen.add(node.id)
        session = Session(node.id, node.name, node.description, node.terms)
        sessions.setdefault(node.parent, []).append(session)
    origins = {p.node.id: p.origin for p in kept}
    return Tree(name, taxonomy.nodes, {k: tuple(v) for k, v in sessions.items()}, origins)


def with_syllabi(taxonomy: Taxonomy) -> Tree:
    """A taxonomy from another form as a tree: nodes of the level "session" become syllabi."""
    if isinstance(taxonomy, Tree):
        return taxonomy
    return tree_of(taxonomy.name, [Proposal(node) for node in taxonomy.nodes])


def proposals_of(tree: Tree) -> Iterator[Proposal]:
    """A tree's nodes and sessions as kept proposals: the way back from `tree_of`."""
    for node in tree.nodes:
        yield Proposal(node, tree.origins.get(node.id, Origin()))
        for session in tree.syllabus(node.id):
            yield Proposal(
                Node(
                    session.id,
                    session.name,
                    SESSION,
                    session.description,
                    node.id,
                    terms=session.concepts,
                ),
                tree.origins.get(session.id, Origin()),
            )


def prune(proposals: Iterable[Proposal], doomed: Mapping[str, str]) -> list[Proposal]:
    """Prune nodes, and with each all that is below it.

    Args:
        proposals: Parents may come after their children.
        doomed: Ids to prune, with the reason.
    """
    listed = list(proposals)
    children: dict[str, list[str]] = {}
    for proposal in listed:
        children.setdefault(proposal.node.parent, []).append(proposal.node.id)
    fate = dict(doomed)
    waiting = list(doomed)
    while waiting:
        id = waiting.pop()
        for child in children.get(id, ()):
            if child not in fate:
                fate[child] = "parent_pruned"
                waiting.append(child)
    return [
        dataclasses.replace(p, status="pruned", reason=fate[p.node.id])
        if p.status == "kept" and p.node.id in fate
        else p
        for p in listed
    ]


def books(proposals: Iterable[Proposal]) -> dict[str, dict[str, int]]:
    """By level: proposed = kept + merged + pruned + failed.

    The key concepts of a session share its fate; those that left it have a line of their own.
    """
    levels: dict[str, Counter[str]] = {}
    for proposal in proposals:
        counts = levels.setdefault(proposal.node.level, Counter())
        counts["proposed"] += 1
        counts[proposal.status] += 1
        if proposal.node.level == SESSION and (terms := len(proposal.node.terms)):
            concepts = levels.setdefault("concept", Counter())
            concepts["proposed"] += terms
            concepts[proposal.status] += terms
    return {
        level: {key: counts[key] for key in ("proposed", *get_args(Status))}
        for level, counts in levels.items()
    }


# ----------------------------------------------------------------------------------- on disk


def save(path: Path, name: str, proposals: Iterable[Proposal]) -> None:
    """Write a tree's file; equal proposals give equal bytes."""
    with atomic.writing(path) as file:
        file.write(_line({"tree": name, "version": 1}))
        for proposal in proposals:
            file.write(_line(_dump(proposal)))


def load_tree(path: Path) -> Tree:
    """The tree of a file: what was kept.

    Raises:
        TaxonomyError: The file is missing, a line is no node, or the kept ones are no tree.
    """
    name, proposals = load_proposals(path)
    return tree_of(name, proposals, path.name)


def load_proposals(path: Path) -> tuple[str, list[Proposal]]:
    """A tree's name, and all that was ever proposed for it.

    Raises:
        TaxonomyError: The file is missing, or a line is no node.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}: cannot read this tree: {error}") from None
    head = _object(lines[0], f"{path.name}, line 1")
    if "tree" not in head:
        raise TaxonomyError(
            f'{path.name}, line 1: expected {{"tree": NAME}}, got {lines[0][:80]!r}'
        )
    proposals = []
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            where = f"{path.name}, line {number}"
            proposals.append(_read(_object(line, where), where))
    return str(head["tree"]), proposals


def _line(table: Mapping[str, Any]) -> bytes:
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode("utf-8", "surrogatepass")


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        table = json.loads(line)
    except ValueError as error:
        raise TaxonomyError(f"{where}: not JSON: {error}") from None
    if not isinstance(table, dict):
        raise TaxonomyError(f"{where}: expected an object, got {line[:80]!r}")
    return table


def _dump(proposal: Proposal) -> dict[str, Any]:
    """What is not a default."""
    row = _set(proposal.node) | {"origin": _set(proposal.origin) | {"how": proposal.origin.how}}
    if proposal.status != "kept":
        row["status"] = proposal.status
    return row | {k: v for k in ("reason", "into") if (v := getattr(proposal, k))}


def _set(thing: Node | Origin) -> dict[str, Any]:
    return {
        f.name: value
        for f in dataclasses.fields(thing)
        if (value := getattr(thing, f.name)) != f.default
    }


_ORIGIN: Mapping[str, type] = {f.name: type(f.default) for f in dataclasses.fields(Origin)}
_HOWS, _STATUSES = frozenset(get_args(How)), frozenset(get_args(Status))
_NODE = frozenset({"id", "name", "level", "parent", "description"})


def _read(row: dict[str, Any], where: str) -> Proposal:
    """A proposal of its line's table, which is used up."""
    origin, status = row.pop("origin", {}), row.pop("status", "kept")
    reason, into = row.pop("reason", ""), row.pop("into", "")
    node = _node(row, where)
    if status not in _STATUSES:
        raise TaxonomyError(f"{where}: status: {choices(str(status), get_args(Status))}")
    return Proposal(node, _origin(origin, where), status, str(reason), str(into))


def _node(row: dict[str, Any], where: str) -> Node:
    """As `read_node`, but quick with the keys that nearly all have: files are long."""
    terms = row.pop("terms", [])
    if (
        row.keys() <= _NODE
        and row.get("id")
        and row.get("name")
        and all(type(value) is str for value in row.values())
        and type(terms) is list
        and all(type(term) is str for term in terms)
    ):
        return Node(**row, terms=tuple(terms))
    return read_node({**row, "terms": terms}, where)


def _origin(row: Any, where: str) -> Origin:
    if row == {"how": "given"}:
        return Origin()
    if not isinstance(row, dict):
        raise TaxonomyError(f"{where}: origin: expected an object, got {row!r}")
    for key, value in row.items():
        wanted = _ORIGIN.get(key)
        if wanted is None:
            raise TaxonomyError(f"{where}: origin has no key '{key}'; {choices(key, _ORIGIN)}")
        if type(value) is not (list if wanted is tuple else wanted):
            raise TaxonomyError(f"{where}: origin: {key}: not {value!r}")
    how = row.get("how", "given")
    if how not in _HOWS:
        raise TaxonomyError(f"{where}: origin: how: {choices(how, get_args(How))}")
    return Origin(
        how,
        row.get("model", ""),
        row.get("prompt_version", ""),
        tuple(map(str, row.get("requests", ()))),
        tuple(map(str, row.get("documents", ()))),
        row.get("proposed", 1),
    )
