"""The text itself, with each entity between tags of its type."""

# ruff: noqa: E501 - a sentence is easier to judge on one line

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, ClassVar
from xml.sax.saxutils import escape, unescape

from miner.compose.formats.json_text import fail
from miner.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.compose.content import Content, Frame, Record
    from miner.compose.formats import Format

_TAG = re.compile(r"<(/?)([A-Za-z][\w.-]*)>")
_NAME = re.compile(r"[A-Za-z][\w.-]*")


class XmlTags:
    """For entities that neither overlap nor are nested; `<`, `>` and `&` of the text are escaped."""

    holds: ClassVar[frozenset[str]] = frozenset({"Entities"})
    by_label: ClassVar[bool] = False
    sentences: ClassVar[tuple[str, ...]] = (
        "Repeat the text and put each item between tags of its type, as in <{example}>...</{example}>.",
        "Copy the text and mark every item inline with XML tags named after its type.",
        "Return the whole text with each item enclosed in a tag of its type, such as <{example}>.",
    )

    def render(self, content: Content) -> str | Rejected:
        """The marked text."""
        frame = content.frame
        if frame.label_field is None or _tags(frame.schema) is None:
            return Rejected("cannot_hold", "xml_tags: labels that make no tags")
        if len(content.spans) != len(content.records):
            return Rejected("cannot_hold", "xml_tags: items without a place in the text")
        out: list[str] = []
        last = 0
        for span, row in zip(content.spans, content.records, strict=True):
            start, end = span.start - content.origin, span.end - content.origin
            if start < last or end > len(frame.text):
                return Rejected("cannot_hold", "xml_tags: items that overlap or are out of order")
            name = tag(str(row[0]))
            out.append(escape(frame.text[last:start]))
            out.append(f"<{name}>{escape(frame.text[start:end])}</{name}>")
            last = end
        return "".join(out) + escape(frame.text[last:])

    def parse(self, text: str, frame: Frame) -> tuple[Record, ...]:
        """The marked items in order, if the text between is the one that was given."""
        labels = _tags(frame.schema)
        if labels is None:
            raise fail("labels that make no tags")
        pieces = _TAG.split(text)
        plain, slashes, names = pieces[::3], pieces[1::3], pieces[2::3]
        opened, inside = names[::2], plain[1::2]
        if slashes != ["", "/"] * len(opened) or names[1::2] != opened:
            raise fail("a tag out of place")
        if not labels.keys() >= set(opened):
            raise fail("a tag that is unknown")
        if unescape("".join(plain)) != frame.text:
            raise fail("another text")
        return tuple([(labels[n], unescape(t)) for n, t in zip(opened, inside, strict=True)])


@functools.lru_cache(maxsize=1024)
def tag(label: str) -> str:
    """A label as the name of a tag."""
    return re.sub(r"[^\w.-]+", "_", label)


@functools.lru_cache(maxsize=1024)
def _tags(schema: tuple[str, ...]) -> Mapping[str, str] | None:
    """Tag to label; None if two labels share a tag or one makes none."""
    tags = {tag(label): label for label in schema}
    fit = all(map(_NAME.fullmatch, tags))
    return tags if fit and len(tags) == len(schema) else None


PART: type[Format] = XmlTags
