"""What a cleaner of rules does with what it found: turn the document away, or tag it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from miner.types import Document, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


Action: TypeAlias = Literal["drop", "tag"]
"""`tag` lets every document pass; figures and broken rules become its signals."""


def applies(document: Document, languages: Sequence[str]) -> bool:
    """Whether rules made for these languages hold; an unknown language has the benefit."""
    return not languages or not document.language or base_language(document) in languages


def base_language(document: Document) -> str:
    """A document's language without its region or script: "en" for "en-GB" and "EN_us"."""
    return document.language.replace("_", "-").partition("-")[0].lower()


def not_applicable(document: Document, kind: str) -> Document:
    """The document, marked as not judged because of its language."""
    return tagged(document, {f"{kind}.not_applicable": 1.0})


def tagged(
    document: Document, signals: Mapping[str, float], language: str | None = None
) -> Document:
    """The document with more signals, or a language; `replace` would take three times as long."""
    return Document(
        document.id,
        document.text,
        document.source,
        document.url,
        document.title,
        document.language if language is None else language,
        document.license,
        document.timestamp,
        document.meta,
        {**document.signals, **signals},
        document.raw_sha256,
        document.cleaners,
    )


def verdict(
    document: Document,
    kind: str,
    action: Action,
    broken: Sequence[Rejected],
    figures: Mapping[str, float],
) -> Document | Rejected:
    """The document, or the first rule it broke; with `tag`, figures and broken rules as signals."""
    if action == "drop":
        return broken[0] if broken else document
    signals = {f"{kind}.{name}": float(value) for name, value in figures.items()}
    signals |= {f"{kind}.{rule.reason}": 1.0 for rule in broken}
    return tagged(document, signals)
