"""Review: a fair draw, sheets that come back as verdicts, figures, and a page in a real browser."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import time

import pytest
from chromium import Browser, binary
from hypothesis import given
from hypothesis import strategies as st
from small_run import HOSTILE, examples

from miner.errors import StoreError, UsageError
from miner.review import page, sheets
from miner.review.draw import draw
from miner.verdicts import Verdict, alpha, figures, record, reviewed, verdicts, wilson


def many():
    base = next(iter(examples()))
    for number in range(300):
        task = "rare" if number % 100 == 0 else "common"
        yield dataclasses.replace(base, id=f"x{number}", task=task, node=(f"n{number % 3}",))


def test_the_draw_is_even_and_the_same_for_all():
    drawn = draw(many(), 12, ("task",))
    assert sum(e.task == "rare" for e in drawn) == 3  # all there are
    assert [e.id for e in drawn] == [e.id for e in draw(list(many())[::-1], 12, ("task",))]
    assert [e.id for e in drawn] != [e.id for e in draw(many(), 12, ("task",), seed=1)]
    assert len({e.id for e in draw(many(), 1000)}) == 300
    with pytest.raises(UsageError, match="did you mean 'node'"):
        draw(many(), 5, ("nodes",))


# --------------------------------------------------------------------------------- verdicts


def test_verdicts_are_appended_and_the_last_word_counts(made_run):
    run, _ = made_run
    record(run, [Verdict("x-w-a1", "ann", "reject", "unclear")])
    record(run, [Verdict("x-w-a1", "ann", "accept"), Verdict("x-t-e5", "bob", "reject", "wrong")])
    decided = verdicts(run)
    assert decided["x-w-a1"]["ann"].verdict == "accept"
    left = {e.id for e in reviewed(run)}
    assert "x-w-a1" in left
    assert "x-t-e5" not in left


def test_a_reviewer_is_no_path(made_run):
    run, _ = made_run
    for name in ("../ann", "a/b", "", ".hidden"):
        with pytest.raises(UsageError, match="reviewer"):
            record(run, [Verdict("x-w-a1", name, "accept")])


def test_a_damaged_file_is_named(made_run):
    run, _ = made_run
    (run.path / "reviews").mkdir()
    (run.path / "reviews" / "ann.jsonl").write_text('{"id": "x"}\n')
    with pytest.raises(StoreError, match=r"ann\.jsonl:1"):
        verdicts(run)


def test_figures(made_run):
    run, _ = made_run
    ids = [e.id for e in run.examples()]
    record(run, [Verdict(id, "ann", "accept") for id in ids])
    record(run, [Verdict(id, "bob", "accept") for id in ids[1:]])
    record(run, [Verdict(ids[0], "bob", "reject", "unclear")])
    found = figures(run)
    assert found["examples"] == 5
    assert found["reviewers"] == ["ann", "bob"]
    assert found["disputed"] == 1
    assert found["all"] == pytest.approx(
        {"passed": 5, "of": 5, "rate": 1.0, "low": 0.5655, "high": 1.0}, abs=1e-3
    )
    assert found["reasons"] == {"unclear": 1}
    assert found["alpha"] == pytest.approx(0.0, abs=1e-9)


def test_alpha_of_known_tables():
    # Two coders, two values, ten units: 1 - (n - 1) * disagreements / (zeros * ones).
    ann = "0100000010"
    bob = "1110010000"
    assert alpha(zip(ann, bob, strict=True)) == pytest.approx(1 - 19 * 4 / (14 * 6))
    assert alpha([("a", "a"), ("b", "b")]) == 1.0
    assert alpha([("a",), ("b",)]) is None
    assert alpha([("a", "a")]) is None


@given(st.integers(0, 200), st.integers(0, 200))
def test_an_interval_holds_its_share(passed, more):
    total = passed + more
    low, high = wilson(passed, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low <= passed / total + 1e-12
        assert passed / total <= high + 1e-12


# ----------------------------------------------------------------------------------- sheets


def known(run):
    return {e.id: e for e in run.examples()}


def test_a_spreadsheet_comes_back(made_run, tmp_path):
    run, _ = made_run
    drawn = list(run.examples())
    evil = dataclasses.replace(drawn[0], instruction='=HYPERLINK("http://x","y")')
    content = sheets.to_csv([evil, *drawn[1:]], "ann")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0]["instruction"].startswith("'=")  # a spreadsheet shows it and runs nothing
    rows[0]["verdict"] = "accept"
    rows[1] |= {"verdict": "reject", "reason": "wrong", "note": "=1+1"}
    rows[2] |= {"verdict": "edit", "instruction": "When was it?"}
    path = tmp_path / "ann.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    found = sheets.read(path, known(run))
    assert [v.verdict for v in found] == ["accept", "reject", "edit"]
    assert found[0].instruction is None
    assert found[2].instruction == "When was it?"
    assert found[2].output is None  # unchanged


def test_label_studio_comes_back(made_run, tmp_path):
    run, store = made_run
    drawn = list(run.examples())
    documents = store.documents({d for e in drawn for d in e.documents})
    tasks, interface = sheets.to_label_studio(drawn, documents)
    loaded = json.loads(tasks)
    assert HOSTILE in loaded[2]["data"]["document"]
    assert b'<Choice value="unsupported"/>' in interface
    result = [
        {"from_name": "verdict", "value": {"choices": ["reject"]}},
        {"from_name": "reason", "value": {"choices": ["unclear"]}},
    ]
    loaded[0]["annotations"] = [{"completed_by": {"email": "ann@example.org"}, "result": result}]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(loaded))
    (verdict,) = sheets.read(path, known(run))
    assert verdict == Verdict(drawn[0].id, "ann@example.org", "reject", "unclear")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "x-w-a1", "verdict": "maybe", "reviewer": "ann"}, "allowed: accept, edit, reject"),
        ({"id": "x-w-a1", "verdict": "reject", "reviewer": "ann"}, "reason"),
        ({"id": "nowhere", "verdict": "accept", "reviewer": "ann"}, "no example 'nowhere'"),
        ({"id": "x-w-a1", "verdict": "accept"}, "'reviewer' is missing"),
    ],
)
def test_a_wrong_verdict_is_told_by_its_place(made_run, tmp_path, row, message):
    run, _ = made_run
    path = tmp_path / "verdicts.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(UsageError, match=message) as caught:
        sheets.read(path, known(run))
    assert "verdicts.jsonl:1" in str(caught.value)


def test_an_unknown_file_is_told(made_run, tmp_path):
    run, _ = made_run
    with pytest.raises(UsageError, match="allowed"):
        sheets.read(tmp_path / "verdicts.xlsx", known(run))
    with pytest.raises(UsageError, match="no such file"):
        sheets.read(tmp_path / "verdicts.csv", known(run))


# ------------------------------------------------------------------------------------- page


def written(made_run, tmp_path):
    run, store = made_run
    drawn = list(run.examples())
    documents = store.documents({d for e in drawn for d in e.documents})
    path = tmp_path / "review.html"
    path.write_bytes(page.render(drawn, documents, "ann", "tiny"))
    return run, drawn, path


def test_a_page_holds_text_as_text(made_run, tmp_path):
    run, drawn, path = written(made_run, tmp_path)
    content = path.read_text(encoding="utf-8")
    assert content.count("<script>") == 1
    assert "<img" not in content
    assert page.policy() in content
    record(run, [Verdict(drawn[0].id, "bob", "reject", "wrong")])
    assert written((run, made_run[1]), tmp_path)[2].read_text(encoding="utf-8") == content  # blind


@pytest.mark.slow
@pytest.mark.skipif(not binary(), reason="no Chromium here")
def test_verdicts_are_given_and_saved_in_a_browser(made_run, tmp_path):
    run, drawn, path = written(made_run, tmp_path)
    saved = tmp_path / "saved"
    with Browser(tmp_path) as browser:
        browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(saved))
        browser.open(path)
        assert browser.run("document.querySelectorAll('.item').length") == 5
        press = """(key) => document.dispatchEvent(new KeyboardEvent('keydown', {key}))"""
        for key in "ja":  # go to the first, accept it
            browser.run(f"({press})('{key}')")
        browser.run("""(() => {
            const items = document.querySelectorAll('.item');
            const choose = (item, value) => {
                item.querySelector(`input[value=${value}]`).click();
            };
            choose(items[1], 'reject');
            items[1].querySelector('select').value = 'unclear';
            items[1].querySelector('select').dispatchEvent(new Event('change', {bubbles: true}));
            choose(items[2], 'edit');
            items[2].querySelector('textarea.instruction').value = 'When?\\nAnd why?';
            items[2].querySelector('textarea.instruction')
                .dispatchEvent(new Event('input', {bubbles: true}));
        })()""")
        assert browser.run("document.querySelector('#count').textContent") == "3 of 5"
        browser.events.clear()
        browser.open(path)  # a closed page loses nothing
        assert browser.run("document.querySelector('#count').textContent") == "3 of 5"
        browser.run("document.querySelector('#save').click()")
        deadline = time.monotonic() + 20
        while not list(saved.glob("*.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert browser.complaints() == []
    (file,) = saved.glob("*.jsonl")
    found = sheets.read(file, known(run))
    assert [(v.id, v.verdict) for v in found] == [
        (drawn[0].id, "accept"), (drawn[1].id, "reject"), (drawn[2].id, "edit"),
    ]  # fmt: skip
    assert found[1].reason == "unclear"
    assert found[2].instruction == "When?\nAnd why?"
    assert found[2].output is None
    assert record(run, found) == 3
