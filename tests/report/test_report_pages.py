"""Reports: figures that can be recomputed, and pages on which text stays text."""

from __future__ import annotations

import dataclasses
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_run import HOSTILE, TEXTS

from miner.ledger import Ledger
from miner.report import evidence, index_page, run_page
from miner.report.html import CSP, tag, text
from miner.report.svg import (
    Bar,
    Point,
    bars,
    even_bins,
    histogram,
    log_bins,
    scatter,
    shorten,
    squarify,
    treemap,
)
from miner.run import dump_annotation
from miner.types import Document, Labels, Span


class Page(HTMLParser):
    """What a browser would make of a page: its elements, their attributes and its text."""

    def __init__(self, content):
        super().__init__(convert_charrefs=True)
        self.names, self.attributes, self.text, self.marks = [], [], "", []
        self.open = []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs
        self.open.append(tag)
        if tag == "mark":
            self.marks.append("")

    def handle_startendtag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "mark" in self.open:
            self.marks[-1] += data


ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "h1",
    "h2",
    "h3",
    "p",
    "nav",
    "a",
    "main",
    "section",
    "div",
    "b",
    "i",
    "span",
    "figure",
    "figcaption",
    "svg",
    "g",
    "rect",
    "circle",
    "line",
    "text",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "dl",
    "dt",
    "dd",
    "mark",
    "code",
}


def check_harmless(content):
    page = Page(content)
    assert set(page.names) <= ALLOWED
    assert not page.open, "an element is never closed"
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name == "href":
            assert value.startswith("#")  # a page leads nowhere but to itself
        assert name not in {"src", "action", "srcset"}
    assert CSP in content
    assert "http-equiv" in content
    return page


def test_a_run_page(made_run):
    run, store = made_run
    path = run_page.write(run, store)
    content = path.read_text(encoding="utf-8")
    page = check_harmless(content)
    assert HOSTILE in page.text  # shown as it stands, and nothing more
    assert "4 May 1999" in page.marks
    assert TEXTS["d4"] in page.marks
    assert "left out, for lack of a model: reverse_instruction" in page.text
    assert "no_candidates_left" in page.text
    assert "7 made = 5 accepted + 2 rejected" in page.text


def test_an_index_page(tiny_store):
    path = index_page.write(tiny_store)
    page = check_harmless(path.read_text(encoding="utf-8"))
    assert HOSTILE in page.text
    assert "duplicates:exact" in page.text


def test_an_empty_run_has_a_page(empty_run):
    run, store = empty_run
    page = check_harmless(run_page.write(run, store).read_text(encoding="utf-8"))
    assert "None were accepted." in page.text


def test_figures_are_recomputed_from_the_files(made_run):
    run, store = made_run
    run_page.write(run, store)
    figures = json.loads((run.path / "report.json").read_text())
    examples = list(run.examples())
    assert figures["examples"]["total"] == len(examples) == 5
    assert figures["examples"]["by"]["task"] == run.manifest["examples_by_task"]
    assert figures["rejected"]["by_reason"] == run.manifest["rejected"]
    assert sum(n for *_, n in figures["examples"]["lengths"]["output"]) == 5
    earth = figures["nodes"][0]
    assert earth["path"] == ["Nature", "Earth"]
    assert earth["mean_membership"] == pytest.approx(0.8)
    assert sum(figures["examples"]["by"]["node"].values()) == 5


def test_pages_are_the_same_twice(made_run):
    run, store = made_run
    assert run_page.write(run, store).read_bytes() == run_page.write(run, store).read_bytes()
    assert index_page.write(store).read_bytes() == index_page.write(store).read_bytes()


def test_chi_square():
    from miner.report.balance import Balance, chi_square_tail

    # Percentiles that every table has.
    for statistic, freedom, tail in ((3.841, 1, 0.05), (9.488, 4, 0.05), (18.307, 10, 0.05)):
        assert chi_square_tail(statistic, freedom) == pytest.approx(tail, abs=1e-4)
    assert chi_square_tail(0.0, 3) == 1.0
    text = Document("d", "abc").span(0, 3)
    even, first = Balance(), Balance()
    for number in range(300):
        options = ("a", "b", "c")
        even.add(Labels(text, (options[number % 3],), options))
        first.add(Labels(text, ("a",), options))
    assert even.figures()["probability"] == 1.0
    assert first.figures()["probability"] < 1e-6
    assert first.figures()["places"] == [300, 0, 0]
    assert Balance().figures() == {}


def test_a_reviewed_run_says_so(made_run):
    from miner.verdicts import Verdict, record

    run, store = made_run
    record(run, [Verdict("x-w-a1", "ann", "reject", "unclear"), Verdict("x-d-a1", "ann", "accept")])
    page = Page(run_page.write(run, store).read_text(encoding="utf-8"))
    assert "judged by ann" in page.text
    assert "unclear" in page.text


