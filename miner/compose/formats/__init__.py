"""How an answer is written down: one file is one format, a renderer with its parser.

A format names the findings it can hold. What it cannot hold (a line break in a table's cell, labels
that overlap in marked text) it refuses with a reason, which is counted.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, ClassVar, Protocol

from miner.compose.content import content_of
from miner.errors import RecipeError, choices
from miner.recipe import kinds
from miner.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.compose.content import Content, Frame, Record
    from miner.types import Finding


class Format(Protocol):
    """A way of writing rows down, and the way back."""

    holds: ClassVar[frozenset[str]]
    """Kinds of findings, as `Frame.kind`."""
    by_label: ClassVar[bool]
    """Whether rows come back grouped by label instead of in their own order."""
    sentences: ClassVar[tuple[str, ...]]
    """Ways to ask for it in English; `{labels}` and `{fields}` are filled in."""

    def render(self, content: Content) -> str | Rejected:
        """The answer, or why this format cannot hold it."""
        ...

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The rows of an answer; raises ValueError if it is none in this format."""
        ...


@functools.cache
def formats() -> Mapping[str, Format]:
    """Every format by its name, in alphabetical order."""
    names = sorted(kinds("compose.formats"))
    return {name: importlib.import_module(f"miner.compose.formats.{name}").PART() for name in names}


def format_named(name: str, where: str = "") -> Format:
    """The format of that name.

    Raises:
        RecipeError: There is none.
    """
    if name not in formats():
        prefix = f"{where}: " if where else ""
        raise RecipeError(f"{prefix}no format '{name}'; {choices(name, formats())}")
    return formats()[name]


def render(name: str, content: Content) -> str | Rejected:
    """Write rows down, and read them back before they are believed."""
    form = formats()[name]
    text = form.render(content)
    if isinstance(text, str) and not _comes_back(form, text, content):
        return Rejected("cannot_hold", f"{name}: the answer reads back otherwise")
    return text


def round_trips(name: str, output: str, finding: Finding) -> bool:
    """Whether an output, read by its format's parser, gives the finding's rows."""
    return _comes_back(format_named(name), output, content_of(finding))


def _comes_back(form: Format, text: str, content: Content) -> bool:
    try:
        records = form.parse(text, content.frame)
    except ValueError:
        return False
    return records == (content.grouped() if form.by_label else content.records)
