"""What docs/corpora.md shows can be built, and it names every kind there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from miner import recipe
from miner.types import Cleaner, Source

PAGE = (Path(__file__).parents[2] / "docs" / "corpora.md").read_text(encoding="utf-8")


def test_the_cards_of_the_page_can_be_built():
    built = []
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        table = tomllib.loads(block)
        for key, protocol in (("sources", Source), ("clean", Cleaner)):
            for part in table.get(key, ()):
                kind = part.pop("kind")
                built.append(recipe.build(recipe.find(protocol, kind), part, "corpora.md"))
    assert len(built) > 10


def test_the_page_names_every_kind():
    for kind in (*recipe.kinds("sources"), *recipe.kinds("clean")):
        assert f"`{kind}`" in PAGE or f'"{kind}"' in PAGE, kind
