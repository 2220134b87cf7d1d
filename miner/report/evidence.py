"""An example on a page: what is asked and answered, and the evidence marked in its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from miner.report.html import Html, join, tag, text

if TYPE_CHECKING:
    from miner.types import Document, Example, Span

CONTEXT = 320
"""Characters of the document that are shown around evidence; the rest is cut."""

MOST_SHOWN = 1600
"""Characters of an instruction, input or output that are shown."""


def card(example: Example, documents: Mapping[str, Document]) -> Html:
    """One example with everything a reader needs to judge it."""
    about = " · ".join(
        part
        for part in (
            " / ".join(example.node),
            example.style,
            example.format,
            example.model or "no model",
            example.language,
            example.split,
            example.id,
        )
        if part
    )
    rows = [("Instruction", clip(example.instruction))]
    if example.input:
        rows.append(("Input", clip(example.input)))
    rows.append(("Output", clip(example.output)))
    items = [piece for name, value in rows for piece in _row(name, value)]
    for id in example.documents:
        if id in documents:
            spans = [span for span in example.evidence if span.document == id]
            items += _row("Document", _source(documents[id], spans))
    return tag("div", tag("p", about, class_="about"), tag("dl", *items), class_="example")


def _row(name: str, value: object) -> tuple[Html, Html]:
    return tag("dt", name), tag("dd", value, dir="auto")


def _source(document: Document, spans: Sequence[Span]) -> Html:
    """Title, address as text (never a link) and the marked text."""
    named = " · ".join(p for p in (document.title, document.url, document.license) if p)
    marked = tag("div", highlighted(document.text, spans), class_="source", dir="auto")
    return join((tag("span", named, class_="about"), marked))


def highlighted(content: str, spans: Sequence[Span], context: int = CONTEXT) -> Html:
    """A document's text with its evidence marked, cut to what stands near evidence.

    Overlapping spans are marked as one stretch. A span that is not true of the text is not marked.
    """
    stretches = merged([(s.start, s.end) for s in spans if s.holds(content)])
    shown = merged([(max(a - context, 0), min(b + context, len(content))) for a, b in stretches])
    if not shown:
        shown = [(0, min(len(content), 2 * context))]
    parts: list[object] = []
    end = 0
    for start, stop in shown:
        parts.append(" … " if start > end else "")
        parts.append(_marked(content, start, stop, stretches))
        end = stop
    parts.append(" …" if end < len(content) else "")
    return join(parts)


def _marked(content: str, start: int, stop: int, stretches: Sequence[tuple[int, int]]) -> Html:
    parts: list[object] = []
    at = start
    for low, high in stretches:
        if start <= low and high <= stop:
            parts += [content[at:low], tag("mark", _middle_cut(content[low:high]))]
            at = high
    return join([*parts, content[at:stop]])


def _middle_cut(stretch: str) -> Html:
    if len(stretch) <= 2 * MOST_SHOWN:
        return text(stretch)
    left_out = f" … {len(stretch) - 2 * MOST_SHOWN:,} more characters … "
    return join((stretch[:MOST_SHOWN], tag("i", left_out), stretch[-MOST_SHOWN:]))


def merged(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order, those that touch made one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def clip(content: str) -> Html:
    """A text cut at MOST_SHOWN characters, saying how much is left out."""
    if len(content) <= MOST_SHOWN:
        return text(content)
    return join(
        (content[:MOST_SHOWN], tag("i", f" … {len(content) - MOST_SHOWN:,} more characters"))
    )
