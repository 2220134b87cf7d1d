"""CSV, Stack Exchange posts and how-to records."""

from __future__ import annotations

import gzip
import json
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import SourceError
from miner.sources.csv import Csv
from miner.sources.fragment import text_of
from miner.sources.how_to import HowTo
from miner.sources.stack_exchange import StackExchange
from miner.types import Document, Rejected


def rows_of(source, start=0):
    return [row for file in source.files() for row in source.read(file, start)]


def outcome(source):
    return [
        (r.number, r.content.reason if isinstance(r.content, Rejected) else "document")
        for r in rows_of(source)
    ]


def resumes(source):
    whole = rows_of(source)
    for start in range(len(whole) + 2):
        assert rows_of(source, start) == [r for r in whole if r.number >= start]


# --------------------------------------------------------------------------------------- CSV


def test_tables_with_quotes_lines_and_gaps(tmp_path):
    content = '\ufefftext,title,n\r\n"One, ""two""\nthree",A,1\n\nshort,B\nlong,C,3,4\n\xff,D,5\n,E,6\nlast,F,7'
    (tmp_path / "a.csv.gz").write_bytes(
        gzip.compress(content.encode("utf-8").replace("ÿ".encode(), b"\xff"))
    )
    source = Csv(path=str(tmp_path), meta=("n",))
    assert outcome(source) == [
        (0, "document"),
        (1, "wrong_field_count"),
        (2, "wrong_field_count"),
        (3, "undecodable"),
        (4, "no_text"),
        (5, "document"),
    ]
    first = rows_of(source)[0].content
    assert (first.text, first.title, first.meta) == ('One, "two"\nthree', "A", {"n": "1"})
    resumes(source)


def test_tabs_delimiters_and_encodings(tmp_path):
    (tmp_path / "a.tsv").write_text("text\turl\nx y\tu\n")
    (tmp_path / "b.csv").write_bytes("text;url\nGrüße;u\n".encode("latin-1"))
    tab = Csv(path=str(tmp_path / "a.tsv"))
    assert rows_of(tab)[0].content.url == "u"
    semicolon = Csv(path=str(tmp_path / "b.csv"), delimiter=";", encoding="latin-1")
    assert rows_of(semicolon)[0].content.text == "Grüße"
    with pytest.raises(SourceError, match="no such column"):
        rows_of(Csv(path=str(tmp_path / "b.csv")))
    with pytest.raises(SourceError, match="utf-99"):
        rows_of(Csv(path=str(tmp_path / "b.csv"), encoding="utf-99"))


def test_broken_tables(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    assert outcome(Csv(path=str(tmp_path / "a.csv"))) == [(0, "empty_file")]
    packed = gzip.compress(
        b"text\n" + b"".join(b"row number %d\n" % (i * 7919) for i in range(3000))
    )
    (tmp_path / "a.csv").write_bytes(packed[:-500])
    found = outcome(Csv(path=str(tmp_path / "a.csv")))
    assert found[-1][1] == "truncated_file"
    assert len(found) > 1000


# ---------------------------------------------------------------------------- Stack Exchange


def post(**attributes) -> str:
    return "  <row " + " ".join(f"{k}={quoteattr(str(v))}" for k, v in attributes.items()) + " />\n"


@pytest.fixture
def posts(tmp_path):
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>\n<posts>\n',
        post(
            Id=1,
            PostTypeId=1,
            AcceptedAnswerId=4,
            Title="Why <boil>?",
            Body="<p>I <b>boil</b> it.</p>",
            Tags="<pasta><water>",
            Score=7,
        ),
        post(Id=2, PostTypeId=1, Title="Open", Body="x"),
        post(Id=3, PostTypeId=2, ParentId=1, Body="<p>No.</p>", Score=2),
        post(
            Id=4,
            PostTypeId=2,
            ParentId=1,
            Body="<p>Salt:</p><ul><li>raises</li><li>tastes</li></ul><pre><code>a  = 1\n</code></pre>",
            Score=5,
            CreationDate="2020-01-02T03:04:05.000",
            ContentLicense="CC BY-SA 4.0",
        ),
        post(Id=5, PostTypeId=5, Body="wiki"),
        "  <row broken\n",
        post(Id=6, PostTypeId=1, AcceptedAnswerId=99, Title="Lost", Body="x"),
        "</posts>",
    ]
    (tmp_path / "Posts.xml").write_text("".join(lines))
    return StackExchange(
        path=str(tmp_path), site="https://cooking.stackexchange.com/", id="id", name="cooking"
    )


def test_accepted_answers_with_their_questions(posts):
    assert outcome(posts) == [
        (3, "no_accepted_answer"),
        (4, "not_accepted"),
        (5, "document"),
        (6, "other_post"),
        (7, "unreadable_line"),
        (10, "no_answer_found"),
    ]
    document = rows_of(posts)[2].content
    assert document.title == "Why <boil>?"
    assert document.text == "Salt:\n\n- raises\n- tastes\n\na  = 1"
    assert document.url == "https://cooking.stackexchange.com/a/4"
    assert (document.license, document.timestamp[:10]) == ("CC BY-SA 4.0", "2020-01-02")
    assert document.meta == {
        "question": "I boil it.",
        "question_id": "1",
        "question_score": 7,
        "score": 5,
        "tags": ["pasta", "water"],
    }
    resumes(posts)


def test_low_scores_and_waiting_questions(posts):
    import dataclasses

    assert (5, "low_score") in outcome(dataclasses.replace(posts, min_score=6))
    assert (2, "no_answer_found") in outcome(dataclasses.replace(posts, waiting=0))


@given(st.text(alphabet="<>/pbrliu &;!-a\n\"='", max_size=60))
def test_any_fragment_becomes_text(html):
    assert isinstance(text_of(html), str)


def test_fragments():
    assert (
        text_of("<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol><script>x</script>d<br>e")
        == "1. a\n2. b\n\n- c\n\nd\ne"
    )


# ------------------------------------------------------------------------------------ how-to


def test_how_to_records(tmp_path):
    records = [
        {
            "title": "How to Knot",
            "intro": "A knot  holds.",
            "methods": [
                {
                    "name": "Simple",
                    "steps": [{"headline": "Cross", "text": "Put one over."}, "Pull it."],
                },
                {"name": "None", "steps": []},
                {"title": "Double", "steps": "Do it.\n\nTwice."},
            ],
        },
        {"title": "Plain", "steps": ["Go.", " ", 7, "Stop."]},
        {"title": "Nothing"},
        "no record",
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    source = HowTo(path=str(tmp_path / "a.jsonl"))
    assert outcome(source) == [
        (0, "document"),
        (1, "document"),
        (2, "no_steps"),
        (3, "not_a_record"),
    ]
    first, second = (r.content for r in rows_of(source)[:2])
    assert first.text == (
        "A knot holds.\n\nSimple\n\n1. Cross. Put one over.\n2. Pull it.\n\nDouble\n\n1. Do it.\n2. Twice."
    )
    assert [first.text[s["start"] : s["end"]] for s in first.meta["steps"]] == [
        "1. Cross. Put one over.",
        "2. Pull it.",
        "1. Do it.",
        "2. Twice.",
    ]
    for heading in first.meta["headings"]:
        assert first.text[heading["start"] : heading["end"]] == heading["title"]
    assert second.text == "1. Go.\n2. Stop."
    assert isinstance(first, Document)
    resumes(source)
