"""Every reason that a check can give has its sentence, and every sentence a check that gives it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import miner.checks
from miner.checks.reasons import REASONS, meaning
from miner.checks.residue import RULES
from miner.recipe import kinds

FOLDER = Path(miner.checks.__file__).parent
ASKED_OF_ANOTHER = {"evidence": ("grounded",), "instruction_supported": ("form",)}
"""Checks that pass on what another module says."""


def given(module):
    """What stands as the first argument of Rejected(...) in a module, "{}" for what is computed."""
    for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rejected" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield first.value
            elif isinstance(first, ast.JoinedStr):
                yield "".join(
                    getattr(part, "value", "{}") if isinstance(part, ast.Constant) else "{}"
                    for part in first.values
                )
            else:
                yield "{}"


def test_every_reason_has_a_sentence():
    silent = []
    for check in set(kinds("checks")) - {"secrets", "personal_data"}:
        for module in (check, *ASKED_OF_ANOTHER.get(check, ())):
            for reason in given(module):
                if check == "evidence" and module == "grounded" and reason == "unnamed_document":
                    continue
                pattern = re.escape(f"{check}:{reason}").replace(r"\{\}", ".+")
                if not any(re.fullmatch(pattern, known) for known in REASONS):
                    silent.append(f"{check}:{reason}")
    assert silent == []


def test_every_kind_of_furniture_has_a_sentence():
    assert all(f"output_clean:{rule.kind}" in REASONS for rule in RULES)


def test_sentences_belong_to_checks():
    assert {reason.partition(":")[0] for reason in REASONS} <= set(kinds("checks"))
    assert meaning("secrets:aws_key") == "it holds a credential: aws key"
    assert meaning("no_passage").startswith("no passage of the document")
    assert meaning("my_own:reason") == ""
