"""A piece of HTML, as posts are written in, to plain text with its paragraphs, lists and code."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "div", "ul", "ol", "blockquote", "pre", "table", "h1", "h2", "h3", "h4", "hr"}
_SILENT = {"script", "style", "noscript"}


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0
        self._verbatim = 0
        self._lists: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._silent += tag in _SILENT
        self._verbatim += tag == "pre"
        if tag in ("ul", "ol"):
            self._lists.append(tag == "ol")
        if tag in _BLOCKS:
            self.pieces.append("\n\n")
        elif tag in ("br", "tr"):
            self.pieces.append("\n")
        elif tag == "li":
            self.pieces.append(f"\n{self._mark()} ")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        self._verbatim = max(0, self._verbatim - (tag == "pre"))
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in _BLOCKS:
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data if self._verbatim else re.sub(r"\s+", " ", data))

    def _mark(self) -> str:
        if not self._lists or not self._lists[-1]:
            return "-"
        self._lists[-1] += 1
        return f"{self._lists[-1] - 1}."


def text_of(html: str) -> str:
    """The text of a fragment, its blocks parted by an empty line."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    text = re.sub(r"(?<![ \t])[ \t]+\n", "\n", "".join(writer.pieces))
    text = re.sub(r"\n[ ](?=[^ ])", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
