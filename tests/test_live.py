"""Work under way in numbers: plain lines, lines of JSON, and a server that hangs is seen to."""

from __future__ import annotations

import json
import time

import pytest

from miner import live
from miner.errors import UsageError
from miner.progress import Figures


def figures(requests=0, share=0.0, **changed):
    given = {
        "requests": requests, "in_flight": 64, "accepted": 30, "rejected": {"leak": 4, "near": 9},
        "dollars": 0.5, "projected": 0.5 / share if share else None, "share": share,
    }  # fmt: skip
    return lambda: Figures(**given | changed)


def reading(*steps):
    """The tables of a phase at some seconds."""
    found = live._Reading("mine", 0.0)
    return [found.table(now, done, total, given) for now, done, total, given in steps]


def test_rates_and_what_they_make_one_expect():
    *_, last = reading((0.0, 0, 400, figures(0, 0.0)()), (10.0, 100, 400, figures(300, 0.25)()))
    assert last["requests_per_second"] == 30
    assert last["seconds_left"] == pytest.approx(30)
    assert last["dollars_projected"] == pytest.approx(2.0)
    assert live.said(last) == (
        "100 of 400 documents; 300 requests, 30.0/s, 64 in flight; 30 examples accepted, "
        "13 rejected (9 near, 4 leak); $0.5000 spent, about $2.00 in all; about 30 s left"
    )


def test_a_run_that_is_taken_up_expects_by_what_it_does_now():
    *_, last = reading((0.0, 300, 400, figures(0, 0.75)()), (10.0, 320, 400, figures(300, 0.8)()))
    assert last["seconds_left"] == pytest.approx(40)


def test_phases_without_figures():
    *_, last = reading((0.0, 0, 1000, None), (10.0, 500, 1000, None))
    assert live.said(last) == "500 of 1,000; 50.0/s; about 10 s left"


def test_a_tree_that_grows_has_other_words():
    given = figures(30, 0.25, words=("nodes", "proposals"))()
    assert "100 of 400 nodes; 30 requests" in live.said(reading((0.0, 100, 400, given))[0])
    assert "30 proposals accepted" in live.said(reading((0.0, 100, 400, given))[0])


def test_lines_of_json(capsys):
    with live.progress("json") as progress:
        progress("select", 0, None)
        for done in range(5):
            progress("mine", done, 5, figures(done, done / 5))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["phase"], line["done"]) for line in lines] == [
        ("select", 0), ("mine", 0), ("mine", 4)
    ]  # fmt: skip
    assert set(lines[-1]) == {
        "time", "phase", "done", "total", "requests", "requests_per_second", "in_flight",
        "accepted", "rejected", "dollars", "dollars_projected", "seconds_left",
    }  # fmt: skip
    assert lines[-1]["rejected"] == {"leak": 4, "near": 9}


def test_what_hangs_is_seen_to_hang(capsys, monkeypatch):
    monkeypatch.setattr(live, "EVERY_SECONDS", 0.05)
    with live.progress() as progress:
        progress("mine", 3, 5, figures(3, 0.5))
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 3
    assert lines[-1].startswith("mine: 3 of 5 documents; 3 requests, 0.0/s, 64 in flight")


def test_another_word_is_refused():
    with pytest.raises(UsageError, match="expected text or json"), live.progress("xml"):
        pass
