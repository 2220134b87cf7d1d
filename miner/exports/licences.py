"""What the licences of documents ask of whoever passes a data set on.

A document's licence is the words of its source ("CC BY-SA 4.0", "odc-by"). `find` reads them as one
of a few known licences; what it cannot read is unknown, and never taken for permission.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """A licence and its duties. `hub` is its name in a data set card's metadata."""

    name: str
    hub: str
    attribution: bool = False
    share_alike: bool = False
    non_commercial: bool = False
    no_derivatives: bool = False


_CC = re.compile(
    r"^(?:cc|creative commons)[ -]*(by(?:[ -]*(?:nc|nd|sa))*)(?:[ -]*v?(\d\.\d))?(?: .*)?$"
)
_CC_URL = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/(\d\.\d)?")
_NAMED: Mapping[str, Licence] = {
    "cc0": Licence("CC0 1.0", "cc0-1.0"),
    "public domain": Licence("public domain", "other"),
    "odc by": Licence("ODC-BY 1.0", "odc-by", attribution=True),
    "odbl": Licence("ODbL 1.0", "odbl", attribution=True, share_alike=True),
    "gfdl": Licence("GFDL", "gfdl", attribution=True, share_alike=True),
    "mit": Licence("MIT", "mit", attribution=True),
    "apache 2 0": Licence("Apache-2.0", "apache-2.0", attribution=True),
    "bsd 3 clause": Licence("BSD-3-Clause", "bsd-3-clause", attribution=True),
}
_ALIASES = {
    "cc0 1 0": "cc0",
    "cc zero": "cc0",
    "pd": "public domain",
    "odc by 1 0": "odc by",
    "open data commons attribution license": "odc by",
    "open data commons attribution license v1 0": "odc by",
    "odc odbl": "odbl",
    "mit license": "mit",
    "apache": "apache 2 0",
    "apache license 2 0": "apache 2 0",
    "apache license version 2 0": "apache 2 0",
    "bsd": "bsd 3 clause",
}


def find(text: str) -> Licence | None:
    """The licence that a source's words mean, or None."""
    folded = text.strip().casefold()
    if match := _CC_URL.search(folded):
        kind = match.group(1)
        folded = "cc0" if kind == "zero" else f"cc {kind} {match.group(2) or ''}".strip()
    folded = folded.replace("attribution", "by").replace("sharealike", "sa").replace("_", "-")
    folded = folded.replace("share-alike", "sa").replace("noncommercial", "nc")
    if match := _CC.match(folded):
        return _creative_commons(match.group(1), match.group(2) or "")
    plain = " ".join(re.findall(r"[a-z0-9]+", folded))
    if plain.startswith("odc by"):  # sources add words of their own, as C4 does
        plain = "odc by"
    return _NAMED.get(_ALIASES.get(plain, plain))


def _creative_commons(terms: str, version: str) -> Licence:
    parts = re.findall(r"by|nc|nd|sa", terms)
    name = "CC " + "-".join(part.upper() for part in parts)
    hub = "cc-" + "-".join(parts)
    return Licence(
        f"{name} {version}".strip(),
        f"{hub}-{version}" if version else "other",
        attribution=True,
        share_alike="sa" in parts,
        non_commercial="nc" in parts,
        no_derivatives="nd" in parts,
    )
