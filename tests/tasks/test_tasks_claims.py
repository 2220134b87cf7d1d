"""Claims on passages: three kinds in equal numbers, and quotes for what is settled."""

from __future__ import annotations

import pytest
from task_cases import HOSTILE, answered, case_for, shown

from miner.checks import standard
from miner.checks.findings import spans
from miner.compose import Compose, compose
from miner.llms.fake import fill
from miner.tasks.claims import OPTIONS, Claims
from miner.types import Annotation, Document, Example, Rejected

TEXT = (
    "Ada Lovelace was born in London in 1815. She worked with Charles Babbage on his engine, and in "
    "1843 she published notes on it. The notes of Ada Lovelace hold what many call the first program. "
    "Babbage, who was born in London too, never built the engine, since the money for it ran out."
)
ADA = Document("d", TEXT, title="Ada Lovelace", language="en")
FOLLOWS = {
    "kind": "follows",
    "claim": "Lovelace and Babbage came from the same city.",
    "evidence": ["Ada Lovelace was born in London", "Babbage, who was born in London too"],
}
CONTRADICTED = {
    "kind": "contradicted",
    "claim": "Babbage finished the engine before Lovelace published her notes.",
    "evidence": ["never built the engine"],
}
OPEN = {
    "kind": "open",
    "claim": "Babbage read the notes of Ada Lovelace in London.",
    "evidence": [],
}


def found(*rows, **settings):
    results, requests = answered(Claims(**settings), case_for(ADA), lambda _: {"items": list(rows)})
    made = [item for item in results if isinstance(item, Annotation)]
    return made, [item.reason for item in results if isinstance(item, Rejected)], requests


def test_three_kinds_with_their_quotes_become_choices() -> None:
    made, reasons, requests = found(FOLLOWS, CONTRADICTED, OPEN)
    assert [item.meta["form"] for item in made] == list(OPTIONS)
    assert not reasons
    assert [len(round_) for round_ in requests] == [1]
    assert shown(requests[0][0]) == TEXT
    for item in made:
        assert all(TEXT[s.start : s.end] == s.text for s in spans(item.finding))
        [example] = compose(item, {"d": ADA}, Compose(), 7)
        assert isinstance(example, Example)
        assert example.input == TEXT
        for check in standard():
            what = item if check.subject == "annotation" else example
            assert check.check(what, {"d": ADA}) is None, check
    assert len(made[0].finding.spans) == 2
    assert made[2].finding.spans == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (FOLLOWS | {"evidence": []}, "no_evidence"),
        (FOLLOWS | {"claim": "Ada Lovelace was born in London in 1815."}, "copied"),
        (FOLLOWS | {"claim": "See the passage above."}, "points_at_text"),
        (FOLLOWS | {"evidence": ["She lived in Paris for years."]}, "not_verbatim"),
        (OPEN | {"evidence": ["born in London"]}, "settled"),
    ],
)
def test_what_does_not_stand_is_refused_and_the_rest_kept_even(row, reason) -> None:
    rows = [row, *(r for r in (FOLLOWS, CONTRADICTED, OPEN) if r["kind"] != row["kind"])]
    made, reasons, _ = found(*rows)
    assert not made
    assert sorted(reasons) == sorted([reason, "unbalanced", "unbalanced"])


def test_no_more_than_asked_for_of_a_kind() -> None:
    made, reasons, _ = found(FOLLOWS, FOLLOWS, CONTRADICTED, OPEN)
    assert len(made) == 3
    assert reasons == ["unbalanced"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_documents(text: str) -> None:
    document = Document("d", text, language="en")
    results, _ = answered(
        Claims(), case_for(document), lambda request: fill(request.schema, ["x y z"], b"0" * 32)
    )
    for item in results:
        assert isinstance(item, Annotation | Rejected)
