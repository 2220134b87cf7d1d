"""A taxonomy's file to a checked tree, parents before children.

The TOML form is a name and a list of nodes:

    name = "general"

    [[nodes]]
    id = "volcanoes"
    name = "Volcanoes"
    level = "topic"                # optional, as are all below
    parent = "earth"               # the id of another node, before or after this one
    description = "Eruptions, lava, ash, and the mountains that they build."
    terms = ["lava", "crater"]
    exemplars = ["A text of the kind that is wanted.", "id:0123456789abcdef"]
    quota = 40

Tables, outlines, nested JSON and SKOS are read too (tables.py, outlines.py, skos.py). What is wrong
with a file is told with its line, the field, what is allowed and the nearest guess.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from miner.errors import TaxonomyError, choices
from miner.types import Node, Taxonomy

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ("id", "name", "level", "description", "parent")
LISTS = ("exemplars", "terms")
KEYS = tuple(field.name for field in dataclasses.fields(Node))
SUFFIXES = (".toml", ".csv", ".tsv", ".json", ".txt", ".md", ".ttl", ".rdf", ".nt", ".jsonld")
MAX_ID = 200
"""Characters of an id, which becomes part of keys and rows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A node as a file has it, and where: `where` is the file's name and line."""

    node: Node
    where: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something questionable in a taxonomy, where it stands, and a fixed word for its kind."""

    where: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was read: its name for itself, its nodes in order, what was questionable."""

    name: str
    entries: list[Entry]
    problems: list[Problem] = field(default_factory=list)


def load(path: Path) -> Taxonomy:
    """Read and check a taxonomy.

    Raises:
        TaxonomyError: The file is missing, unreadable, or no tree. The message names the line.
    """
    if path.suffix == ".jsonl":
        from miner.taxonomy.tree import load_tree  # it is made of what stands here

        return load_tree(path)
    reading = read(path)
    return arrange(reading.name or path.stem, reading.entries, path.name)


def read(path: Path) -> Reading:
    """Read a taxonomy's nodes with their places, in whatever form its suffix says.

    Raises:
        TaxonomyError: The file is missing or unreadable, or of no known form.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise TaxonomyError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise TaxonomyError(f"{path}: is a folder, not a taxonomy") from None
    except UnicodeDecodeError as error:
        raise TaxonomyError(f"{path}: is not UTF-8 text: {error}") from None
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return Reading(*read_toml(text, path.name))
    if suffix in {".csv", ".tsv"}:
        from miner.taxonomy.tables import read_table

        return read_table(text, path.name)
    if suffix == ".json":
        from miner.taxonomy.outlines import read_json

        return read_json(text, path.name)
    if suffix in {".ttl", ".rdf", ".owl", ".nt", ".jsonld", ".skos"}:
        from miner.taxonomy.skos import read_skos

        return read_skos(text, path.name, suffix)
    if suffix in {".txt", ".md", ".markdown"}:
        from miner.taxonomy import outlines, tables

        paths = suffix == ".txt" and " > " in text
        return (tables.read_table if paths else outlines.read_outline)(text, path.name)
    raise TaxonomyError(f"{path}: '{suffix}' is no form of taxonomy; {choices(suffix, SUFFIXES)}")


def write(taxonomy: Taxonomy) -> str:
    """A taxonomy in our own form; reading it again gives an equal one."""
    import tomli_w

    rows = []
    for node in taxonomy.nodes:
        fields = dataclasses.asdict(node).items()
        rows.append({k: list(v) if isinstance(v, tuple) else v for k, v in fields if v})
        if node.quota == 0:
            rows[-1]["quota"] = 0
    return tomli_w.dumps({"name": taxonomy.name, "nodes": rows})


# ---------------------------------------------------------------------------------- TOML form


def read_toml(text: str, file: str) -> tuple[str, list[Entry]]:
    """The name and the nodes of our own form; what is no node's key is refused."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TaxonomyError(f"{file}: not valid TOML: {error}") from None
    for key in table:
        if key not in {"name", "nodes"}:
            raise TaxonomyError(f"{file}: no key '{key}'; {choices(key, ('name', 'nodes'))}")
    name, rows = table.get("name", ""), table.get("nodes", [])
    if not isinstance(name, str):
        raise TaxonomyError(f"{file}: name: expected a text, got {name!r}")
    if not isinstance(rows, list):
        raise TaxonomyError(f"{file}: nodes: expected a list of tables, [[nodes]]")
    lines = _lines(text, len(rows))
    wheres = [
        f"{file}, line {line}" if line else f"{file}, node {i + 1}" for i, line in enumerate(lines)
    ]
    return name, [
        Entry(read_node(row, where), where) for row, where in zip(rows, wheres, strict=True)
    ]


