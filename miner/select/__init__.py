"""Selecting: which documents stand for which node, and which of them are taken.

`select` scores every document against every node, turns scores into memberships, drops near-
duplicates, gives each document to one node, and lets a picker choose within the node. Each file
here that ends in a PART is a picker; docs/selection.md tells what was measured about them.
"""

from __future__ import annotations

from miner.select.choose import select
from miner.select.settings import Corpus, Select

__all__ = ["Corpus", "Select", "select"]
