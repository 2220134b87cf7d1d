"""Which topic of the taxonomy a text is about, among near ones, or that none of them is right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from miner.tasks.finding import annotate, dice, whole
from miner.tasks.prose import flaw, is_listing
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.text import paragraphs, passages, words
from miner.types import Labels, Rejected, Task

if TYPE_CHECKING:
    import random

    from miner.types import Case, Mining, Node, Span

_SMALL = {
    "the", "and", "of", "in", "to", "a", "an", "for", "on", "with", "its", "their", "how", "from",
    "by", "or", "as", "at", "other", "such", "that", "are", "is", "what", "which", "people", "life",
    "about", "like", "into", "between", "over", "world", "study", "work", "works", "used",
}  # fmt: skip

Form = Literal["flat", "hierarchical", "several"]


@dataclass(frozen=True)
class Topic:
    """Labels only what two witnesses agree on: the membership, and the node's own words."""

    needs_model: ClassVar[bool] = False
    forms: tuple[Form, ...] = ("flat",)
    """In turn along a node's documents: a topic by name, by its path, or it and all above it."""
    options: int = 5
    """Topics to choose from, the right one among them."""
    none_share: float = 0.1
    """Share of texts that see far topics alone: the answer is none of them."""
    floor: float = 0.95
    """Least probability of membership, which grows with the gap to the next topic: a label is to be
    right in 95 of 100, so less is not enough. Below it the task abstains."""
    witness: int = 3
    """Fewest words of the topic that the text itself must have."""
    min_words: int = 40
    max_words: int = 180

    def __post_init__(self) -> None:
        if not self.forms:
            raise ValueError("'forms' is empty")

    def mine(self, case: Case) -> Mining:
        """One labelled text, or why there is none."""
        yield from ()
        if case.membership.probability < self.floor:
            return [Rejected("weak_membership", f"{case.membership.probability:.2f}")]
        if language_of(case.document) != "en" or is_reference_page(case.document):
            return [Rejected("unfit_page")]
        if len(case.taxonomy.leaves) < 3:
            return [Rejected("small_taxonomy")]
        text = self._text(case)
        if text is None or not text.text[0].isalnum() or flaw(text.text):
            return [Rejected("no_text")]
        own = _witness(text.text, case.node)
        if own < self.witness:
            return [Rejected("no_second_witness")]
        rival = max(_witness(text.text, n) for n in case.taxonomy.leaves if n is not case.node)
        if rival >= own:
            return [Rejected("nearer_topic", f"{rival} words of another topic, {own} of this")]
        form = self.forms[case.rank % len(self.forms)]
        if form != "flat" and not case.node.parent:
            return [Rejected("flat_taxonomy", form)]
        finding = self._finding(case, text, form, own)
        if len(finding.options) < 3 or len(set(finding.options)) < len(finding.options):
            return [Rejected("no_options")]
        scores = {"membership": case.membership.probability, "margin": case.membership.margin}
        return [annotate(case, "topic", finding, scores=scores, meta={"form": form})]

    def _finding(self, case: Case, text: Span, form: Form, own: int) -> Labels:
        rng = dice(case, "topic")
        near, far = self._distractors(case, text.text, own)
        foreign = [n for n in far if _witness(text.text, n) * 5 <= own]
        none = rng.random() < self.none_share and len(foreign) >= 3
        right: list[Node] = [] if none else [case.node]
        if none:
            options = rng.sample(foreign, min(self.options, len(foreign)))
        else:
            options = self._options(case, near, far, rng)
        if form == "several":  # what is about a topic is about all that stand above it
            above = case.taxonomy.lineage(case.node.id)[:-1]
            right = [] if none else [*above, case.node]
            over = {case.taxonomy.lineage(node.id)[0].id: node for node in far}
            others = [case.taxonomy[id] for id in over if id != above[0].id]
            options = [*options, *([] if none else above), *others[:1]]
            rng.shuffle(options)
        names = {node.id: node.name for node in options}
        if form == "hierarchical":
            names = {node.id: " > ".join(case.taxonomy.path(node.id)) for node in options}
        labels = tuple(name for id, name in names.items() if any(id == n.id for n in right))
        shown = tuple(names.values())
        return Labels(text, labels, shown, "topic", multiple=form == "several")

    def _text(self, case: Case) -> Span | None:
        parts = outline(case.document)
        if len(words(case.document.text)) <= self.max_words:
            return whole(case) if len(words(case.document.text)) >= self.min_words else None
        first = passages(case.document, self.max_words, overlap=0)[0]
        end = min(first.end, parts.end)
        end = first.start + _last_prose(case.document.text[first.start : end])
        text = case.document.text[first.start : end]
        if len(words(text)) < self.min_words or is_listing(text):
            return None
        return case.document.span(first.start, end)

    def _distractors(self, case: Case, text: str, own: int) -> tuple[list[Node], list[Node]]:
        """Siblings and other leaves whose own words are clearly rarer in the text."""
        clear = [
            node
            for node in case.taxonomy.leaves
            if node.id != case.node.id and _witness(text, node) * 2 <= own
        ]
        root = case.taxonomy.lineage(case.node.id)[0].id
        near = [n for n in clear if n.parent == case.node.parent and n.parent]
        far = [n for n in clear if case.taxonomy.lineage(n.id)[0].id != root]
        return near, far or [n for n in clear if n not in near]

    def _options(
        self, case: Case, near: list[Node], far: list[Node], rng: random.Random
    ) -> list[Node]:
        wanted = self.options - 1
        chosen = rng.sample(near, min(len(near), max(1, wanted - 1)))
        chosen += rng.sample(far, min(len(far), wanted - len(chosen)))
        options = [case.node, *chosen]
        rng.shuffle(options)
        return options


def _last_prose(text: str) -> int:
    """Where the last line ends that ends a sentence and is no heading over nothing."""
    end = 0
    for start, stop in paragraphs(text):
        if re.search(r"[.!?][\"”’)]*$", text[start:stop]) and len(words(text[start:stop])) > 7:
            end = stop
    return end


def _witness(text: str, node: Node) -> int:
    """How many different words of the node's name, terms and description the text has."""
    ours = {_stem(word) for word in re.findall(r"[a-z]{3,}", text.lower())}
    wanted = f"{node.name} {' '.join(node.terms)} {node.description}".lower()
    theirs = {_stem(word) for word in re.findall(r"[a-z]{3,}", wanted) if word not in _SMALL}
    return len(ours & theirs)


def _stem(word: str) -> str:
    for ending in ("ies", "ing", "ers", "es", "ed", "er", "al", "s", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


PART: type[Task] = Topic
