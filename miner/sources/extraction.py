"""The text of a web page: main content without menus, with its title, headings and dates.

trafilatura in its fast mode finds the content (or resiliparse, eight times as fast and less
precise). Text that a reader of the page does not see is removed before, since neither looks for
`hidden` or a font of size 0, which spam and prompt injection use. Everything here runs in the
child of miner.sources.extractor, where a page can hang or take all memory.
"""

from __future__ import annotations

import codecs
import functools
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from miner.errors import MissingExtraError
from miner.types import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

Engine: TypeAlias = Literal["trafilatura", "resiliparse"]

MAX_ATTRIBUTES = 4000
"""Of one tag. Parsing is quadratic in them: 5,000 take 0.06 s, 200,000 minutes."""

_CHARSET = re.compile(
    rb"""<(?:meta[^>]{0,300}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)",
    re.IGNORECASE,
)

# What browsers read under these names (WHATWG Encoding Standard).
_ALIASES = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}


@dataclass(frozen=True)
class Page:
    """What is taken from a web page. `headings` have offsets into `text`."""

    text: str
    title: str = ""
    language: str = ""
    timestamp: str = ""
    canonical: str = ""
    headings: list[dict[str, Any]] = field(default_factory=list)

    def table(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def decode(content: bytes, declared: str = "") -> tuple[str, str]:
    """A page's characters, and the encoding they were in.

    Tried in order: a byte order mark, what the server declared, what the page declares, UTF-8,
    and Windows-1252, in which everything is readable.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(name, "replace"), name
    found = _CHARSET.search(content[:4096])
    stated = [declared, found[1].decode("ascii", "ignore") if found else ""]
    for name in (*stated, "utf-8"):
        known = _codec(name)
        try:
            return content.decode(known), known
        except (UnicodeDecodeError, LookupError):
            continue
    best = next((c for c in map(_codec, stated) if c), "cp1252")
    return content.decode(best, "replace"), best


def _codec(name: str) -> str:
    """The codec of a declared name; empty if there is none, or none of text."""
    try:
        info = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError):
        return ""
    if not getattr(info, "_is_text_encoding", True) or info.name in {
        "idna",
        "punycode",
        "undefined",
    }:
        return ""
    return _ALIASES.get(info.name, info.name)


def precheck(html: str, max_chars: int) -> Rejected | None:
    """What can be told from the characters alone, in linear time."""
    if len(html) > max_chars:
        return Rejected("page_too_long", f"{len(html)} characters, at most {max_chars}")
    for piece in _long_pieces(html, 2 * MAX_ATTRIBUTES):  # each takes a name and a space
        if piece[0].isalpha():
            count = len(piece.partition(">")[0].split()) - 1
            if count > MAX_ATTRIBUTES:
                return Rejected("too_many_attributes", f"{count} in one tag")
    return None


def _long_pieces(html: str, longest: int) -> Iterator[str]:
    """What stands between one "<" and the next, where it is longer than so many characters.

    Looks back from the end of each stretch that could hold one, which passes over nearly all of a
    page; to split it took 2 % of its extraction.
    """
    start = html.find("<")
    while 0 <= start < len(html) - longest - 1:
        last = html.rfind("<", start + 1, start + longest + 2)
        if last < 0:
            last = html.find("<", start + longest + 2)
            yield html[start + 1 : last if last >= 0 else len(html)]
        start = last


def extract(html: str, engine: Engine = "trafilatura") -> Page | Rejected:
    """The page's main text, or why there is none."""
    page = _by_resiliparse(html) if engine == "resiliparse" else _by_trafilatura(html)
    if isinstance(page, Page) and not page.text.strip():
        return Rejected("no_content", "no main text was found")
    return page


