"""What bars a document, caps on sites and sources, and what earlier runs took."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from miner.errors import SelectionError, StoreError
from miner.select import Select, select
from miner.select.constraints import site


@pytest.fixture
def described(world):
    """A world whose documents have columns: by turns two licenses, sites, dates, lengths."""
    made = world()
    turns = range(len(made.corpus.ids))
    columns = {
        "license": ["CC-BY" if i % 2 else "" for i in turns],
        "language": ["en" if i % 3 else "de" for i in turns],
        "source": [f"s{i % 2}" for i in turns],
        "url": [f"https://www.site{i % 25}.org/{i}" for i in turns],
        "timestamp": [f"20{10 + i % 10}-05-01" for i in turns],
        "chars": [100 * (i % 7) for i in turns],
        "signals": [[("quality", i % 10 / 10)] if i % 4 else [] for i in turns],
    }
    corpus = dataclasses.replace(made.corpus, columns=columns)
    return dataclasses.replace(made, corpus=corpus)


def taken(made, **keys):
    selection = select(made.corpus, made.taxonomy, made.encoder, Select(**keys))
    ids = [c.document for node in selection.nodes for c in node.chosen + node.spares]
    return selection, [made.corpus.ids.index(id) for id in ids]


@pytest.mark.parametrize(
    ("keys", "column", "holds"),
    [
        ({"licenses": ("CC-BY",)}, "license", lambda v: v == "CC-BY"),
        ({"languages": ("de",)}, "language", lambda v: v == "de"),
        ({"sources": ("s1",)}, "source", lambda v: v == "s1"),
        ({"since": "2015"}, "timestamp", lambda v: v >= "2015"),
        ({"until": "2013-05"}, "timestamp", lambda v: v < "2013-06"),
        ({"since": "2012-06", "until": "2014"}, "timestamp", lambda v: "2012-06" <= v < "2015"),
        ({"min_chars": 200, "max_chars": 400}, "chars", lambda v: 200 <= v <= 400),
        (
            {"signals": {"quality": (0.5, 1.0)}},
            "signals",
            lambda v: dict(v).get("quality", 0) >= 0.5,
        ),
    ],
)
def test_what_is_barred_is_never_taken_and_says_why(described, keys, column, holds):
    selection, rows = taken(described, per_node=8, **keys)
    assert rows
    assert all(holds(described.corpus.columns[column][row]) for row in rows)
    reasons = [c.reason for n in selection.nodes for c in n.having("passed_over")]
    assert any(reason.startswith("barred: ") for reason in reasons)
    for node in selection.nodes:
        assert node.population <= sum(map(holds, described.corpus.columns[column]))


def test_caps_on_sites_and_sources(described):
    _, rows = taken(described, per_node=10, max_per_domain=1)
    sites = Counter(described.corpus.columns["url"][row].split("/")[2] for row in rows)
    assert max(sites.values()) == 1
    _, rows = taken(described, per_node=10, max_per_source=7)
    assert max(Counter(row % 2 for row in rows).values()) == 7


def test_a_license_that_nobody_has_is_an_error(described):
    with pytest.raises(SelectionError, match=r"no document has the license 'CC-BT'.*'CC-BY'"):
        taken(described, licenses=("CC-BT",))


def test_no_column_is_read_without_a_constraint(world):
    made = world()  # its corpus has no columns at all
    assert taken(made)[1]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.a.org/b", "a.org"),
        ("http://A.org:80", "a.org"),
        ("no url", ""),
        ("", ""),
        ("http://[bad", ""),
    ],
)
def test_sites(url, host):
    assert site(url) == host


def test_a_second_selection_takes_other_documents(described, tmp_path):
    _, first = taken(described, per_node=10, reserve=0.0)
    ids = [described.corpus.ids[row] for row in first]
    (tmp_path / "before.txt").write_text("\n".join(ids), encoding="utf-8")
    selection, second = taken(described, per_node=10, exclude=(str(tmp_path / "before.txt"),))
    assert second
    assert not set(first) & set(second)
    reasons = {c.reason for n in selection.nodes for c in n.having("passed_over")}
    assert "excluded: selected before" in reasons


def test_exclude_names_a_run_or_a_file(described, tmp_path):
    with pytest.raises(SelectionError, match="neither a run nor a file"):
        taken(described, exclude=(str(tmp_path / "none"),))
    with pytest.raises(StoreError, match="is no run"):
        taken(described, exclude=(str(tmp_path),))


@pytest.mark.parametrize(
    "keys",
    [
        {"documents": -1},
        {"max_per_domain": -1},
        {"signals": {"quality": (2.0, 1.0)}},
        {"since": "2019-4-18"},
        {"until": "next year"},
        {"since": "2020", "until": "2019-12"},
    ],
)
def test_settings_out_of_range(keys):
    with pytest.raises(ValueError, match=next(iter(keys))):
        Select(**keys)


def test_dates_of_any_exactness(world):
    """Days with a time, months and years count; no date, and one that is not ISO, are left out."""
    made = world(topics=1, each=60, others=0)
    wanted = ["2019-04-18T09:30:00Z", "2019-04-18", "2019-04-30 23:59", "2019-05"]
    others = ["2019-04-17T23:59:59Z", "2019-06-01", "2018", "2020", "", "20190420", "18 April 2019"]
    times = [(wanted + others)[i % 11] for i in range(60)]
    corpus = dataclasses.replace(made.corpus, columns={"timestamp": times})
    found = dataclasses.replace(made, corpus=corpus)
    _, rows = taken(found, per_node=60, floor=0.0, since="2019-04-18", until="2019-05")
    assert {times[row] for row in rows} == set(wanted)
