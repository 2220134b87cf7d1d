"""Labels: read, fitted, used, and what they say of a selection."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import SelectionError
from miner.select import Select, select
from miner.select.domain import domain_taxonomy
from miner.select.labels import (
    Label,
    dump_label,
    fit,
    interval,
    precision,
    read_labels,
    recalibrated,
    to_label,
)
from miner.select.membership import Curve
from miner.select.settings import Domain


def run(made, **keys):
    return select(made.corpus, made.taxonomy, made.encoder, Select(**keys))


def test_labels_survive_their_file(tmp_path):
    labels = [Label("a", "n", True), Label("b\n", "ü", False)]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(map(dump_label, labels)) + "\n", encoding="utf-8")
    assert read_labels(path) == labels
    path.write_text(dump_label(labels[0]) + dump_label(Label("a", "n", False)), encoding="utf-8")
    assert read_labels(path) == [Label("a", "n", False)]


@pytest.mark.parametrize(
    "line", ["no json", "[]", '{"document": "a"}', '{"document":"a","node":"n","belongs":1}']
)
def test_a_line_that_is_no_label(tmp_path, line):
    path = tmp_path / "labels.jsonl"
    path.write_text(dump_label(Label("a", "n", True)) + line + "\n", encoding="utf-8")
    with pytest.raises(SelectionError, match="line 2: no label"):
        read_labels(path)
    with pytest.raises(SelectionError, match="cannot be read"):
        read_labels(tmp_path / "none.jsonl")


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (3.0, -2.0), (0.5, 1.0)])
def test_many_labels_give_back_the_curve_they_came_from(slope, intercept):
    rng = np.random.default_rng(0)
    margins = rng.normal(0.5, 1.0, 3000)
    truth = rng.random(3000) < 1 / (1 + np.exp(-(slope * margins + intercept)))
    found = fit(margins, truth, Curve())
    assert found is not None
    assert abs(found.slope - slope) < 0.3
    assert abs(found.intercept - intercept) < 0.3


def test_too_few_labels_or_all_alike_calibrate_nothing():
    assert fit(np.zeros(9), np.array([True] * 8 + [False]), Curve()) is None
    assert fit(np.arange(20.0), np.ones(20, dtype=bool), Curve()) is None


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(10, 60))
def test_the_slope_stays_positive(seed, n):
    rng = np.random.default_rng(seed)
    found = fit(rng.normal(size=n), rng.random(n) < 0.5, Curve())
    assert found is None or found.slope > 0


@settings(deadline=None)
@given(count=st.integers(0, 500), data=st.data())
def test_the_interval_holds_the_share(count, data):
    hits = data.draw(st.integers(0, count))
    low, high = interval(hits, count)
    assert 0 <= low <= high <= 1
    if count:
        assert low - 1e-9 <= hits / count <= high + 1e-9


def test_labels_calibrate_a_selection(world, tmp_path):
    made = world()
    first = run(made, per_node=15)
    asked = to_label(first, 60, 0, [])
    number = {node.id: i for i, node in enumerate(made.taxonomy.nodes)}
    said = [Label(c.document, c.node, made.topic_of(c.document) == number[c.node]) for c in asked]
    said += [Label("gone", "n0", True), Label(asked[0].document, "no such node", True)]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(map(dump_label, said)), encoding="utf-8")
    second = run(made, per_node=15, labels=str(path))
    assert second.calibrated
    assert not first.calibrated
    hits, count, low, high = precision(second, said)
    assert count > 0
    assert low <= hits / count <= high
    assert not {(c.document, c.node) for c in to_label(second, 60, 0, said)} & {
        (label.document, label.node) for label in said
    }


def test_labels_calibrate_a_domain(world, tmp_path):
    made = world(topics=6, each=60, others=300)
    domain = Domain(description="Topic 4")
    path = tmp_path / "labels.jsonl"
    said = [
        Label(id, "domain", bool(t == 4))
        for id, t in list(zip(made.corpus.ids, made.topics, strict=True))[:200]
    ]
    path.write_text("".join(map(dump_label, said)), encoding="utf-8")
    keys = Select(domain=domain, labels=str(path))
    selection = select(made.corpus, domain_taxonomy(domain), made.encoder, keys)
    assert selection.calibrated
    assert np.mean([made.topic_of(c.document) == 4 for c in selection.nodes[0].chosen]) >= 0.9


def test_questions_are_near_the_floor_and_among_the_chosen(world):
    selection = run(world(), per_node=15)
    asked = to_label(selection, 40, 0, [])
    assert len(asked) == len({(c.document, c.node) for c in asked}) == 40
    assert any(c.reason.startswith("below_floor") for c in asked)
    assert any(c.status == "chosen" for c in asked)
    assert len({c.node for c in asked}) == 4


def test_labels_say_how_many_of_the_chosen_belong(world):
    made = world(topics=6, each=60, others=300, noise=1.0)
    selection = run(made, per_node=30, floor=0.4)
    number = {node.id: i for i, node in enumerate(made.taxonomy.nodes)}

    def said(count):
        return [
            Label(c.document, c.node, made.topic_of(c.document) == number[c.node])
            for c in to_label(selection, count, 0, [])
        ]

    chosen = [c for node in selection.nodes for c in node.chosen]
    true = np.mean([made.topic_of(c.document) == number[c.node] for c in chosen])
    found = recalibrated(selection, said(120))
    assert found is not None
    assert found.low <= found.share <= found.high
    assert abs(found.share - true) < 0.1
    assert found.claimed == pytest.approx(np.mean([c.probability for c in chosen]))
    assert recalibrated(selection, said(9)) is None


def test_questions_alternate_so_that_a_person_may_stop_early(world):
    asked = to_label(run(world(), per_node=15), 40, 0, [])
    early = asked[:10]
    assert sum(c.status == "chosen" for c in early) == 5