def test_an_evaluated_run_says_so(made_run):
    from miner import atomic
    from miner.exports import standard
    from miner.exports.dataset import export

    run, store = made_run
    score = {
        "precision": 0.5, "recall": 0.25, "f1": 1 / 3, "f1_95": [0.1, 0.5], "found": 1,
        "wrong": 1, "missed": 3, "precision_95": [0, 1], "recall_95": [0, 1],
    }  # fmt: skip
    scores = {
        "documents": 9, "all": score, "by_label": {HOSTILE: score}, "missed": [], "wrong": [],
    }  # fmt: skip
    table = {"wikigold": {"model": "m", "tasks": {"entities": scores}}}
    atomic.write_json(run.path / "evaluation.json", table)
    page = check_harmless(run_page.write(run, store).read_text(encoding="utf-8"))
    assert "wikigold" in page.text
    assert "0.10 to 0.50" in page.text
    card = (export(run, store, standard()) / "README.md").read_text(encoding="utf-8")
    assert "| wikigold | entities | 0.50 | 0.25 | 0.33 | 0.10 to 0.50 |" in card


def test_rules_and_models_side_by_side(made_run, miner):
    run, store = made_run
    assert "Rules and models" not in run_page.write(run, store).read_text(encoding="utf-8")
    told = {"rule": HOSTILE, "both": 4, "model_only": 2, "rule_only": [["date", HOSTILE, 0, 4]]}
    rows = [
        dump_annotation(dataclasses.replace(a, meta={"agreement": told})) for a in run.annotations()
    ]
    run.write_part("annotations", 1, rows)
    page = check_harmless(run_page.write(run, store).read_text(encoding="utf-8"))
    assert "Rules and models" in page.text
    figures = json.loads((run.path / "report.json").read_text(encoding="utf-8"))["agreement"]
    assert sum(row["both"] for row in figures) == 4 * len(rows)
    assert {row["share"] for row in figures} == {0.5714}
    Ledger.open(run.ledger).close()
    code, out, err = miner("ledger", run.path)
    assert code == 0, err
    assert "by the model alone" in out


def test_index_figures(tiny_store):
    index_page.write(tiny_store)
    figures = json.loads((tiny_store.path / "report.json").read_text())
    assert figures["read"] == figures["documents"] + figures["rejected"]["total"] == 7
    assert figures["characters"] == sum(map(len, TEXTS.values()))
    assert figures["by"]["language"] == {"en": 4, "zh": 1}


# ------------------------------------------------------------------------------------ evidence


@given(st.data())
def test_highlighting_shows_the_text_and_marks_the_spans(data):
    content = data.draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
    spans = []
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        end = data.draw(st.integers(start + 1, len(content)))
        spans.append(Span("d", start, end, content[start:end]))
    page = Page(evidence.highlighted(content, spans))
    assert page.text == Page(text(content)).text
    covered = {i for s in spans for i in range(s.start, s.end)}
    marked = "".join(page.marks)
    assert len(marked) == len(Page(text("".join(content[i] for i in sorted(covered)))).text)


def test_far_evidence_is_shown_with_what_stands_near():
    content = "a" * 2000 + " needle " + "b" * 2000
    at = content.index("needle")
    html = evidence.highlighted(content, [Document("d", content).span(at, at + 6)])
    page = Page(html)
    assert page.marks == ["needle"]
    assert page.text.startswith(" … a")
    assert page.text.endswith("b …")
    assert len(page.text) < 800


def test_untrue_spans_are_never_marked():
    html = evidence.highlighted("some text", [Span("d", 0, 4, "SOME")])
    assert Page(html).marks == []


# ---------------------------------------------------------------------------------------- html


@given(st.text())
def test_text_is_only_ever_text(value):
    page = Page(tag("p", value, title=value))
    assert page.names == ["p"]
    assert len(page.attributes) == 1


def test_what_cannot_stand_in_a_page():
    assert text("a\x00b\u202ec\ud800") == "a\ufffdb\ufffdc\ufffd"


# --------------------------------------------------------------------------------------- plots


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=30))
def test_tiles_have_their_shares_and_fill_the_whole(values):
    values = sorted(values, reverse=True)
    tiles = squarify(values, 0, 0, 100, 60)
    whole = sum(values)
    for value, (x, y, width, height) in zip(values, tiles, strict=True):
        assert width * height == pytest.approx(6000 * value / whole, rel=1e-6)
        assert -1e-6 <= x <= 100 + 1e-6
        assert -1e-6 <= y <= 60 + 1e-6
        assert x + width <= 100 + 1e-6
        assert y + height <= 60 + 1e-6


