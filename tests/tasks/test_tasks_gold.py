"""Gold data sets: their annotations come in with true spans, and errors name file and line."""

from __future__ import annotations

import json

import pytest

from miner.checks.findings import spans
from miner.compose import Compose, compose
from miner.errors import SourceError
from miner.tasks.gold import conll, docred, labels, squad
from miner.tasks.gold.tokens import join
from miner.types import Example


def test_tokens_are_found_unchanged_in_the_text():
    tokens = ["He", "said", ",", '"', "It", "'s", "fine", '"', "(", "really", ")", "."]
    text, places = join(tokens)
    assert text == 'He said, "It\'s fine" (really).'
    assert [text[a:b] for a, b in places] == tokens


def test_conll_reads_bio_io_and_blank_lines_of_tabs(tmp_path):
    path = tmp_path / "x.conll"
    path.write_text("-DOCSTART- O\nAda B-PER\nByron I-PER\nLondon B-LOC\nParis B-LOC\n\t\nhi O\n")
    found = [a.finding for _, a in conll.read(path, names={"PER": "person"})]
    assert [[(e.span.text, e.label) for e in f.items] for f in found] == [
        [("Ada Byron", "person"), ("London", "LOC"), ("Paris", "LOC")],
        [],
    ]
    assert found[0].schema == ("person", "LOC")


def test_conll_names_the_line_without_a_tag(tmp_path):
    path = tmp_path / "x.conll"
    path.write_text("Ada B-PER\nByron\n")
    with pytest.raises(SourceError, match=r"x\.conll:2"):
        list(conll.read(path))


def test_squad_refuses_an_answer_that_is_elsewhere(tmp_path):
    path = tmp_path / "x.json"
    answer = {"text": "Ada", "answer_start": 1}
    paragraph = {
        "context": "Ada wrote.",
        "qas": [{"id": "q", "question": "Who?", "answers": [answer]}],
    }
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [paragraph]}]}))
    with pytest.raises(SourceError, match="question q"):
        list(squad.read(path))


# Defect 28 (docs/defects.md): an error in a file names file, line and field.
def test_defect_28_errors_name_file_line_and_column(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "fine", "label": "a"}\n{"txt": "oops", "label": "a"}\n')
    with pytest.raises(SourceError, match=r"x\.jsonl:2: no column 'text'.*did you mean 'txt'"):
        list(labels.read(path))
    path.write_text('{"text": \n')
    with pytest.raises(SourceError, match=r"x\.jsonl:1: not valid JSON"):
        list(labels.read(path))


@pytest.mark.parametrize("form", [squad.read, docred.read])
def test_a_file_of_another_form_is_refused(form, tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"rows": 3}')
    with pytest.raises(SourceError, match=r"x\.json"):
        list(form(path))


def sets(shared):
    nlu = shared / "nlu"
    return {
        "wnut17": conll.read(nlu / "wnut17/emerging.dev.conll"),
        "wikigold": conll.read(nlu / "wikigold/wikigold.conll.txt"),
        "redocred": docred.read(nlu / "redocred/dev_revised.json"),
        "xquad.hi": squad.read(nlu / "xquad/xquad.hi.json", language="hi"),
        "xquad.en": squad.read(nlu / "xquad/xquad.en.json"),
    }


@pytest.mark.parametrize("name", ["wnut17", "wikigold", "redocred", "xquad.hi", "xquad.en"])
def test_real_gold_is_grounded_and_composes(shared, name):
    made = 0
    for number, (document, annotation) in enumerate(sets(shared)[name]):
        if number >= 150:
            break
        assert all(span.holds(document.text) for span in spans(annotation.finding))
        for result in compose(annotation, {document.id: document}, Compose(cross_lingual=True), 1):
            assert isinstance(result, Example), result
            made += 1
    assert made >= 150


def test_wnut_and_wikigold_have_all_their_entities(shared):
    def count(pairs):
        return sum(len(a.finding.items) for _, a in pairs)

    assert count(sets(shared)["wnut17"]) == 836
    assert count(sets(shared)["wikigold"]) == 3558
