"""Every reason that a run can print has its sentence, and every sentence a place that gives it."""

from __future__ import annotations

import ast
from pathlib import Path

import miner
from miner import flow
from miner.checks.reasons import meaning
from miner.tasks.reasons import REASONS

FOLDER = Path(miner.__file__).parent
GIVING = [
    *(FOLDER / "tasks").rglob("*.py"),
    *(FOLDER / "compose").rglob("*.py"),
    *(FOLDER / f"{name}.py" for name in ("alignment", "drive", "exchange", "judge", "replies")),
]
PASSED_ON = {
    "Rejected(reply.finish_reason)": ("content_filter", "refusal"),
    "Rejected(stored.reason)": flow.REASONS,
    "Rejected(outcome.reason)": ("task_error",),
    "Rejected(reason)": (),  # of Unfit itself
    "Unfit(found.reason)": (),  # of alignment
    "Unfit(question.reason)": (),  # of cues
    "Unfit(unfit.why.reason)": (),  # with more detail
    "Unfit(wrong)": ("copied_run", "no_headings", "no_list", "number_of_lines", "several_lines"),
    "Rejected(f'{recipe.kind_of(check)}:{verdict.reason}')": (),  # of checks
}
"""Reasons that are computed, and what they can be."""


def words(node):
    """The constants that an expression can be; None for one that is computed."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.IfExp):
        sides = (words(node.body), words(node.orelse))
        return None if None in sides else [*sides[0], *sides[1]]
    return None


def given():
    for path in GIVING:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Rejected", "Unfit"}:
                found = words(node.args[0])
                if found is None:
                    found = PASSED_ON[f"{node.func.id}({ast.unparse(node.args[0])})"]
                yield from found
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Outcome":
                yield from (words(node.args[2]) or ()) if len(node.args) > 2 else ()


def test_every_reason_has_a_sentence_and_every_sentence_a_reason():
    assert set(given()) | flow.REASONS == set(REASONS)


def test_failures_give_the_reasons_that_flow_knows():
    for path in (
        *(FOLDER / "llms").glob("*.py"),
        *(FOLDER / f"{n}.py" for n in ("asker", "batches")),
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Failure":
                assert set(words(node.args[0]) or ()) <= flow.REASONS, ast.unparse(node)


def test_sentences_are_plain():
    for reason, sentence in REASONS.items():
        assert sentence == sentence.strip(" ."), reason
        assert meaning(reason) == sentence
