"""Taxonomies as tables: a parent's id in a column, one column per level, or a path in one cell.

Columns are known by their usual names (`Unique ID`, `topic_name`, `Tier 2`, `subfield` ...).
OpenAlex's topics, the IAB's content taxonomy and Google's product taxonomy are read as they are
published.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from miner.errors import TaxonomyError
from miner.taxonomy.load import Entry, Problem, Reading
from miner.types import Node

ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "unique id", "node id", "topic id", "code", "identifier", "key"),
    "parent": ("parent", "parent id", "parentid", "broader"),
    "name": ("name", "label", "title", "topic name", "node name", "topic"),
    "description": ("description", "definition", "summary", "scope note"),
    "terms": ("terms", "keywords", "synonyms", "alt labels"),
}
LEVELS = ("domain", "field", "subfield", "discipline", "subject", "category", "subcategory")
"""Names of level columns, the broadest first, beside `tier 1`, `level 1`, `l1`."""
HEADERS = 5
"""Lines at the top among which the header is looked for: some tables have a title above it."""


@dataclass(frozen=True)
class Header:
    """Where the header stands and what its columns are."""

    line: int
    roles: Mapping[str, int]
    levels: tuple[tuple[str, int], ...]


def read_table(text: str, file: str) -> Reading:
    """The nodes of a CSV or TSV table.

    Raises:
        TaxonomyError: No column is known, or a row is broken.
    """
    rows = list(_rows(text, file))
    if _is_paths(rows):
        return Reading("", list(_from_paths(rows, file)))
    header = _header(rows, file)
    body = [(line, row) for line, row in rows if line > header.line]
    if "parent" in header.roles and "id" in header.roles:
        return _from_parents(header, body, file)
    return Reading("", list(_from_levels(header, body, file)))


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    chosen = "\t" if file.endswith(".tsv") else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=chosen)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise TaxonomyError(f"{file}, line {reader.line_num}: not a table: {error}") from None


def _header(rows: Sequence[tuple[int, list[str]]], file: str) -> Header:
    best = Header(0, {}, ())
    for line, row in rows[:HEADERS]:
        found = _roles(row, line)
        if len(found.roles) + len(found.levels) > len(best.roles) + len(best.levels):
            best = found
    if "name" not in best.roles and not best.levels:
        seen = ", ".join(rows[0][1]) if rows else "nothing"
        names = ", ".join(sorted({n for names in ROLES.values() for n in names} | set(LEVELS)))
        raise TaxonomyError(f"{file}: no column is known among: {seen[:200]}; known: {names}")
    return best


def _roles(row: Sequence[str], line: int) -> Header:
    plain = [re.sub(r"[\s_-]+", " ", cell).strip().lower() for cell in row]
    roles = {
        role: plain.index(name)
        for role, names in ROLES.items()
        for name in reversed(names)
        if name in plain
    }
    ranked = [
        (_rank(name), name, place)
        for place, name in enumerate(plain)
        if _rank(name) >= 0 and place not in roles.values()
    ]
    return Header(line, roles, tuple((name, place) for _, name, place in sorted(ranked)))


def _rank(name: str) -> int:
    """How fine a level column is; -1 for another column."""
    if numbered := re.fullmatch(r"(?:tier|level|l) ?(\d+)", name):
        return int(numbered[1])
    return LEVELS.index(name) if name in LEVELS else -1


# ------------------------------------------------------------------------------ parent column


def _from_parents(header: Header, body: Sequence[tuple[int, list[str]]], file: str) -> Reading:
    entries, problems = [], []
    for line, row in body:
        where = f"{file}, line {line}"
        cells = {role: _cell(row, place) for role, place in header.roles.items()}
        tiers = [_cell(row, place) for _, place in header.levels]
        path = [tier for tier in tiers if tier]
        name = cells.get("name") or (path[-1] if path else "")
        if not cells["id"] or not name:
            raise TaxonomyError(f"{where}: a row needs an id and a name, got {row[:6]}")
        node = Node(
            cells["id"],
            name,
            level=str(len(path)) if path else "",
            description=cells.get("description", ""),
            parent=cells["parent"],
            terms=_split(cells.get("terms", "")),
        )
        entries.append(Entry(node, where))
        if len(path) > 1:
            problems.append((node, path[-2], where))
    names = {entry.node.id: entry.node.name for entry in entries}
    return Reading(
        "",
        entries,
        [
            Problem(
                where,
                "two_parents",
                f"'{node.name}': the parent column says '{names.get(node.parent, node.parent)}', "
                f"the levels say '{above}'; the parent column is followed",
            )
            for node, above, where in problems
            if names.get(node.parent, "") != above
        ],
    )


# ------------------------------------------------------------------------------ level columns


def _from_levels(
    header: Header, body: Sequence[tuple[int, list[str]]], file: str
) -> Iterator[Entry]:
    """Inner nodes get their path as id; a row's own id is kept. Empty cells are skipped levels."""
    made: set[str] = set()
    for line, row in body:
        where = f"{file}, line {line}"
        path = [(level, _cell(row, p)) for level, p in header.levels if _cell(row, p)]
        own = {role: _cell(row, place) for role, place in header.roles.items()}
        name = own.get("name", "")
        if name and not (path and path[-1][1] == name):
            path.append(("topic", name))
        if not path:
            raise TaxonomyError(f"{where}: a row without a name")
        parent = ""
        for level, label in path[:-1]:
            id = _below(parent, label)
            if id not in made:
                made.add(id)
                yield Entry(Node(id, label, level=level, parent=parent), where)
            parent = id
        level, label = path[-1]
        id = own.get("id") or _below(parent, label)
        if id in made and not own.get("id"):
            continue  # a row for a node that rows below it named before
        made.add(id)
        terms = _split(own.get("terms", ""))
        described = own.get("description", "")
        node = Node(id, label, level=level, description=described, parent=parent, terms=terms)
        yield Entry(node, where)


def _is_paths(rows: Sequence[tuple[int, list[str]]]) -> bool:
    body = [",".join(row) for _, row in rows[:20] if not row[0].startswith("#")]
    return bool(body) and sum(" > " in line for line in body) >= len(body) / 2


def _from_paths(rows: Sequence[tuple[int, list[str]]], file: str) -> Iterator[Entry]:
    """Google's form: `Animals > Birds > Owls`, with or without `123 - ` before it."""
    ids: dict[tuple[str, ...], str] = {}
    for line, row in rows:
        text = ", ".join(row)
        if text.startswith("#"):
            continue
        number = re.match(r"(\d+) - ", text)
        names = tuple(n.strip() for n in text[number.end() if number else 0 :].split(" > "))
        for depth in range(1, len(names) + 1):
            path = names[:depth]
            if path in ids:
                continue
            parent = ids.get(path[:-1], "")
            ids[path] = number[1] if number and depth == len(names) else _below(parent, path[-1])
            yield Entry(
                Node(ids[path], path[-1], level=str(depth), parent=parent), f"{file}, line {line}"
            )


def _below(parent: str, name: str) -> str:
    return f"{parent}/{name}" if parent else name


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[|;]", cell) if part.strip())
