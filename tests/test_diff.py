"""What differs between two runs, and by what."""

from __future__ import annotations

import json

import pytest
from server import Server, content_of
from small_job import small_job, write_prompt

from miner.diff import compare
from miner.job import mine
from miner.run import Run


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture
def made(server, sample_store, tmp_path):
    def make(name, **keys):
        job = small_job(tmp_path, server.url, **keys)
        return mine(job, sample_store, Run(tmp_path / name))

    return make


def test_causes(made, server, tmp_path, miner, monkeypatch):
    one = made("one")
    again = compare(one, made("again"))
    assert again.differences == ()
    assert again.same == len(list(one.examples()))

    more = compare(one, made("more", select__per_node=3))
    assert set(more.counts) <= {"added", "removed"}
    unlike = {"document not selected", "document not asked", "rank changed"}
    assert set(more.counts["added"]) <= unlike

    checked = compare(one, made("checked", checks=[{"kind": "length", "max_instruction": 60}]))
    assert set(checked.counts["removed"]) == {"check changed"}

    composed = compare(one, made("composed", compose__length_clause=1.0))
    assert set(composed.counts["changed"]) == {"composing changed"}

    split = compare(one, made("split", validation=0.9, exports=[{"kind": "messages"}]))
    assert set(split.counts["changed"]) == {"export settings"}
    assert "validation: 0.0, then 0.9" in split.export_settings

    left_out = compare(one, made("left", tasks=[{"kind": "write_document"}]))
    assert "task left out" in left_out.counts["removed"]

    monkeypatch.setattr(
        server, "answer", lambda body: content_of(body).replace("Describe", "Explain")
    )
    replied = compare(one, made("replied"))
    assert replied.counts == {"changed": {"reply changed": 4}}

    write_prompt(tmp_path, "Be brief.")
    asked = made("asked")
    prompted = compare(one, asked)
    assert prompted.counts == {"changed": {"prompt changed": 4}}
    code, out, _ = miner("diff", one.path, asked.path, "-n", 1)
    assert code == 0
    assert "changed 4: prompt changed" in out
    assert "and 3 more" in out
    code, out, _ = miner("diff", one.path, asked.path, "--json")
    assert json.loads(out)["counts"] == prompted.counts
