"""Which documents of a source are wanted: by language, time, domain, or a share by chance."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from miner import dates
from miner.types import Document, Rejected


@dataclass(frozen=True, kw_only=True)
class Only:
    """A selection that needs nothing but the document's own fields. Empty means all.

    Attributes:
        languages: Codes; what the source does not say is told by the cleaner `language`.
        since: First day, month or year, as "2019-04-18", "2019-04" or "2019".
        until: Last day, month or year, which is still wanted.
        domains: Domains, with all below them.
        except_domains: Domains that are not wanted, with all below them.
        share: Share of the documents, chosen by a hash of id and seed: the same for any order of
            reading, and a larger share holds the smaller one.
        seed: Of the chance in `share`.
    """

    languages: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    domains: tuple[str, ...] = ()
    except_domains: tuple[str, ...] = ()
    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for key in ("since", "until"):
            if getattr(self, key) and not dates.is_date(getattr(self, key)):
                raise ValueError(f"{key}: expected a date such as '2019-04-18'")
        if not 0 < self.share <= 1:
            raise ValueError(f"share: expected a number above 0 and up to 1, got {self.share}")

    def misses(self, id: str) -> bool:
        """Whether chance leaves out the document of this id."""
        if self.share >= 1:
            return False
        key = f"{self.seed}\0{id}".encode("utf-8", "surrogatepass")
        draw = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
        return draw >= self.share * 2**64

    def refuses(self, document: Document) -> Rejected | None:
        """Why a document is not wanted; chance apart."""
        if self.languages and document.language not in self.languages:
            return Rejected("other_language", document.language or "unknown")
        if (self.since or self.until) and (refused := self._time(document.timestamp)):
            return refused
        if self.domains or self.except_domains:
            return self._domain(document.url)
        return None

    def _time(self, timestamp: str) -> Rejected | None:
        if not dates.is_known(timestamp):
            return Rejected("no_date", timestamp[:40] or "unknown")
        if dates.is_before(timestamp, self.since):
            return Rejected("too_old", f"{timestamp[:40]}, since {self.since}")
        if dates.is_after(timestamp, self.until):
            return Rejected("too_new", f"{timestamp[:40]}, until {self.until}")
        return None

    def _domain(self, url: str) -> Rejected | None:
        try:
            host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
        except ValueError:
            host = ""
        labels = host.split(".")
        names = {".".join(labels[place:]) for place in range(len(labels))}
        if self.domains and not names.intersection(self.domains):
            return Rejected("other_domain", host[:200] or "unknown")
        if names.intersection(self.except_domains):
            return Rejected("unwanted_domain", host[:200])
        return None
