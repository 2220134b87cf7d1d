"""Turn away documents by their address: block lists, opt-out lists, allowed domains."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from miner.clean.verdict import Action, verdict
from miner.errors import SourceError
from miner.types import Cleaner, Document, Rejected


@dataclass(frozen=True)
class Urls:
    """Judge a document's address. An entry is a domain, with all below it, or a URL's beginning.

    Attributes:
        block: Entries that are turned away.
        allow: Entries that alone are kept, if there are any; `block` holds within them too.
        lists: Files of blocked entries, one a line; lines that begin with # say nothing.
        keep_without: Whether documents without an address are kept where `allow` has entries.
        action: Whether to drop, or to leave a signal.
    """

    block: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    keep_without: bool = False
    action: Action = "drop"

    def __post_init__(self) -> None:
        if not (self.block or self.allow or self.lists):
            raise ValueError("nothing to judge by; name block, allow or lists")

    def clean(self, document: Document) -> Document | Rejected:
        """The document, or which list names its address."""
        return verdict(document, "urls", self.action, self._broken(document.url), {})

    def _broken(self, url: str) -> list[Rejected]:
        if not url:
            if self.allow and not self.keep_without:
                return [Rejected("no_url", "only listed addresses are allowed")]
            return []
        names = set(_names(url))
        if blocked := names & _entries(self.block):
            return [Rejected("blocked", min(blocked))]
        for path in self.lists:
            if listed := names & _listed(path):
                return [Rejected("listed", f"{min(listed)} in {Path(path).name}")]
        if self.allow and not names & _entries(self.allow):
            return [Rejected("not_allowed", url[:200])]
        return []


def _names(url: str) -> Iterable[str]:
    """Every entry that would name this URL: its domains, and each beginning of its path."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
    except ValueError:  # no address that a list could name
        return
    host = (parts.hostname or "").removeprefix("www.")
    labels = host.split(".")
    yield from (".".join(labels[place:]) for place in range(len(labels)))
    here = host
    for folder in parts.path.strip("/").split("/"):
        here = f"{here}/{folder}"
        yield here


@functools.lru_cache(maxsize=64)
def _entries(entries: tuple[str, ...]) -> frozenset[str]:
    cleaned = (e.strip().lower().partition("://") for e in entries)
    return frozenset(
        (rest or first).removeprefix("www.").rstrip("/") for first, _, rest in cleaned if first
    )


@functools.lru_cache(maxsize=16)
def _listed(path: str) -> frozenset[str]:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"urls: {path}: {error}") from error
    return _entries(tuple(line for line in lines if not line.startswith("#")))


PART: type[Cleaner] = Urls