def _lines(text: str, count: int) -> list[int]:
    """The line of each [[nodes]]; zeros if headings and nodes don't match (inline tables)."""
    found = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if re.match(r"\s*\[\[\s*nodes\s*\]\]", line)
    ]
    return found if len(found) == count else [0] * count


def read_node(row: Any, where: str) -> Node:
    """A node from a table of its fields; the name stands in for a missing id."""
    if not isinstance(row, dict):
        raise TaxonomyError(f"{where}: a node is a table, got {row!r}")
    for key, value in row.items():
        if key not in KEYS:
            raise TaxonomyError(f"{where}: a node has no key '{key}'; {choices(key, KEYS)}")
        _check_value(key, value, where)
    values: dict[str, Any] = {k: tuple(v) if k in LISTS else v for k, v in row.items()}
    id = values.get("id") or values.get("name", "")
    if not id.strip():
        raise TaxonomyError(f"{where}: a node needs an 'id' or a 'name'")
    return Node(**{**values, "id": id, "name": values.get("name") or id})


def _check_id(id: str, where: str) -> None:
    if not id or len(id) > MAX_ID or any(ord(c) < 32 for c in id):
        raise TaxonomyError(
            f"{where}: id {id[:40]!r} is empty, longer than {MAX_ID} or has control characters"
        )


def _check_texts(entry: Entry) -> None:
    """Refuse what JSON can say and UTF-8 cannot: half a character."""
    for name in (*TEXTS, *LISTS):
        value = getattr(entry.node, name)
        text = value if isinstance(value, str) else "".join(value)
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise TaxonomyError(f"{entry.where}: {name}: {text[:40]!r} holds half a character")


def _check_value(key: str, value: Any, where: str) -> None:
    if key in TEXTS and not isinstance(value, str):
        raise TaxonomyError(f"{where}: {key}: expected a text, got {value!r}")
    if key in LISTS and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
        raise TaxonomyError(f"{where}: {key}: expected a list of texts, got {value!r}")
    if key == "quota" and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise TaxonomyError(f"{where}: quota: expected a whole number from 0 on, got {value!r}")


# ----------------------------------------------------------------------------------- the tree


def arrange(name: str, entries: Sequence[Entry], file: str) -> Taxonomy:
    """Order nodes parents first, otherwise as they came.

    Raises:
        TaxonomyError: There is no node, an id occurs twice, a parent is missing, or a cycle.
    """
    if not entries:
        raise TaxonomyError(f"{file}: has no nodes; write them as [[nodes]] with an id and a name")
    by_id: dict[str, Entry] = {}
    for entry in entries:
        _check_id(entry.node.id, entry.where)
        _check_texts(entry)
        if first := by_id.get(entry.node.id):
            raise TaxonomyError(
                f"{entry.where}: the id '{entry.node.id}' stands already at {first.where}"
            )
        by_id[entry.node.id] = entry
    for entry in entries:
        if entry.node.parent and entry.node.parent not in by_id:
            others = [id for id in by_id if id != entry.node.id]
            raise TaxonomyError(
                f"{entry.where}: node '{entry.node.id}': there is no parent "
                f"'{entry.node.parent}'; {_few(entry.node.parent, others)}"
            )
    _refuse_cycle(by_id)
    return Taxonomy(name, tuple(_parents_first(by_id)))


def _few(name: str, allowed: Iterable[str]) -> str:
    """What is allowed and the nearest guess, cut to what a person reads."""
    text = choices(name, allowed)
    listed, guess = text.partition("; did you mean")[::2]
    cut = listed if len(listed) <= 300 else listed[:300] + " ..."  # some four lines
    return f"{cut}; did you mean{guess}" if guess else cut


def _refuse_cycle(by_id: dict[str, Entry]) -> None:
    sound: set[str] = set()
    for start in by_id:
        path: dict[str, None] = {}
        id = start
        while id and id not in sound:
            if id in path:
                ring = [*list(path)[list(path).index(id) :], id]
                raise TaxonomyError(
                    f"{by_id[id].where}: a cycle of parents: {' -> '.join(ring)}; "
                    "remove the parent of one of them"
                )
            path[id] = None
            id = by_id[id].node.parent
        sound.update(path)


def _parents_first(by_id: dict[str, Entry]) -> Iterable[Node]:
    done: set[str] = set()
    for entry in by_id.values():
        chain = []
        node: Node | None = entry.node
        while node and node.id not in done:
            chain.append(node)
            done.add(node.id)
            node = by_id[node.parent].node if node.parent else None
        yield from reversed(chain)
