"""A library of proposals: what was proposed, by whom, what people decided, and why.

A library is a file of JSON lines. A line is a proposal in one of its states; the last line with an
id counts, those before it are its history, so nothing is ever overwritten and two people's work
merges line by line. Only approved proposals are written out for recipes to use, unless somebody
asks for all.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from miner import recipe
from miner.compose.formats import format_named
from miner.compose.guidelines import KINDS, Label
from miner.compose.preferences import preference_named
from miner.errors import RecipeError, UsageError, choices
from miner.tasks.finding import digest

Kind = Literal["label", "preference", "format"]
Status = Literal["proposed", "approved", "rejected"]
STATUSES: tuple[Status, ...] = ("proposed", "approved", "rejected")


@dataclass(frozen=True, slots=True)
class Entry:
    """A proposal as it stands.

    `target` is the guideline that a label belongs to, or the rule or format that a sentence states.
    `body` is a label's table as a guideline's file has it with `find` beside it (entities,
    relations, events, attributes), or {"sentence": ...}.
    """

    id: str
    kind: Kind
    target: str
    body: Mapping[str, Any]
    status: Status = "proposed"
    who: str = ""
    when: str = ""
    """UTC, ISO 8601."""
    why: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise UsageError(f"status '{self.status}'; {choices(self.status, STATUSES)}")
        if self.kind == "label":
            if self.body.get("find") not in KINDS.values():
                found = str(self.body.get("find"))
                raise UsageError(f"{self.id}: find '{found}'; {choices(found, KINDS.values())}")
            self.label  # noqa: B018 - raises what is wrong with it
        elif not str(self.body.get("sentence", "")).strip():
            raise UsageError(f"{self.id}: has no sentence")
        elif self.kind == "preference":
            preference_named(self.target, self.id)
        else:
            format_named(self.target, self.id)

    @property
    def label(self) -> Label:
        """The label that is proposed.

        Raises:
            RecipeError: Its table is none of a label.
        """
        table = {k: v for k, v in self.body.items() if k != "find"}
        return recipe.build(Label, table, f"label {self.id}")

    @property
    def sentence(self) -> str:
        """The sentence that is proposed."""
        return str(self.body["sentence"])


def entry(kind: Kind, target: str, body: Mapping[str, Any], who: str, when: str, why: str) -> Entry:
    """A new proposal; its id depends on what is proposed alone, so that none comes twice."""
    content = json.dumps(body, sort_keys=True, ensure_ascii=False)
    id = digest("proposal", kind, target, content)[:10]
    return Entry(id, kind, target, body, "proposed", who, when, why)


def read(path: Path) -> dict[str, Entry]:
    """The proposals of a library in the order in which they came; none if there is no file yet.

    Raises:
        UsageError: A line is no proposal.
    """
    found: dict[str, Entry] = {}
    if not path.exists():
        return found
    if not path.is_file():
        raise UsageError(f"{path}: is no file")
    known = {f.name for f in dataclasses.fields(Entry)}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            now = Entry(**{k: v for k, v in row.items() if k in known})
        except (ValueError, TypeError, AttributeError, UsageError, RecipeError) as error:
            raise UsageError(f"{path}: line {number}: {error}") from error
        found[now.id] = now
    return found


def append(path: Path, entries: Iterable[Entry]) -> None:
    """Write states at the end of a library, on disk before this returns."""
    lines = "".join(
        json.dumps(dataclasses.asdict(e), ensure_ascii=False) + "\n" for e in entries
    ).encode()
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a line that a crash cut short stands by itself
                file.write(b"\n")
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def decided(
    now: Entry, status: Status, who: str, when: str, why: str = "",
    body: Mapping[str, Any] | None = None,
) -> Entry:  # fmt: skip
    """The proposal after a person's decision, with another body if it was edited.

    Raises:
        UsageError: A rejection without a reason, or a body that is none.
        RecipeError: A label that is none.
    """
    if status == "rejected" and not why.strip():
        raise UsageError("say why it is rejected: the next proposals are told")
    changed = now.body if body is None else body
    return dataclasses.replace(now, status=status, who=who, when=when, why=why, body=changed)


def usable(entries: Mapping[str, Entry], *, unapproved: bool = False) -> list[Entry]:
    """Those that are approved; with `unapproved`, those that nobody decided on too."""
    wanted = {"approved", "proposed"} if unapproved else {"approved"}
    return [e for e in entries.values() if e.status in wanted]