def _by_trafilatura(html: str) -> Page | Rejected:
    from lxml import etree
    from trafilatura import bare_extraction

    facts: dict[str, str] = {}

    def look(context: Any) -> list[Any]:
        facts.update(_facts(context.context_node))
        return _hidden(context.context_node)

    # Trafilatura copies a tree that it is given, which is a thirtieth of all the time. So it is
    # given the text, and its tree is looked at where it asks, by XPath, what is to be cut out.
    _without_classes_by_tag()
    etree.FunctionNamespace(None)["look"] = look
    found = bare_extraction(html, fast=True, include_comments=False, prune_xpath="look()")
    if not facts:
        return Rejected("unreadable_page", "no HTML")
    if found is None or not found.text:
        return Page("")
    return Page(found.text, headings=list(_headings(found.text, found.body)), **facts)


@functools.cache
def _without_classes_by_tag() -> None:
    """Let trafilatura's parser make elements of one class, as all that trafilatura asks of them.

    lxml.html looks up a class for each element in Python (forms and inputs have their own), which
    is a twelfth of all the time.
    """
    from lxml import etree, html
    from trafilatura.utils import HTML_PARSER

    HTML_PARSER.set_element_class_lookup(
        etree.ElementDefaultClassLookup(element=html.HtmlElement, comment=html.HtmlComment)
    )


def _by_resiliparse(html: str) -> Page:
    try:
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.html import HTMLTree
    except ImportError:
        raise MissingExtraError("resiliparse", "warc", "engine = 'resiliparse'") from None
    tree = HTMLTree.parse(html)
    if tree.body is None:
        return Page("")
    for element in tree.body.query_selector_all("[hidden],[style]"):
        hidden = element.hasattr("hidden") or _HIDING.search(element.getattr("style") or "")
        if hidden and element.parent is not None and element.tag != "body":
            element.decompose()
    root = tree.document.query_selector("html") if tree.document is not None else None
    language = root.getattr("lang") if root is not None else ""
    text = extract_plain_text(tree, main_content=True, alt_texts=False, links=False)
    return Page(text, title=_first([tree.title or ""]), language=_language(language))


def _headings(text: str, body: Any) -> Iterator[dict[str, Any]]:
    """The headings that stand as lines of the text, found in their order."""
    position = 0
    for head in body.iter("head"):
        title = " ".join("".join(head.itertext()).split())
        place = text.find(title, position) if title else -1
        while place >= 0 and not _is_line(text, place, place + len(title)):
            place = text.find(title, place + 1)
        if place >= 0:
            position = place + len(title)
            rank = head.get("rend", "h2")[-1:]
            level = int(rank) if rank.isdigit() else 2
            yield {"level": level, "title": title, "start": place, "end": position}


def _is_line(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n")


def _facts(tree: Any) -> dict[str, str]:
    """Title, language, time and address as the page's head states them."""
    found: dict[str, str] = {}
    head = tree.find("head")
    for element in tree.iter("meta", "title", "link") if head is None else head.iter():
        if element.tag == "title":
            found.setdefault("title", _first([element.text or ""]))
        elif element.tag == "meta":
            found.setdefault(element.get("property", ""), element.get("content", ""))
        elif element.tag == "link" and element.get("rel") == "canonical":
            found.setdefault("canonical", element.get("href", "").strip()[:2000])
    title = _first([found.get("og:title", ""), found.get("title", "")])
    if not title and (heading := tree.find(".//h1")) is not None:
        title = _first(["".join(heading.itertext())])
    return {
        "title": title,
        "language": _language(tree.get("lang")),
        "timestamp": _first([found.get("article:published_time", "")])[:40],
        "canonical": found.get("canonical", ""),
    }


def _language(declared: str | None) -> str:
    code = (declared or "").strip()[:2].lower()
    return code if len(code) == 2 and code.isalpha() else ""


def _first(values: Any) -> str:
    return next((line for value in values if (line := " ".join(str(value).split()))), "")[:500]


def _hidden(tree: Any) -> list[Any]:
    """Elements that are not shown, but never the page itself."""
    # In two steps, and by way of the attributes: half the time of `//*[@style or @hidden]`.
    found = tree.xpath("/descendant::*/@hidden/..")
    styled = tree.xpath("/descendant::*/@style/..")
    found += [element for element in styled if _HIDING.search(element.get("style"))]
    return [element for element in found if element.tag not in ("html", "body")]