@given(st.lists(st.integers(0, 10**6)))
def test_every_value_is_in_one_bin(values):
    assert sum(n for *_, n in log_bins(values)) == sum(v > 0 for v in values)
    assert sum(n for *_, n in even_bins(values, 0, 1000)) == len(values)


def test_plots_of_nothing():
    for plot in (bars([], "x"), histogram([], "x"), scatter([], "x"), treemap({}, "x")):
        assert Page(plot).names[0] == "svg"


def test_plots_escape_their_labels():
    for plot in (
        bars([Bar(HOSTILE, 1, 2, note=HOSTILE)], HOSTILE),
        scatter([Point(0, 0, HOSTILE, HOSTILE), Point(1, 1, "b")], HOSTILE, (HOSTILE, HOSTILE)),
        treemap({(HOSTILE, HOSTILE): 1, ("b", "c"): 2}, HOSTILE),
    ):
        assert set(Page(plot).names) <= ALLOWED


def test_labels_are_cut_by_their_width():
    assert shorten("short", 100) == "short"
    assert shorten("a" * 100, 64).endswith("…")
    assert len(shorten("火" * 100, 64)) < len(shorten("a" * 100, 64))


# ----------------------------------------------------------------------------------- selection


@pytest.fixture(scope="module")
def selected(sample_store, tmp_path_factory):
    """A run that has selected and no more, over nodes of two levels of which one stays empty."""
    from sample_recipe import sample_recipe

    from miner import job
    from miner.run import Run

    folder = tmp_path_factory.mktemp("selected")
    taxonomy = folder / "t.md"
    taxonomy.write_text(
        "# Nature\n- Animals: animals, birds, fish\n- Rocks: rocks, minerals, volcanoes\n"
        "# Society\n- Politics: elections, parties\n- Void: zzzz qqqq xxxx\n"
    )
    run = Run(folder / "run")
    lines = []
    # No neighbours: hashed words are too poor an encoder for these few nodes not to be doubted.
    keys = {"select__per_node": 6, "select__floor": 0.3, "select__neighbours": 0}
    recipe = sample_recipe(taxonomy=str(taxonomy), **keys)
    job.select(recipe, sample_store, run, None, lines.append)
    return run, sample_store, lines


def test_a_selection_has_a_page_of_its_own(selected):
    run, store, _ = selected
    page = check_harmless(run_page.write(run, store).read_text(encoding="utf-8"))
    for heading in ("Selection", "Fill", "Map", "Compared", "Texts", "By level", "drawn by chance"):
        assert heading in page.text
    assert "Nature / Animals" in page.text
    for kind in ("sure", "borderline", "refused"):
        assert kind in page.text
    assert run_page.write(run, store).read_bytes() == run_page.write(run, store).read_bytes()


def test_selection_figures_agree_with_the_selection(selected):
    run, store, _ = selected
    run_page.write(run, store)
    figures = json.loads((run.path / "report.json").read_text())["selection"]
    nodes = run.selection().nodes
    assert [row["filled"] for row in figures["nodes"]] == [len(n.chosen) for n in nodes]
    upper, lower = figures["levels"]
    assert (upper["nodes"], lower["nodes"]) == (2, 4)
    for level in (upper, lower):
        assert level["asked"] == 24
        assert level["filled"] == sum(len(n.chosen) for n in nodes)
        assert level["full"] + level["short"] + level["empty"] == 4
    assert {row["node"]: row["asked"] for row in figures["above"]} == {"Nature": 12, "Society": 12}
    for row in figures["nodes"]:
        assert row["candidates"] >= row["above_floor"] >= row["filled"]
        if row["coverage"] is not None:
            assert 0 <= row["coverage_random"] <= row["coverage_greedy"] + 1e-6 <= 1.1


def test_other_ways_get_the_same_budget(selected):
    run, _, _ = selected
    ways = run.grades["ways"]
    chosen = [c for n in run.selection().nodes for c in n.chosen]
    assert {ways[way]["documents"] for way in ways} == {len(chosen)}
    assert ways["selected"]["different_documents"] == len(chosen)
    assert ways["selected"]["membership"] == pytest.approx(
        sum(sum(c.probability for c in n.chosen) / len(n.chosen) for n in run.selection().nodes
            if n.chosen) / sum(bool(n.chosen) for n in run.selection().nodes), abs=1e-3)  # fmt: skip
    assert ways["random"]["membership"] < ways["selected"]["membership"]


def test_each_step_says_what_it_did(selected):
    _, _, lines = selected
    steps = ["scored", "few nodes", "pooled", "picked", "graded"]
    assert [line.partition(":")[0] for line in lines] == steps
    assert "of 24 documents wanted" in lines[3]
