"""Wikitext to text with headings and links in their places; dumps, page by page."""

from __future__ import annotations

import bz2
import itertools
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.sources.wikipedia_dump import WikipediaDump
from miner.sources.wikitext import plain_text
from miner.types import Document, Rejected

ARTICLE = """{{Infobox river | name = Rhine | length = {{convert|1230|km}} }}
[[File:Rhine.jpg|thumb|The ''Rhine'' at [[Cologne]]]]
The '''Rhine''' ({{IPA|raɪn}}; {{lang-de|Rhein}}) is a [[river]] in [[Europe#West|western Europe]].<ref>Smith</ref>
It is {{convert|1230|km|mi}} long &ndash; about {{nowrap|2,900 m³/s}}.<!-- check --> See [http://x.org its site].

== History ==
=== Antiquity ===
{| class="wikitable"
| cell
|}
== Use ==
* [[Ship]]s
* ''Power''
# first
== See also ==
* [[Danube]]
=== More ===
[[Elbe]]
== Legacy ==
It flows on.<br/>And on. {{unknown|thing}}
== References ==
{{reflist}}
[[Category:Rivers]] [[de:Rhein]]
"""


def holds(document: Document) -> None:
    text = document.text
    for heading in document.meta["headings"]:
        assert text[heading["start"] : heading["end"]] == heading["title"]
    for link in document.meta["links"]:
        assert 0 <= link["start"] < link["end"] <= len(text)
        assert link["target"]


def test_an_article_as_text():
    document = plain_text(ARTICLE)
    assert document.text == (
        "The Rhine (Rhein) is a river in western Europe.\n"
        "It is 1230 km long – about 2,900 m³/s. See its site.\n\n"
        "Use\n- Ships\n- Power\n- first\n\n"
        "Legacy\nIt flows on.\nAnd on."
    )
    holds(document)
    assert [(h["level"], h["title"]) for h in document.meta["headings"]] == [
        (2, "Use"),
        (2, "Legacy"),
    ]
    found = {
        link["target"]: document.text[link["start"] : link["end"]]
        for link in document.meta["links"]
    }
    assert found == {"river": "river", "Europe": "western Europe", "Ship": "Ship"}


def test_sections_of_citations_are_a_setting():
    assert "Danube" in plain_text(ARTICLE, citing=()).text


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                "[[",
                "]]",
                "{{",
                "}}",
                "|",
                "== A ==\n",
                "=",
                "'''",
                "\n",
                "a b",
                " ",
                "(",
                ";)",
                "<ref>",
                "</ref>",
                "<br>",
                "* ",
                "&amp;",
                "&#x110000;",
                "{|",
                "|}",
                "File:x",
                "#y",
                "-",
            ]
        ),
        max_size=40,
    )
)
def test_any_markup_keeps_its_places(parts):
    holds(plain_text("".join(parts)))


def xml_page(number: int, text: str, title: str = "", ns: int = 0, more: str = "") -> str:
    return (
        f"<page><title>{escape(title or f'Page {number}')}</title><ns>{ns}</ns><id>{number}</id>{more}"
        f"<revision><id>{number}9</id><timestamp>2020-01-02T03:04:05Z</timestamp>"
        f'<text xml:space="preserve">{escape(text)}</text></revision></page>\n'
    )


HEAD = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" xml:lang="en">'
    "<siteinfo><base>https://en.wikipedia.org/wiki/Main_Page</base></siteinfo>\n"
)


def rows_of(path, start=0, **options):
    source = WikipediaDump(path=str(path), **options)
    return [row for file in source.files() for row in source.read(file, start)]


def outcome(rows):
    return [
        (r.number, r.content.reason if isinstance(r.content, Rejected) else "document")
        for r in rows
    ]


@pytest.fixture
def dump(tmp_path):
    pages = [
        xml_page(1, "First [[page]].", "A & B/ü"),
        xml_page(2, "#REDIRECT [[A]]", more='<redirect title="A"/>'),
        xml_page(3, "Talk.", ns=1),
        xml_page(4, ""),
        xml_page(5, "x").replace("<ns>", "<ns"),
        xml_page(6, "[[" * 30_000),
        xml_page(7, "Last."),
    ]
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(bz2.compress((HEAD + "".join(pages) + "</mediawiki>").encode()))
    return path


def test_a_dump_page_by_page(dump):
    rows = rows_of(dump, name="enwiki", id="id", meta=("revision_id",))
    assert outcome(rows)[:5] == [
        (0, "document"),
        (1, "redirect"),
        (2, "other_namespace"),
        (3, "no_text"),
        (4, "unreadable_page"),
    ]
    assert outcome(rows)[6] == (6, "document")
    first = rows[0].content
    assert (first.id, first.title, first.language) == ("1", "A & B/ü", "en")
    assert first.url == "https://en.wikipedia.org/wiki/A_%26_B/%C3%BC"
    assert first.timestamp == "2020-01-02T03:04:05Z"
    assert first.meta["revision_id"] == "19"
    assert first.meta["links"] == [{"target": "page", "start": 6, "end": 10}]


def test_resuming_gives_the_rest(dump):
    whole = rows_of(dump)
    for start in range(8):
        assert rows_of(dump, start) == whole[start:]


def test_a_cut_dump_says_what_is_lost(tmp_path):
    content = (HEAD + xml_page(1, "First.") + xml_page(2, "Second.")).encode()
    (tmp_path / "a.xml").write_bytes(content[:-40])
    assert outcome(rows_of(tmp_path / "a.xml")) == [(0, "document"), (1, "truncated_page")]
    (tmp_path / "a.xml").write_bytes(bz2.compress(content)[:-8])
    assert outcome(rows_of(tmp_path / "a.xml"))[-1][1] == "truncated_file"
    (tmp_path / "a.xml").write_bytes(b"")
    assert outcome(rows_of(tmp_path / "a.xml")) == [(0, "empty_file")]


def test_a_page_over_the_limit_is_passed_over(tmp_path):
    content = HEAD + xml_page(1, "x" * 300_000) + xml_page(2, "Second.")
    (tmp_path / "a.xml").write_text(content)
    assert outcome(rows_of(tmp_path / "a.xml", max_bytes=100_000)) == [
        (0, "page_too_long"),
        (1, "document"),
    ]


def test_a_real_dump(shared):
    source = WikipediaDump(path=str(shared / "wikipedia" / "enwiki-pages-articles-206.xml.bz2"))
    rows = itertools.islice(source.read(source.files()[0], 120), 20)
    documents = [r.content for r in rows if isinstance(r.content, Document)]
    assert len(documents) > 5
    for document in documents:
        holds(document)
        assert not any(mark in document.text for mark in ("{{", "[[", "]]", "<ref", "\n\n\n"))
