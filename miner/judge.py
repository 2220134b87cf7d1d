"""One document at its node: what tasks made of it is checked, composed, and checked again.

`Place` and `case_of` are what a task is given; `Judge` is what its annotations and examples must
get past. Some checks remember what they let through, so documents are judged in rank order.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner import recipe
from miner.cascading import cascade
from miner.checks.difficulty import difficulty
from miner.checks.opinions import with_opinions
from miner.compose import compose
from miner.compose.wordings import LANGUAGES
from miner.exemplars import with_exemplars
from miner.injection import suspicion
from miner.text import base_language
from miner.types import (
    Annotation,
    Candidate,
    Case,
    Check,
    Document,
    Example,
    Membership,
    Mining,
    NodeSelection,
    Rejected,
    Task,
    Taxonomy,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from miner.drive import Outcome
    from miner.job import Recipe

NEIGHBOURS = 8
"""Other documents of its node that a task may look at: what fits a prompt beside the first."""


def task_name(task: Task) -> str:
    """The name of a task in every row it leaves behind."""
    return str(getattr(task, "name", "")) or recipe.kind_of(task)


def active_tasks(job: Recipe) -> tuple[Task, ...]:
    """The tasks that can work: without a model, those that need none."""
    return tuple(t for t in job.tasks if job.llm or not getattr(t, "needs_model", False))


def mining_of(job: Recipe, task: Task, case: Case) -> Mining:
    """A task at work on a case, with the opinions of models that check it or follow the first."""
    if not case.document.id and not without_documents(task):
        return _idle()
    if unworded(job, task, case):
        return _idle(Rejected("no_wording", f"none in '{case.document.language}'"))
    documents = _documents(case)
    checks = active_checks(job)

    def again() -> Mining:
        return shown_exemplars(job, task, case)

    def begin() -> Mining:
        return with_opinions(again(), checks, documents, again)

    return cascade(begin, job.llm, checks, documents)


def shown_exemplars(job: Recipe, task: Task, case: Case) -> Mining:
    """A task at work on a case, its prompts with the exemplars that the recipe asks for."""
    drawn = job.exemplars.draw(case, task_name(task)) if job.exemplars else []
    return with_exemplars(task.mine(case), drawn)


def _idle(*reasons: Rejected) -> Mining:
    """A task that has nothing to work on."""
    yield from ()
    return [*reasons]


def active_checks(job: Recipe) -> tuple[Check, ...]:
    """The recipe's checks, or the standard list; without a model, those that need none."""
    from miner.checks import standard

    checks = standard() if job.checks is None else job.checks
    return tuple(c for c in checks if job.llm or not getattr(c, "needs_model", False))


# ------------------------------------------------------------------------------ one document


@dataclass(frozen=True)
class Judged:
    """What became of one document at its node: everything made, and a verdict on each."""

    case: Case
    annotations: tuple[Annotation, ...]
    examples: tuple[Example, ...]
    rejected: tuple[dict[str, str], ...]
    tasks: Mapping[str, str]
    """Task to done, rejected or failed."""
    made: Mapping[str, int]
    suspicion: str = ""
    """How the document seems to speak to a model; its examples carry the score `suspect`."""


def case_of(
    job: Recipe,
    documents: Mapping[str, Document],
    place: Place,
    taxonomy: Taxonomy,
    task: Task | None = None,
) -> Case:
    """What a task sees of a candidate. Its randomness comes from seed, task and document alone.

    Without a task, the case holds what any task might see: the neighbours too.
    """
    candidate = place.candidate
    wanted = task is None or wants_neighbours(task)
    text = f"{job.seed}|{task_name(task) if task else ''}|{candidate.document}"
    return Case(
        document=documents[candidate.document] if candidate.document else Document("", ""),
        node=taxonomy[candidate.node],
        taxonomy=taxonomy,
        membership=Membership(
            candidate.document, candidate.node, candidate.probability, candidate.margin
        ),
        seed=int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"),
        pipeline=job.pipeline,
        neighbours=tuple(documents[id] for id in place.neighbours) if wanted else (),
        rank=candidate.rank,
    )


def _documents(case: Case) -> dict[str, Document]:
    return {d.id: d for d in (case.document, *case.neighbours) if d.id}


@dataclass(frozen=True)
class Place:
    """A candidate, and the documents that its tasks may look at beside it."""

    candidate: Candidate
    neighbours: tuple[str, ...] = ()

    @classmethod
    def of(cls, candidate: Candidate, node: NodeSelection, tasks: Iterable[Task]) -> Place:
        """With the node's other chosen documents, if any of the tasks wants them."""
        if not any(map(wants_neighbours, tasks)):
            return cls(candidate)
        others = (c.document for c in node.chosen if c.document != candidate.document)
        return cls(candidate, tuple(itertools.islice(others, NEIGHBOURS)))

    @property
    def documents(self) -> tuple[str, ...]:
        """All that must be at hand."""
        return tuple(id for id in (self.candidate.document, *self.neighbours) if id)


def wants_neighbours(task: Task) -> bool:
    """Whether a task looks at several documents of its node."""
    return bool(getattr(task, "wants_neighbours", False))


def unworded(job: Recipe, task: Task, case: Case) -> bool:
    """Whether a model would be asked for what composing then has no instruction for.

    Such tasks say so by `templated`: their instructions are ours, not the model's.
    """
    asks = getattr(task, "needs_model", False) and getattr(task, "templated", False)
    language = base_language(case.document.language) or "en"
    return asks and language not in LANGUAGES and not job.compose.cross_lingual


