"""What is said of one document: a plain paragraph, whatever became of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from miner.errors import SelectionError
from miner.select import Select, select
from miner.select.explain import explain


@pytest.fixture(scope="module")
def told(world):
    """A small world, its selection, and what is said of the first document of a status."""
    made = world(noise=1.0)
    corpus = made.corpus
    corpus.columns["language"] = ["en"] * len(corpus.ids)
    corpus.columns["url"] = [""] * len(corpus.ids)
    settings = Select(per_node=5, reserve=0.4)

    def tell(document=None, *, status="", reason="", columns=None, **changes):
        store = replace(corpus, columns=corpus.columns | (columns or {}))
        asked = replace(settings, **changes)
        selection = select(store, made.taxonomy, made.encoder, asked)
        if document is None:
            document = next(
                c.document
                for node in selection.nodes
                for c in node.candidates
                if c.status == status and c.reason.startswith(reason)
            )
        return explain(store, made.taxonomy, made.encoder, asked, selection, document)

    tell.world = made
    return tell


def test_chosen_and_spare(told):
    line = told(status="chosen")
    assert ": Chosen for Topic 0, as number 1 of 5. It is nearest to Topic 0, +" in line
    assert "Its membership in Topic 0 is 0." in line
    line = told(status="spare")
    assert "A spare of Topic 0, number 1 of 2: it is used when a chosen document yields" in line


def test_passed_over_for_lack_of_places(told):
    line = told(status="passed_over", reason="not_needed")
    assert "Not chosen. It is nearest to Topic 0" in line
    assert "Topic 0 chose 5 documents and 2 spares without it; " in line


def test_below_the_floor(told):
    line = told(status="passed_over", reason="below_floor", floor=0.9)
    assert "Not chosen: it belongs to no node surely enough (the floor is 0.90)." in line


def test_a_document_of_no_topic(told):
    made = told.world
    nobody = made.corpus.ids[int(np.flatnonzero(made.topics < 0)[0])]
    assert "Not chosen: it belongs to no node surely enough" in told(nobody)


def test_a_near_duplicate_names_the_original(told):
    line = told(status="passed_over", reason="near_duplicate", duplicates=0.6)
    assert "For Topic 0 it repeats d0" in line


def test_what_a_limit_bars(told):
    made = told.world
    ids = made.corpus.ids
    first = select(made.corpus, made.taxonomy, made.encoder, Select(per_node=5)).nodes[0].chosen[0]
    languages = ["fr" if id == first.document else "en" for id in ids]
    line = told(first.document, columns={"language": languages}, languages=("en",))
    assert "Not chosen: its language is not one that the recipe allows." in line
    line = told(columns={"url": ["http://a.org/x"] * len(ids)}, max_per_domain=3,
                status="passed_over", reason="capped")  # fmt: skip
    assert "could not take it: 3 of its site are taken, which is all that the recipe" in line


def test_an_excluded_document(told, tmp_path):
    made = told.world
    chosen = select(made.corpus, made.taxonomy, made.encoder, Select(per_node=5)).nodes[0].chosen[0]
    listed = tmp_path / "ids.txt"
    listed.write_text(chosen.document)
    line = told(chosen.document, exclude=(str(listed),))
    assert "Not chosen: it is excluded, since an earlier selection has it." in line


def test_an_unknown_document(told):
    with pytest.raises(SelectionError, match="no document 'd99999'"):
        told("d99999")
