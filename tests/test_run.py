"""A run's rows come back as they were written, and equal rows are equal bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import StoreError
from miner.run import (
    FINDINGS,
    Run,
    dump_annotation,
    dump_example,
    dump_finding,
    load_annotation,
    load_example,
    load_finding,
)
from miner.types import (
    Annotation,
    Answers,
    Candidate,
    Entities,
    Event,
    Events,
    Example,
    NodeSelection,
    Selection,
    Span,
)

roles = st.dictionaries(st.text("ab"), st.lists(st.text("cd"), max_size=2).map(tuple))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
spans = st.builds(Span, texts, st.integers(0, 99), st.integers(0, 99), texts)


@given(
    st.one_of(
        [st.from_type(kind) for kind in FINDINGS.values() if kind is not Events]
        + [st.builds(Events, spans, st.just(()), schema=roles)]
    )
)
def test_findings_come_back(finding):
    assert load_finding(dump_finding(finding)) == finding


@given(
    st.builds(
        Annotation,
        texts,
        texts,
        texts,
        st.tuples(texts),
        st.builds(Entities, spans, st.just(())),
        request_ids=st.tuples(texts),
        scores=st.dictionaries(texts, st.floats(0, 1)),
        meta=st.dictionaries(texts, texts),
    )
)
def test_annotations_come_back(annotation):
    assert load_annotation(dump_annotation(annotation)) == annotation


@given(
    st.builds(
        Example,
        texts,
        texts,
        texts,
        texts,
        texts,
        evidence=st.tuples(spans, spans),
        documents=st.tuples(texts),
        scores=st.dictionaries(texts, st.floats(0, 1)),
        difficulty=st.none() | st.floats(0, 1),
    )
)
def test_examples_come_back(example):
    assert load_example(dump_example(example)) == example


def _examples():
    span = Span("d1", 0, 4, "text")
    return [
        Example(f"e{i}", "t", "do", "", "text", evidence=(span,), documents=("d1",))
        for i in range(3)
    ]


def test_parts_on_disk(tmp_path):
    run = Run(tmp_path)
    for number in (0, 1):
        run.write_part("examples", number, list(map(dump_example, _examples())))
    first, second = run.parts("examples")
    assert first.read_bytes() == second.read_bytes()
    assert list(run.examples()) == _examples() * 2


def test_annotations_on_disk(tmp_path):
    span = Span("d1", 0, 4, "text")
    finding = Events(span, (Event("Born", span),), {"Born": ("who",)})
    made = Annotation("a", "events", "n", ("d1",), finding, scores={"sure": 0.5})
    other = Annotation("b", "answers", "n", ("d1",), Answers(span, "Which?", (span,)))
    run = Run(tmp_path)
    run.write_part("annotations", 0, [dump_annotation(made), dump_annotation(other)])
    assert list(run.annotations()) == [made, other]


def test_selection_on_disk(tmp_path):
    chosen = Candidate("d1", "n", "chosen", 0, 0.9, 0.4, 0.5)
    passed = Candidate("d2", "n", "passed_over", -1, 0.1, 0.0, 0.2, "below_floor")
    made = Selection((NodeSelection("n", 2, 1, (chosen, passed), {"radius": 0.5}, "few"),))
    run = Run(tmp_path)
    with pytest.raises(StoreError, match="nothing is selected yet"):
        run.selection()
    run.write_selection(made)
    assert run.selection() == made


def test_damage_is_named(tmp_path):
    run = Run(tmp_path)
    path = run.write_part("examples", 0, list(map(dump_example, _examples())))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match=r"part-00000.parquet: damaged"):
        list(run.examples())


def test_what_is_no_run(tmp_path):
    with pytest.raises(StoreError, match="is no run"):
        Run.open(tmp_path)
    with pytest.raises(StoreError, match="no such folder"):
        Run.open(tmp_path / "x")
