"""A model asked gold questions on their texts: exact match and F1 of words, as SQuAD measures them.

The prompt is that of the check *answerable*, so that what is measured is what judges a run. Source:
SQuAD (arXiv 1606.05250), section 6.1; the best of a question's answers counts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from miner.checks.answerable import ABSENT, word_f1
from miner.checks.opinions import request_for
from miner.evaluation.scores import LISTED, RESAMPLES
from miner.shingles import tokens
from miner.types import Annotation, Answers, Reply
from miner.verdicts import wilson

if TYPE_CHECKING:
    from miner.drive import Outcome
    from miner.evaluation.gold import Gold
    from miner.types import Mining

NAME = "answering"
"""What the figures are called, beside those of the recipe's tasks."""

_ARTICLE = re.compile(r"\b(?:a|an|the)\b", re.IGNORECASE)


def questions(gold: Gold) -> list[Answers]:
    """The questions that can be asked with their text alone."""
    asked = (f for f in gold.findings if isinstance(f, Answers))
    return [f for f in asked if not (f.options or f.turns or f.context)]


def mine(gold: Gold) -> Mining:
    """Ask all questions of a document at once; each becomes a finding with what was said."""
    asked = questions(gold)
    documents = {gold.document.id: gold.document}
    items = [Annotation("gold", NAME, "", (gold.document.id,), finding) for finding in asked]
    replies = yield [
        request_for("answerable", item, documents, question=finding.question, max_tokens=160)
        for item, finding in zip(items, asked, strict=True)
    ]
    return [
        Annotation(
            f"gold-{place}", NAME, "", item.documents,
            Answers(finding.text, finding.question, (), reply.text.strip()),
        )
        if isinstance(reply, Reply)
        else reply
        for place, (item, finding, reply) in enumerate(zip(items, asked, replies, strict=True))
    ]  # fmt: skip


def figures(outcomes: Sequence[Outcome], drawn: Sequence[Gold], seed: int) -> dict[str, Any]:
    """Exact match and F1 over all questions; the interval of F1 draws whole documents anew."""
    states = {"done": 0, "rejected": 0, "failed": 0}
    rows: list[list[tuple[bool, float]]] = []
    wrong: list[dict[str, str]] = []
    missed: list[dict[str, str]] = []
    lost = 0
    for outcome, gold in zip(outcomes, drawn, strict=True):
        states[outcome.state] += 1
        said = _said(outcome)
        row = []
        for finding in questions(gold):
            answer = said.get(finding.question)
            lost += answer is None
            true = _true(finding)
            row.append(measure(answer or "", true))
            if not row[-1][0]:
                silent = answer is None or absent(answer)
                listed = missed if silent else wrong
                if len(listed) < LISTED:
                    text = f"{finding.question} {true[0] if true else ABSENT!r} | {answer or ''}"
                    listed.append(
                        {"document": gold.document.id, "label": "answer", "text": text[:300]}
                    )
        rows.append(row)
    every = [pair for row in rows for pair in row]
    exact, total = sum(pair[0] for pair in every), len(every)
    rng = random.Random(seed)
    resampled = sorted(
        _mean([pair for row in rng.choices(rows, k=len(rows)) for pair in row])
        for _ in range(RESAMPLES if every else 0)
    )
    edge = len(resampled) // 40
    return {
        "comparable": sum(map(bool, rows)),
        "states": states,
        "rejected_findings": lost,
        "documents": len(rows),
        "answers": {
            "questions": total,
            "exact": exact / total if total else 0.0,
            "exact_95": list(wilson(exact, total)),
            "f1": _mean(every),
            "f1_95": [resampled[edge], resampled[-edge - 1]] if resampled else [0.0, 1.0],
        },
        "missed": missed,
        "wrong": wrong,
    }


def _said(outcome: Outcome) -> Mapping[str, str]:
    return {
        item.finding.question: item.finding.answer
        for item in outcome.items
        if isinstance(item, Annotation) and isinstance(item.finding, Answers)
    }


def _true(finding: Answers) -> list[str]:
    """The answers that count as right; none where the text does not say."""
    if finding.answer:
        return [finding.answer]
    if len(finding.spans) > 1:
        return ["; ".join(span.text for span in finding.spans)]
    return [span.text for span in finding.spans]


def absent(said: str) -> bool:
    """Whether a reply says, in the agreed words, that the text does not answer."""
    return said.lower().strip().rstrip(".") == ABSENT


def measure(said: str, true: Sequence[str]) -> tuple[bool, float]:
    """Whether an answer is one of the true ones, and its best F1 of words.

    With no true answer, only the agreed words are right.
    """
    if not true:
        return absent(said), float(absent(said))
    plain = _plain(said)
    exact = any(plain == _plain(answer) for answer in true)
    return exact, 1.0 if exact else max(word_f1(said, answer) for answer in true)


def _plain(text: str) -> list[str]:
    """Words in lower case, without articles and marks."""
    return tokens(_ARTICLE.sub(" ", text))


def _mean(pairs: Sequence[tuple[bool, float]]) -> float:
    return sum(f1 for _, f1 in pairs) / len(pairs) if pairs else 0.0
