"""How a task writes down what it found: ids that stay the same, evidence, and randomness."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

from miner.tasks.candidates import agreed
from miner.types import Annotation, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.types import Case, Finding, Reply, Request


def annotate(
    case: Case,
    task: str,
    finding: Finding,
    *,
    key: str = "",
    asked: Sequence[Request] = (),
    replies: Sequence[Reply] = (),
    scores: Mapping[str, float] | None = None,
    meta: Mapping[str, Any] | None = None,
    documents: Sequence[str] = (),
) -> Annotation:
    """An annotation whose id depends on the task, the document and `key` alone.

    Args:
        case: The document at its node.
        task: Name of the task.
        finding: What was found.
        key: What tells it from others of the same task and document, such as its place.
        asked: The requests it came from, if a model was asked.
        replies: Their replies.
        scores: Numbers that checks and readers may use.
        meta: Plain JSON values for composing.
        documents: Ids of all that it rests on; the case's own when empty.
    """
    return Annotation(
        id=digest(task, case.node.id, case.document.id, key),
        task=task,
        node=case.node.id,
        documents=tuple(dict.fromkeys(documents)) or (case.document.id,),
        finding=finding,
        model=replies[0].model if replies else "",
        prompt_version=asked[0].prompt_version if asked else "",
        request_ids=tuple(reply.request_id for reply in replies),
        scores={**(scores or {}), **agreed(meta or {})},
        meta=dict(meta or {}),
    )


def digest(*parts: object) -> str:
    """16 hex digits that depend on the parts and their order."""
    text = "\x1f".join(map(str, parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def dice(case: Case, *parts: object) -> random.Random:
    """The randomness of a case, apart for each purpose named by `parts`."""
    return random.Random(digest(case.seed, *parts))


def whole(case: Case) -> Span:
    """The document's text without the white space around it."""
    text = case.document.text
    start = len(text) - len(text.lstrip())
    return case.document.span(start, len(text.rstrip()))
