"""Findings of every kind, drawn by hypothesis, with spans that are true of a text they make."""

from __future__ import annotations

from hypothesis import strategies as st

from miner.types import (
    Answers,
    Argument,
    Attribute,
    Attributes,
    Entities,
    Entity,
    Event,
    Events,
    Labels,
    Phrases,
    Relation,
    Relations,
    Span,
)

NASTY = st.text(
    st.sampled_from(
        "abcXYZ 12,.;:|\"'\\/<>&{}[]()-_=#*`\n\téß北京กำนि\u0301\u202e%$\r\x0b\x85\u2028"
    ),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip() != "")
WORDS = st.lists(NASTY, min_size=1, max_size=8)
LABELS = st.lists(
    st.sampled_from(
        [
            "person",
            "place",
            "creative-work",
            "date of birth",
            "ORG",
            "yes",
            "1",
            "PERSON:b",
            "Größe",
        ]
    ),
    min_size=1,
    max_size=5,
    unique=True,
)


@st.composite
def spans(draw):
    """A text and spans of it, in order, that do not overlap."""
    words = draw(WORDS)
    text, found = draw(st.sampled_from(["", "Intro: ", "<b> & "])), []
    for word in words:
        found.append((len(text), len(text) + len(word)))
        text += word + draw(st.sampled_from([" ", " - ", "\n", ". "]))
    whole = Span("d", 0, len(text), text)
    return whole, [Span("d", a, b, text[a:b]) for a, b in found]


@st.composite
def entities(draw):
    whole, found = draw(spans())
    schema = tuple(draw(LABELS))
    items = tuple(Entity(span, draw(st.sampled_from(schema))) for span in found)
    return Entities(whole, items[: draw(st.integers(0, len(items)))], schema)


@st.composite
def open_entities(draw):
    whole, found = draw(spans())
    return Entities(whole, tuple(Entity(span) for span in found))


@st.composite
def relations(draw):
    whole, found = draw(spans())
    schema = tuple(draw(LABELS))
    pick = st.sampled_from(found)
    items = draw(st.lists(st.builds(Relation, pick, st.sampled_from(schema), pick), max_size=4))
    return Relations(whole, tuple(items), schema)


@st.composite
def attributes(draw):
    whole, found = draw(spans())
    schema = tuple(draw(LABELS))
    pick = st.sampled_from(found)
    items = draw(st.lists(st.builds(Attribute, pick, st.sampled_from(schema), pick), max_size=4))
    return Attributes(whole, tuple(items), schema)


@st.composite
def events(draw):
    whole, found = draw(spans())
    types = draw(LABELS)
    roles = ("agent", "patient", "time")
    pick = st.sampled_from(found)
    items = []
    for _ in range(draw(st.integers(0, 3))):
        chosen = sorted(draw(st.lists(st.sampled_from(roles), max_size=3)))
        arguments = tuple(Argument(role, draw(pick)) for role in chosen)
        items.append(Event(draw(st.sampled_from(types)), draw(pick), arguments))
    return Events(whole, tuple(items), dict.fromkeys(types, roles))


@st.composite
def phrases(draw):
    whole, found = draw(spans())
    return Phrases(whole, tuple(found))


@st.composite
def answers(draw):
    whole, found = draw(spans())
    return Answers(whole, "What is it?", tuple(found[: draw(st.integers(1, 3))]))


@st.composite
def choices(draw):
    whole, _ = draw(spans())
    options = tuple(draw(st.lists(NASTY, min_size=2, max_size=5, unique=True)))
    return Answers(whole, "Which?", (whole,), draw(st.sampled_from(options)), options)


@st.composite
def labels(draw):
    whole, _ = draw(spans())
    options = tuple(draw(LABELS))
    chosen = tuple(o for o in options if draw(st.booleans()))
    return Labels(whole, chosen, options, "topic", multiple=True)


FINDINGS = st.one_of(
    entities(), open_entities(), relations(), attributes(), events(), phrases(), answers(),
    choices(), labels(),
)  # fmt: skip
