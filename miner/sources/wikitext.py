"""Wikitext to plain text, with section headings and links at their offsets.

Parsed by mwparserfromhell. Templates are left out but for a few that hold words of the sentence;
tables, references, files, categories and sections of citations are left out whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from miner.edits import Edit, edited, substituted, without_end
from miner.errors import MissingExtraError
from miner.types import Document

if TYPE_CHECKING:
    from collections.abc import Collection

CITING = (
    *("references", "notes", "footnotes", "sources", "bibliography", "further reading"),
    *("external links", "see also", "citations", "notes and references", "works cited"),
    *("other websites", "related pages", "gallery"),
)
"""Titles of sections that hold no prose, in English and Simple English."""

_NOT_TEXT = {
    *("ref", "references", "table", "gallery", "math", "timeline", "imagemap", "style", "script"),
    *("score", "hiero", "syntaxhighlight", "source", "templatestyles", "section", "chem", "graph"),
}
_BREAKS = {"br", "hr", "p", "div", "blockquote", "poem"}
_KEPT_ARGUMENT = {
    **dict.fromkeys(("lang", "transl", "transliteration", "lang-x"), 1),
    **dict.fromkeys(
        ("nowrap", "small", "big", "smaller", "larger", "abbr", "blockquote", "quote"), 0
    ),
    **dict.fromkeys(("sic", "not a typo", "chem", "visible anchor", "vanchor", "nobold", "em"), 0),
}
"""Templates that stand for one of their arguments, by its number."""
_STANDING_FOR = {
    **dict.fromkeys(("ndash", "spaced ndash", "snd", "spnd"), " – "),
    **dict.fromkeys(("mdash", "spaced mdash"), " — "),
    **dict.fromkeys(("nbsp", "spaces", "space"), " "),
    **dict.fromkeys(("'", "'s"), "'"),
    **dict.fromkeys(("circa", "c."), "c. "),
}
_DROPPED_LINK = re.compile(
    r"\s*(?:file|image|category|media|[a-z]{2,3}(?:-[a-z]+)?|simple)\s*:", re.IGNORECASE
)
_EMPHASIS = re.compile(r"'{2,}|__[A-Z]{3,20}__")

# What is left where templates were, in the order in which it is mended.
_LEFTOVERS = (
    (re.compile(r"[ \t\u00a0]{0,3}[(（][\s,;:/–-]*[)）]"), ""),
    (re.compile(r"([(（])\s*[,;:]\s*"), r"\1"),
    (re.compile(r"(?<![ \t])[ \t]+(?=[,.;:)\n])"), ""),
    (re.compile(r"(?<=\S)[ \t]{2,}"), " "),
    (re.compile(r"^[ \t]+|^-[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
    (re.compile(r"\A\s+"), ""),
)


def plain_text(wikitext: str, citing: Collection[str] = CITING) -> Document:
    """A document without an id: text, and `headings` and `links` in its meta.

    Raises:
        MissingExtraError: mwparserfromhell is not installed.
        RecursionError: The markup is nested too deeply.
    """
    try:
        import mwparserfromhell
    except ImportError:
        raise MissingExtraError("mwparserfromhell", "wikitext", "wikitext") from None
    writer = _Writer(citing)
    writer.write(mwparserfromhell.parse(wikitext, skip_style_tags=True))
    meta = {"headings": writer.headings, "links": writer.links}
    document = Document("", "".join(writer.pieces), meta=meta)
    for pattern, new in _LEFTOVERS:
        document = substituted(document, pattern, new)
    return without_end(_without_empty_sections(document))


class _Writer:
    """Collects text and the places of what stands in it."""

    def __init__(self, citing: Collection[str]) -> None:
        self.pieces: list[str] = []
        self.headings: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []
        self._length = 0
        self._citing = citing
        self._silent = 0  # level of the section that is being left out

    def put(self, text: str) -> None:
        self.pieces.append(text)
        self._length += len(text)

    def write(self, code: Any) -> None:
        """Write the nodes of a piece of wikitext."""
        for node in code.nodes:
            kind = type(node).__name__
            if kind == "Heading":
                self._heading(node)
            elif not self._silent and (writer := getattr(self, f"_{kind.lower()}", None)):
                writer(node)

    def _heading(self, node: Any) -> None:
        title = " ".join(_EMPHASIS.sub("", node.title.strip_code()).split())
        level = int(node.level)
        if self._silent and level > self._silent:
            return
        self._silent = level if title.lower() in self._citing else 0
        if title and not self._silent:
            self.put("\n\n")
            start = self._length
            self.put(title)
            end = self._length
            self.headings.append({"level": level, "title": title, "start": start, "end": end})

    def _text(self, node: Any) -> None:
        self.put(_EMPHASIS.sub("", str(node.value)))

    def _htmlentity(self, node: Any) -> None:
        try:
            self.put(node.normalize())
        except (ValueError, OverflowError):
            self.put(str(node))

    def _wikilink(self, node: Any) -> None:
        target = str(node.title).strip()
        if _DROPPED_LINK.match(target):
            return
        target = target.lstrip(":").partition("#")[0].strip()
        start = self._length
        if node.text is None:
            self.put(target or str(node.title).strip())
        else:
            self.write(node.text)
        if target and self._length > start:
            self.links.append({"target": target, "start": start, "end": self._length})

    def _externallink(self, node: Any) -> None:
        if node.title is not None:
            self.write(node.title)
        elif not node.brackets:
            self.put(str(node.url))

    def _argument(self, node: Any) -> None:
        if node.default is not None:
            self.write(node.default)

    def _template(self, node: Any) -> None:
        name = str(node.name).strip().lower()
        arguments = [p.value for p in node.params if not p.showkey]
        if name.startswith("lang-") and arguments:
            self.write(arguments[0])
        elif name in _KEPT_ARGUMENT:
            for argument in arguments[_KEPT_ARGUMENT[name] :][:1]:
                self.write(argument)
        elif name in _STANDING_FOR:
            self.put(_STANDING_FOR[name])
            for argument in arguments[:1] if name in ("circa", "c.") else ():
                self.write(argument)
        elif name in ("convert", "cvt") and len(arguments) > 1:
            self.put(f"{str(arguments[0]).strip()} {str(arguments[1]).strip()}")
        elif name == "as of" and arguments:
            self.put(f"As of {str(arguments[0]).strip()}")

    def _tag(self, node: Any) -> None:
        name = str(node.tag).strip().lower()
        if name in _NOT_TEXT:
            return
        if name == "li":
            self.put("- ")
        elif name in _BREAKS:
            self.put("\n")
        if node.contents is not None and not node.self_closing:
            self.write(node.contents)
            if name in _BREAKS:
                self.put("\n")


def _without_empty_sections(document: Document) -> Document:
    """The document without headings that nothing follows."""
    headings = document.meta["headings"]
    edits: list[Edit] = []
    end, level = len(document.text), 0
    for heading in reversed(headings):
        if heading["level"] >= level and not document.text[heading["end"] : end].strip():
            edits.append((heading["start"], end, ""))
        else:
            level = heading["level"]
        end = heading["start"]
    return edited(document, edits[::-1])
