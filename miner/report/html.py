"""HTML made of escaped text: what comes from outside can only ever become characters on the page.

`Html` is markup that was made here; any other value is text and is escaped when it enters an
element. There is no way to put a string in unescaped but to wrap it in `Html`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from miner.report.style import STYLE

CSP = "default-src 'none'; style-src 'unsafe-inline'"
"""No script, no image, no request of any kind: what a page may do, told to the browser."""

# Not allowed in HTML (controls, surrogates, non-characters), or able to reorder their surroundings.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
    "\ufdd0-\ufdef\ufffe\uffff]"
)
_VOID = frozenset({"br", "hr", "meta", "input", "rect", "circle", "line", "path"})


class Html(str):
    """Markup that is safe to send as it stands."""

    __slots__ = ()


def text(value: object) -> Html:
    """Escape a value, and show what cannot stand in a page as a replacement character."""
    if isinstance(value, Html):
        return value
    return Html(html.escape(_UNSHOWN.sub("\ufffd", str(value)), quote=True))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Parts one after another, each escaped unless it is markup."""
    return Html(text(between).join(text(part) for part in parts))


def tag(name: str, /, *content: object, **attributes: object) -> Html:
    """An element. `class_` is class, `stroke_width` is stroke-width; None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not content:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{join(content)}</{name}>")


def table(head: Iterable[object], rows: Iterable[Iterable[object]], kind: str = "") -> Html:
    """A table; cells that are numbers are set flush right."""
    body = [tag("tr", *(_cell(value) for value in row)) for row in rows]
    if not body:
        return tag("p", "None.", class_="quiet")
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", *(tag("th", name) for name in head))),
            tag("tbody", *body),
            class_=kind or None,
        ),
        class_="wide",
    )


def _cell(value: object) -> Html:
    if isinstance(value, int):
        return tag("td", f"{value:,}", class_="number")
    if isinstance(value, float):
        return tag("td", f"{value:.3f}", class_="number")
    return tag("td", value, dir="auto")


def figure(caption: str, plot: Html, note: str = "") -> Html:
    """A plot under its caption."""
    title = tag("figcaption", tag("b", caption), *([" ", tag("span", note)] if note else []))
    return tag("figure", title, plot)


def section(title: str, *content: object, intro: str = "") -> Html:
    """A part of the page, with a heading that the list at its top leads to."""
    head = [tag("h2", title)]
    if intro:
        head.append(tag("p", intro, class_="quiet"))
    return tag("section", *head, *content, id=anchor(title))


def anchor(title: str) -> str:
    """A heading's name in links."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def cards(values: Mapping[str, object]) -> Html:
    """A row of large numbers, each over its name."""
    boxes = [
        tag("div", tag("b", f"{v:,}" if isinstance(v, int) else v), tag("span", name))
        for name, v in values.items()
    ]
    return tag("div", *boxes, class_="cards")


@dataclass(frozen=True)
class Active:
    """What a page needs that does more than show: a script, its policy, and data on its body."""

    policy: str
    style: str
    script: str
    data: Mapping[str, str]


def page(
    title: str,
    subtitle: str,
    sections: Mapping[str, Html],
    active: Active | None = None,
) -> bytes:
    """A whole page that stands alone.

    Args:
        title: Its heading.
        subtitle: The line below it.
        sections: Name to content; the names make the list of links, but for empty ones.
        active: For a page with a script of its own; without it a page can run nothing.
    """
    links = [tag("a", name, href=f"#{anchor(name)}") for name in sections if name]
    policy, style = (active.policy, STYLE + active.style) if active else (CSP, STYLE)
    data = {f"data-{key}": value for key, value in active.data.items()} if active else {}
    document = join(
        (
            tag(
                "head",
                tag("meta", charset="utf-8"),
                # Made here, and its quotation marks must stay what they are.
                Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("title", title),
                Html(f"<style>{style}</style>"),
            ),
            tag(
                "body",
                tag("header", tag("h1", title), tag("p", subtitle), tag("nav", *links)),
                tag("main", *sections.values()),
                *([Html(f"<script>{active.script}</script>")] if active else []),
                **data,
            ),
        )
    )
    return f'<!doctype html>\n<html lang="en">{document}</html>\n'.encode()
