"""Taxonomies as outlines: indented text, Markdown headings and lists, and nested JSON.

An outline's line is a name, or `name: description`; in Markdown, plain lines below a heading or an
item describe it. Ids are paths of names, so equal names under different parents stay apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from miner.errors import TaxonomyError
from miner.taxonomy.load import Entry, Reading
from miner.types import Node

MARK = re.compile(r"(?P<indent>\s*)(?:[-*+]|\d+[.)])\s+(?P<text>\S.*)")
HEADING = re.compile(r"(?P<hashes>#{1,6})\s+(?P<text>\S.*)")
TAB = "    "
DEEPEST = 100
"""Levels of nested JSON that are followed; a tree of topics has a handful."""


def read_outline(text: str, file: str) -> Reading:
    """The nodes of an outline; it is Markdown if any line begins with a heading or a list mark."""
    lines = [(number, line.expandtabs(4)) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line.strip()]
    marked = file.endswith((".md", ".markdown")) or any(
        HEADING.match(line) or MARK.match(line) for _, line in lines
    )
    return Reading("", list(_entries(lines, file, marked=marked)))


def _entries(lines: list[tuple[int, str]], file: str, *, marked: bool) -> Iterator[Entry]:
    """Depth is a pair: headings by their level, below them lists and text by their indentation."""
    above: list[tuple[tuple[int, int], str]] = []
    waiting: Entry | None = None
    heading = 0
    for number, line in lines:
        where = f"{file}, line {number}"
        if marked and (match := HEADING.match(line)):
            heading = len(match["hashes"])
            depth, text = (heading, -1), match["text"]
        elif marked and (match := MARK.match(line)):
            depth, text = (heading, len(match["indent"])), match["text"]
        elif marked:
            if waiting is None:
                raise TaxonomyError(f"{where}: text before the first heading or item")
            waiting = _described(waiting, line.strip())
            continue
        else:
            depth, text = (0, len(line) - len(line.lstrip())), line.strip()
        if waiting:
            yield waiting
        while above and above[-1][0] >= depth:
            above.pop()
        name, described = _name(text)
        parent = above[-1][1] if above else ""
        id = f"{parent}/{name}" if parent else name
        above.append((depth, id))
        level = str(len(above))
        waiting = Entry(Node(id, name, level, described, parent), where)
    if waiting:
        yield waiting


def _name(text: str) -> tuple[str, str]:
    """A name and what follows a colon or a dash; bold and a closing colon are dropped."""
    plain = re.sub(r"\*\*|__|`", "", text).strip()
    name, _, described = re.sub(r"\s+[–—-]\s+", ": ", plain, count=1).partition(": ")
    return name.strip().rstrip(":"), described.strip()


def _described(entry: Entry, more: str) -> Entry:
    node = entry.node
    described = f"{node.description} {more}".strip()
    return Entry(Node(node.id, node.name, node.level, described, node.parent), entry.where)


# -------------------------------------------------------------------------------- nested JSON


def read_json(text: str, file: str) -> Reading:
    """The nodes of nested JSON: objects with a name and lists below, or names as keys.

    A key is a node's name if it is `name`, `title` or `label` or ends in `_name`; likewise for
    descriptions and ids. Any other list or object below holds children.

    Raises:
        TaxonomyError: The text is no JSON, or nested beyond reason.
    """
    try:
        table = json.loads(text)
    except json.JSONDecodeError as error:
        raise TaxonomyError(f"{file}, line {error.lineno}: not valid JSON: {error.msg}") from None
    except RecursionError:
        raise TaxonomyError(f"{file}: nested too deeply") from None
    name = ""
    if isinstance(table, dict) and isinstance(table.get("nodes"), list):
        name, table = str(table.get("name") or ""), table["nodes"]
    if isinstance(table, dict) and len(table) == 1:
        (only,) = table.values()
        if isinstance(only, list) and all(isinstance(item, dict) for item in only):
            table = only  # a wrapper around the list, as in {"fields": [{...}]}
    return Reading(name, list(_children(table, "", 1, file)))


def _children(value: Any, parent: str, depth: int, where: str) -> Iterator[Entry]:
    if depth > DEEPEST:
        raise TaxonomyError(f"{where}: nested too deeply")
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _item(item, parent, depth, f"{where}[{i}]")
    elif isinstance(value, dict) and _key(value, "name", "title", "label"):
        yield from _item(value, parent, depth, where)
    elif isinstance(value, dict):
        for name, below in value.items():
            described = below if isinstance(below, str) else ""
            id = f"{parent}/{name}" if parent else name
            yield Entry(Node(id, name, str(depth), described, parent), f"{where}.{name}")
            if not isinstance(below, str | None):
                yield from _children(below, id, depth + 1, f"{where}.{name}")
    elif value is not None:
        raise TaxonomyError(f"{where}: expected a list or an object, got {value!r}")


def _item(item: Any, parent: str, depth: int, where: str) -> Iterator[Entry]:
    if isinstance(item, str):
        id = f"{parent}/{item}" if parent else item
        yield Entry(Node(id, item, str(depth), parent=parent), where)
        return
    if not isinstance(item, dict):
        raise TaxonomyError(f"{where}: expected a name or an object, got {item!r}")
    named, described = _key(item, "name", "title", "label"), _key(item, "description")
    own, above = _key(item, "id"), _key(item, "parent")
    if not named:
        yield from _children(item, parent, depth, where)
        return
    name = re.sub(r"<br\s*/?>", " ", str(item[named]))
    id = str(item[own]) if own else f"{parent}/{name}" if parent else name
    parent = str(item[above] or "") if above else parent
    level, terms = str(item.get("level") or depth), item.get("terms") or ()
    yield Entry(
        Node(
            id,
            name,
            level,
            str(item.get(described) or ""),
            parent,
            terms=tuple(map(str, terms)),
        ),
        where,
    )
    for key, below in item.items():
        known = {named, described, own, above, "level", "terms", "exemplars"}
        if key not in known and isinstance(below, list | dict) and _holds_nodes(below):
            yield from _children(below, id, depth + 1, f"{where}.{key}")


def _holds_nodes(value: Any) -> bool:
    """Whether a list or object is of names or nodes, and not of numbers, such as a colour."""
    items = value if isinstance(value, list) else value.values()
    return all(isinstance(item, str | dict | list) or item is None for item in items)


def _key(item: Mapping[str, Any], *names: str) -> str:
    """The key that means one of these: itself, or with a prefix such as `field_`."""
    for name in names:
        for key in item:
            if key.lower() == name or key.lower().endswith(f"_{name}"):
                return key
    return ""
