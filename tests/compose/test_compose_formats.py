"""Formats: parse(render(a)) == a for every answer that a format accepts, and refusals are said."""

from __future__ import annotations

import pytest
from finding_cases import FINDINGS
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.compose.content import content_of
from miner.compose.formats import format_named, formats, render, round_trips
from miner.errors import RecipeError
from miner.types import Entities, Entity, Labels, Rejected, Span

TEXT = "Ada Lovelace was born in London."
WHOLE = Span("d", 0, len(TEXT), TEXT)
ADA, LONDON = Span("d", 0, 12, "Ada Lovelace"), Span("d", 25, 31, "London")
GOLD = Entities(
    WHOLE, (Entity(ADA, "person"), Entity(LONDON, "place")), ("person", "place", "date")
)


@settings(max_examples=250, deadline=None)
@given(FINDINGS)
def test_what_is_rendered_reads_back_as_the_same(finding):
    content = content_of(finding)
    for name, form in formats().items():
        if content.frame.kind not in form.holds:
            continue
        # Not `render` of the package, which reads back itself: the format's own two halves.
        text = form.render(content)
        if isinstance(text, Rejected):
            assert text.reason == "cannot_hold"
            continue
        accepted = render(name, content)
        if isinstance(accepted, str):
            assert round_trips(name, accepted, finding)


PLAIN = st.text(st.sampled_from("abc XYZ12éß北京"), min_size=1, max_size=9).filter(
    lambda t: t == t.strip() and t
)


@settings(max_examples=100, deadline=None)
@given(st.lists(PLAIN, min_size=1, max_size=6), st.data())
def test_plain_text_is_never_refused(words, data):
    text = " ; ".join(words)
    items, at = [], 0
    for word in words:
        start = text.index(word, at)
        items.append(
            Entity(
                Span("d", start, start + len(word), word),
                data.draw(st.sampled_from(["person", "place"])),
            )
        )
        at = start + len(word)
    finding = Entities(Span("d", 0, len(text), text), tuple(items), ("person", "place"))
    content = content_of(finding)
    for name, form in formats().items():
        if content.frame.kind in form.holds:
            assert isinstance(render(name, content), str), name


EXPECTED = {
    "json_by_label": '{"person": ["Ada Lovelace"], "place": ["London"], "date": []}',
    "json_records": '[{"label": "person", "text": "Ada Lovelace"}, {"label": "place", "text": "London"}]',
    "json_lines": '{"label": "person", "text": "Ada Lovelace"}\n{"label": "place", "text": "London"}',
    "markdown_table": "| label | text |\n| --- | --- |\n| person | Ada Lovelace |\n| place | London |",
    "bullets": "- person: Ada Lovelace\n- place: London",
    "tuples": '("person", "Ada Lovelace")\n("place", "London")',
    "xml_tags": "<person>Ada Lovelace</person> was born in <place>London</place>.",
    "csv": "label,text\nperson,Ada Lovelace\nplace,London",
    "yaml": 'person:\n  - "Ada Lovelace"\nplace:\n  - "London"\ndate: []',
    "sentences": '"Ada Lovelace" is of the type "person".\n"London" is of the type "place".',
    "code": 'result = [\n    Person(text="Ada Lovelace"),\n    Place(text="London"),\n]',
}


@pytest.mark.parametrize(("name", "text"), EXPECTED.items())
def test_how_each_format_looks(name, text):
    assert render(name, content_of(GOLD)) == text


def test_there_are_formats_enough():
    assert len(formats()) >= 12
    assert {n for n, f in formats().items() if "Entities" in f.holds} == set(EXPECTED)
    assert all(form.sentences for form in formats().values())


def test_our_yaml_is_yaml():
    reader = pytest.importorskip("yaml")
    table = reader.safe_load(EXPECTED["yaml"])
    assert table == {"person": ["Ada Lovelace"], "place": ["London"], "date": []}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("json_by_label", '{"person": ["Ada Lovelace"], "person": [], "place": ["London"]}'),
        ("json_by_label", '{"person": ["Ada Lovelace"'),
        ("json_records", '[{"label": "person"}]'),
        ("markdown_table", "| text |\n| --- |\n| Ada |"),
        ("xml_tags", "<person>Ada</person> Lovelace was born in <place>Paris</place>."),
        ("xml_tags", "<person>Ada Lovelace was born in London."),
        ("code", "result = [\n    __import__('os').system('x'),\n]"),
        ("csv", "label,text\nperson"),
        ("tuples", "(person, Ada)"),
        ("sentences", "Ada is a person."),
        ("yaml", "person: Ada"),
        ("bullets", "* person: Ada"),
    ],
)
def test_what_is_not_in_the_format_does_not_round_trip(name, text):
    assert not round_trips(name, text, GOLD)


@pytest.mark.parametrize("absent", ["[]", "null", '"NAN"', '""'])
def test_an_absent_label_may_be_written_in_several_ways(absent):
    text = f'{{"person": ["Ada Lovelace"], "place": ["London"], "date": {absent}}}'
    assert round_trips("json_by_label", text, GOLD)


@pytest.mark.parametrize(
    ("name", "answer"), [("label", "None of these"), ("letter", "C"), ("number", "3")]
)
def test_none_of_the_options_can_be_said(name, answer):
    finding = Labels(WHOLE, (), ("law", "sport"), "topic")
    assert render(name, content_of(finding)) == answer


def test_an_unknown_format_is_named_with_its_nearest():
    with pytest.raises(RecipeError, match="did you mean 'json_lines'"):
        format_named("json_line")
