"""Guidelines: what the labels of a schema mean, as data that people edit.

A guideline is a TOML file of pipelines/guidelines/. For each label it has definitions in several
wordings, what counts and what does not, a boundary rule, examples and counter-examples, trigger
words, labels that are easily confused with it, and for events their roles. Composing states a
part of it: some labels are left out (never one that the text has), their order changes, their names
may be masked, so that a model learns to follow the guideline and not the name (GoLLIE).
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from miner import recipe
from miner.errors import RecipeError
from miner.shingles import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from miner.compose.dice import Dice

Kind = Literal["entities", "relations", "events", "attributes"]
KINDS: Mapping[str, str] = {
    "Entities": "entities",
    "Relations": "relations",
    "Events": "events",
    "Attributes": "attributes",
}

MOST_NEAR = 3
"""Labels that are taken for easily confused with one whose file names none."""


@dataclass(frozen=True)
class Label:
    """One label of a schema."""

    name: str
    definitions: tuple[str, ...]
    """The same meaning in several wordings; each is a whole sentence."""
    include: str = ""
    exclude: str = ""
    boundary: str = ""
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    """Labels that are easily confused with it: the hard negatives."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Of an event: role to what fills it; of a relation: what its head and its tail may be."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("'name' of a label is empty")
        if not self.definitions:
            raise ValueError(f"label '{self.name}' has no 'definitions'")
        if both := set(self.examples) & set(self.counterexamples):
            raise ValueError(
                f"label '{self.name}': '{min(both)}' is an example and a counter-example"
            )


@dataclass(frozen=True)
class Guideline:
    """A schema with its meaning."""

    name: str
    kind: Kind
    labels: tuple[Label, ...]
    language: str = "en"
    source: str = ""
    """Where the schema comes from, for the data set's card."""
    rules: tuple[str, ...] = ()
    """Sentences that hold for all labels, such as what to do with nested items."""

    def __post_init__(self) -> None:
        names = [label.name for label in self.labels]
        if not names:
            raise ValueError("'labels' is empty")
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two labels are called '{name}'")
        for label in self.labels:
            for near in label.near:
                if near not in names or near == label.name:
                    raise ValueError(
                        f"label '{label.name}': near '{near}' is no other label; "
                        f"allowed: {', '.join(n for n in names if n != label.name)}"
                    )
            if label.roles and self.kind in {"entities", "attributes"}:
                raise ValueError(f"label '{label.name}': {self.kind} have no roles")
            if self.kind == "relations" and (unknown := set(label.roles) - {"head", "tail"}):
                raise ValueError(
                    f"label '{label.name}': no role '{min(unknown)}'; allowed: head, tail"
                )
            if self.kind == "events" and not label.roles:
                raise ValueError(f"label '{label.name}': an event needs 'roles'")

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names, in order."""
        return tuple(label.name for label in self.labels)

    def __getitem__(self, name: str) -> Label:
        """The label of that name."""
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        """Whether a label has that name."""
        return name in self._by_name

    @functools.cached_property
    def _by_name(self) -> dict[str, Label]:
        return {label.name: label for label in self.labels}

    @functools.cached_property
    def near(self) -> dict[str, tuple[str, ...]]:
        """Each label with those that are easily confused with it: as its file says, else by words.

        Source: IEPile's dictionary of similar labels, from which hard negatives are drawn.
        """
        return {label.name: label.near or self._alike(label) for label in self.labels}

    def _alike(self, label: Label) -> tuple[str, ...]:
        """The labels that share most words of name, definition and triggers, those of all apart."""
        counts = Counter(word for bag in self._bags.values() for word in bag)
        telling = {word for word, count in counts.items() if count <= max(2, len(self.labels) // 3)}
        own = self._bags[label.name] & telling
        shared = {name: len(own & bag) for name, bag in self._bags.items() if name != label.name}
        ranked = sorted((name for name in shared if shared[name]), key=lambda n: (-shared[n], n))
        return tuple(ranked[:MOST_NEAR])

    @functools.cached_property
    def _bags(self) -> dict[str, frozenset[str]]:
        return {
            label.name: frozenset(
                tokens(" ".join((label.name, *label.definitions, *label.triggers)))
            )
            for label in self.labels
        }

    @property
    def schema(self) -> dict[str, tuple[str, ...]]:
        """Each label with its roles, as Events have it."""
        return {label.name: tuple(label.roles) for label in self.labels}


def load(name: str) -> Guideline:
    """The guideline of a file, or the shipped one of that name.

    Raises:
        RecipeError: There is none, or it does not make sense; the message has file and line.
    """
    path = recipe.locate(name, "pipelines/guidelines")
    stamp = path.stat()
    return _load(str(path), stamp.st_mtime_ns, stamp.st_size)


@functools.lru_cache(maxsize=32)
def _load(path_name: str, modified: int, size: int) -> Guideline:
    del modified, size
    path = recipe.locate(path_name, "pipelines/guidelines")
    try:
        return recipe.read(Guideline, path)
    except RecipeError as error:
        line = _line_of(path.read_text(encoding="utf-8", errors="replace"), str(error))
        raise RecipeError(f"{error}{f' (line {line})' if line else ''}") from None


def _line_of(text: str, message: str) -> int:
    """The line of what the message quotes last, or 0."""
    lines = text.split("\n")
    for quoted in reversed(re.findall(r"'([^']+)'", message)):
        places = [
            i for i, line in enumerate(lines, 1) if f'"{quoted}"' in line or f"{quoted} =" in line
        ]
        if places:
            return places[-1] if "two labels" in message else places[0]
    return 0


# ------------------------------------------------------------------------- stating a guideline


def stated(labels: Sequence[Label], dice: Dice, shown_names: Mapping[str, str]) -> str:
    """The labels as a list, each with one wording of its definition and some of its details."""
    return "\n".join(f"- {shown_names[label.name]}: {described(label, dice)}" for label in labels)


def described(label: Label, dice: Dice) -> str:
    """One label in words: a definition, and by chance what counts, what does not, examples."""
    parts = [dice.choose(label.definitions)]
    if label.include and dice.chance(0.6):
        parts.append(label.include)
    if label.exclude and dice.chance(0.6):
        parts.append(label.exclude)
    if label.boundary and dice.chance(0.5):
        parts.append(label.boundary)
    if label.roles:
        roles = "; ".join(f"{role} ({text})" for role, text in label.roles.items())
        parts.append(f"Roles: {roles}.")
    if label.examples and dice.chance(0.6):
        chosen = dice.shuffled(label.examples)[: 1 + dice.below(3)]
        parts.append(f"Examples: {', '.join(f'“{text}”' for text in chosen)}.")
    if label.counterexamples and dice.chance(0.4):
        parts.append(f"Not: “{dice.choose(label.counterexamples)}”.")
    if label.triggers and dice.chance(0.4):
        words = dice.shuffled(label.triggers)[:3]
        parts.append(f"Often signalled by {', '.join(f'“{word}”' for word in words)}.")
    return " ".join(parts)