def without_documents(task: Task) -> bool:
    """Whether a task may work at a node that the corpus has nothing for: its recipe says so."""
    return bool(getattr(task, "without_documents", False))


def unsupported(job: Recipe, node: NodeSelection) -> tuple[Candidate, ...]:
    """The one place without a document at which such tasks work, where a node has none."""
    if node.chosen or node.spares or not (job.llm and any(map(without_documents, job.tasks))):
        return ()
    return (Candidate("", node.node, "chosen", 0, 0.0, 0.0, 0.0, "no document"),)


class Judge:
    """Annotations and examples against the checks, in rank order: some checks remember."""

    def __init__(self, job: Recipe, taxonomy: Taxonomy) -> None:
        self.job, self.taxonomy = job, taxonomy
        self._suspicions: dict[str, str] = {}
        self.composing = job.compose
        if job.pipeline and not job.compose.pipeline:
            self.composing = dataclasses.replace(job.compose, pipeline=job.pipeline)
        self.joins = any(map(wants_neighbours, active_tasks(job)))
        # Made anew: what a check remembers belongs to one run.
        self.checks = tuple(dataclasses.replace(check) for check in active_checks(job))  # type: ignore[type-var]

    def judge(self, case: Case, outcomes: Mapping[str, Outcome], room: int | None = None) -> Judged:
        """Check and compose what the tasks made of one document.

        Args:
            case: The document at its node; its seed is not used.
            outcomes: Task to what it returned, in the recipe's order.
            room: Examples that the node still wants; the rest is rejected as surplus.
        """
        documents = _documents(case)
        annotations: list[Annotation] = []
        examples: list[Example] = []
        rejected: list[dict[str, str]] = []
        made: Counter[str] = Counter()

        def reject(subject: str, task: str, id: str, why: Rejected) -> None:
            rejected.append(_rejection(subject, task, id, why, case))

        for task, outcome in outcomes.items():
            if outcome.state != "done":
                reject("task", task, "", Rejected(outcome.reason, outcome.detail))
            for item in outcome.items:
                made["annotations"] += 1
                if isinstance(item, Rejected):
                    reject("annotation", task, "", item)
                elif verdict := self._verdict("annotation", item, documents):
                    reject("annotation", task, item.id, verdict)
                else:
                    annotations.append(item)
                    for example in self._compose(item, documents, case):
                        made["examples"] += 1
                        if isinstance(example, Rejected):
                            reject("example", task, item.id, example)
                        elif room is not None and len(examples) >= room:
                            reject("example", task, example.id, Rejected("surplus"))
                        elif verdict := self._verdict("example", example, documents):
                            reject("example", task, example.id, verdict)
                        else:
                            examples.append(example)
        states = {task: outcome.state for task, outcome in outcomes.items()}
        return Judged(
            *(case, tuple(annotations), tuple(examples), tuple(rejected), states, dict(made)),
            suspicion=self._suspicion(case.document),
        )

    def remember(self, example: Example) -> None:
        """Let the checks that compare examples know one that was accepted in an earlier run."""
        for check in self.checks:
            if getattr(check, "remembers", False):
                check.check(example, {})

    def _compose(
        self, annotation: Annotation, documents: Mapping[str, Document], case: Case
    ) -> Iterator[Example | Rejected]:
        path = self.taxonomy.path(case.node.id)
        for example in compose(annotation, documents, self.composing, self.job.seed, path):
            if isinstance(example, Rejected):
                yield example
            else:
                # Where tasks join documents of a node, the node is what must not be torn apart,
                # unless the task itself keeps documents and concepts apart for testing.
                own = min(example.documents, default=case.node.id)
                group = case.node.id if self.joins else own
                held = group if self.job.split_by == "document" else case.node.id
                split = annotation.meta.get("split") or self._split(held)
                own_texts = [documents[id] for id in example.documents if id in documents]
                suspect = {"suspect": 1.0} if any(map(self._suspicion, own_texts)) else {}
                yield dataclasses.replace(
                    example,
                    group=group,
                    split=split,
                    difficulty=difficulty(example),
                    scores={**example.scores, **suspect},
                )

    def _suspicion(self, document: Document) -> str:
        """How a document seems to speak to a model; each is read once."""
        if document.id not in self._suspicions:
            if len(self._suspicions) > 10_000:
                self._suspicions.clear()
            self._suspicions[document.id] = suspicion(document.text)
        return self._suspicions[document.id]

    def _split(self, group: str) -> str:
        """A hash decides, so a document's split never moves when a run is extended."""
        share = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
        if share < self.job.test:
            return "test"
        return "validation" if share < self.job.test + self.job.validation else "train"

    def _verdict(
        self, subject: str, item: Annotation | Example, documents: Mapping[str, Document]
    ) -> Rejected | None:
        for check in self.checks:
            if check.subject == subject and (verdict := check.check(item, documents)):
                return Rejected(f"{recipe.kind_of(check)}:{verdict.reason}", verdict.detail)
        return None


def _rejection(subject: str, task: str, id: str, why: Rejected, case: Case) -> dict[str, str]:
    return {
        "subject": subject,
        "task": task,
        "node": case.node.id,
        "document": case.document.id,
        "url": case.document.url,
        "id": id,
        "reason": why.reason,
        "detail": why.detail,
    }
