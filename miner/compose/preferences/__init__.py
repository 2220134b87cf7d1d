"""Choices among defensible answers: a sentence in the instruction, and a function on the gold.

The function is applied to the finding before it is rendered, so that instruction and answer agree
(Hum's preference rules, in our reading). Rules of one group exclude one another.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from miner.compose.preferences.rule import Preference
from miner.errors import RecipeError, choices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Finding

__all__ = ["Preference", "applicable", "preference_named", "preferences"]


@functools.cache
def preferences() -> Mapping[str, Preference]:
    """Every rule by its id."""
    from miner.compose.preferences import absence, answers, labels, order, spans

    rules = [*spans.RULES, *order.RULES, *labels.RULES, *answers.RULES, *absence.RULES]
    return {rule.id: rule for rule in rules}


def preference_named(id: str, where: str = "") -> Preference:
    """The rule of that id.

    Raises:
        RecipeError: There is none.
    """
    if id not in preferences():
        prefix = f"{where}: " if where else ""
        raise RecipeError(f"{prefix}no preference '{id}'; {choices(id, preferences())}")
    return preferences()[id]


def applicable(finding: Finding, language: str, pipeline: str = "") -> list[Preference]:
    """The rules that can be stated for a finding in this language.

    Args:
        finding: What they would be applied to.
        language: The document's.
        pipeline: A trained spaCy pipeline, by which some rules decide better; empty for none.
    """
    closed = bool(getattr(finding, "schema", ()))
    return _applicable(type(finding).__name__, language, closed, pipeline)


@functools.cache
def _applicable(
    kind: str,
    language: str,
    closed: bool,  # noqa: FBT001
    pipeline: str,
) -> list[Preference]:
    from miner.compose.preferences.parsed import parsing

    return [
        rule
        for rule in (parsing(rule, pipeline) for rule in preferences().values())
        if kind in rule.kinds
        and (not rule.language or rule.language == language)
        and (closed or not rule.needs_schema)
    ]
