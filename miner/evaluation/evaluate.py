"""A recipe's tasks on gold: what each finds of what people found, through the run's own ledger."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from miner import atomic
from miner.cascading import cascade
from miner.checks.findings import Item, items
from miner.drive import Outcome, drive
from miner.errors import UsageError
from miner.evaluation import answering
from miner.evaluation.scores import Score, covered
from miner.judge import active_checks, active_tasks, shown_exemplars, task_name
from miner.ledger import Ledger
from miner.types import (
    Annotation,
    Answers,
    Case,
    Finding,
    Membership,
    Node,
    Rejected,
    Span,
    Taxonomy,
)

if TYPE_CHECKING:
    from miner.evaluation.gold import Gold
    from miner.job import Recipe
    from miner.run import Run
    from miner.types import Mining

    Progress: TypeAlias = Callable[[str, int, int | None], None]

NODE = Node("gold", "Gold")
TAXONOMY = Taxonomy("gold", (NODE,))


def evaluate(
    job: Recipe,
    run: Run,
    gold: Sequence[Gold],
    name: str,
    n: int = 100,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Ask the recipe's tasks about gold documents and score what they say.

    Replies stay in the run's ledger, so that the same evaluation is paid once. The figures are
    added to evaluation.json in the run's folder, which report and card show.

    Args:
        job: Its tasks and its model.
        run: Where the ledger and the figures are; nothing else of it is touched.
        gold: Documents with findings.
        name: What the gold is called in the figures.
        n: Documents to ask about, drawn by the recipe's seed.
        progress: Called with ("evaluate", cases done, cases in all).

    Raises:
        UsageError: No task of the recipe finds anything that the gold has.
    """
    drawn = _drawn(gold, n, job.seed)
    tasks = {task_name(task): task for task in active_tasks(job)}
    asked = job.llm is not None and any(map(answering.questions, drawn))
    names = [*tasks, answering.NAME] if asked else list(tasks)
    cases = [(name_, place) for place in range(len(drawn)) for name_ in names]

    def mining(task: str, gold: Gold) -> Mining:
        if task == answering.NAME:
            return answering.mine(gold)

        def begin() -> Mining:
            return shown_exemplars(job, tasks[task], _case(gold, job, task))

        return cascade(begin, job.llm, active_checks(job), {gold.document.id: gold.document})

    outcomes: dict[tuple[str, int], Outcome] = {}
    run.path.mkdir(parents=True, exist_ok=True)
    with atomic.lock(run.path), Ledger.open(run.ledger) as ledger:
        minings = ((key, mining(key[0], drawn[key[1]])) for key in cases)
        for key, outcome in drive(minings, job.llm, ledger, job.flow, b"evaluation"):
            outcomes[key] = outcome
            if progress:
                progress("evaluate", len(outcomes), len(cases))
        by_task = {task: [outcomes[task, i] for i in range(len(drawn))] for task in names}
        # Where a model is asked the gold's own questions, those it thinks of have no gold.
        scored = [_without_questions(gold) for gold in drawn] if asked else drawn
        figures = {task: _scored(by_task[task], scored, job.seed) for task in tasks}
        if asked:
            figures[answering.NAME] = answering.figures(by_task[answering.NAME], drawn, job.seed)
        figures = {task: found for task, found in figures.items() if found["comparable"]}
        if not figures:
            raise UsageError(
                f"--gold {name}: none of the recipe's tasks ({', '.join(tasks) or 'none can run'}) "
                "finds what this gold has"
            )
        table = {"model": getattr(job.llm, "model", "") if job.llm else "", "tasks": figures}
        path = run.path / "evaluation.json"
        atomic.write_json(path, _before(run) | {name: table})
    return table


def _without_questions(gold: Gold) -> Gold:
    left = tuple(f for f in gold.findings if not isinstance(f, Answers))
    return dataclasses.replace(gold, findings=left)


def _before(run: Run) -> dict[str, Any]:
    from miner import recipe

    path = run.path / "evaluation.json"
    return recipe.read_json(path) if path.is_file() else {}


def _drawn(gold: Sequence[Gold], n: int, seed: int) -> list[Gold]:
    places = sorted(random.Random(seed).sample(range(len(gold)), min(n, len(gold))))
    return [gold[place] for place in places]


def _case(gold: Gold, job: Recipe, task: str) -> Case:
    document = gold.document
    seed = random.Random(f"{job.seed}|{task}|{document.id}").getrandbits(64)
    return Case(
        document, NODE, TAXONOMY, Membership(document.id, NODE.id, 1.0, 1.0), seed, job.pipeline
    )


def _scored(outcomes: Sequence[Outcome], drawn: Sequence[Gold], seed: int) -> dict[str, Any]:
    """One task's scores over all documents."""
    score, rejected, comparable = Score(), 0, 0
    states = {"done": 0, "rejected": 0, "failed": 0}
    kinds = {type(f) for outcome in outcomes for f in _findings(outcome)}
    shared = _shared(outcomes, drawn, kinds)
    for outcome, gold in zip(outcomes, drawn, strict=True):
        states[outcome.state] += 1
        rejected += sum(isinstance(item, Rejected) for item in outcome.items)
        true = [finding for finding in gold.findings if type(finding) in kinds]
        if not true or shared == frozenset():
            continue
        comparable += 1
        found = _findings(outcome)
        # Where nothing came back at all, everything was missed.
        texts = [text for f in found or true if isinstance(text := getattr(f, "text", None), Span)]
        wanted = [item for f in true for item in covered(f, texts)]
        got = [item for f in found for item in items(f)]
        score.add(gold.document.id, _only(wanted, shared), _only(got, shared))
    return {
        "comparable": comparable,
        "states": states,
        "rejected_findings": rejected,
        **score.figures(seed),
    }


def _findings(outcome: Outcome) -> list[Finding]:
    return [item.finding for item in outcome.items if isinstance(item, Annotation)]


def _shared(
    outcomes: Sequence[Outcome], drawn: Sequence[Gold], kinds: set[type]
) -> frozenset[str] | None:
    """The labels that the task asks for and the gold has; None where one of them is open.

    What only one of the two knows can be neither missed nor wrong.
    """
    ours = [f for outcome in outcomes for f in _findings(outcome)]
    theirs = [f for gold in drawn for f in gold.findings if type(f) in kinds]
    schemas = [
        frozenset(label for f in findings for label in getattr(f, "schema", ()))
        for findings in (ours, theirs)
    ]
    return schemas[0] & schemas[1] if all(schemas) else None


def _only(found: Sequence[Item], labels: frozenset[str] | None) -> list[Item]:
    """Items of these labels; the roles of an event go with it."""
    if labels is None:
        return list(found)
    return [item for item in found if item[0] in labels or item[0].partition(".")[0] in labels]
