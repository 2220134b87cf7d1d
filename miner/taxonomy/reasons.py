"""What turned nodes and questions away while a tree grew and was asked from, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.taxonomy.tree import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NODES: Mapping[str, str] = {
    "instruction": "a name reads like an instruction or like chatter, and not like a topic",
    "no_name": "a name is empty, a number, markup or a question",
    "long_name": "a name has more than 12 words or 80 characters",
    "language": "a list or an article is not in the language that was asked for",
    "empty": "a list holds no record: the model answered with prose, or with nothing",
    "too_many": "a list has more than ten times as many records as may be kept",
    "no_concepts": "a class session names no key concept that can be used",
    "no_own_concepts": "all concepts of a session are taught in earlier sessions",
    "surplus": "there are more children than [grow] keeps",
    "parent_pruned": "the node above was removed",
    "voted": "people voted it away",
    "refined": "the model's plan of the subject replaced what the corpus had made",
    "no_title": "an article has no title that can name a subject",
    "no_outline": "an article has fewer than two parts with concepts of their own",
    "reference_page": "an article is a list, a calendar page or a pointer to others",
}
QUESTIONS: Mapping[str, str] = {
    "abstained": "the passages do not answer the question, and the model said so",
    "not_verbatim": "no quote of the answer stands in a passage letter by letter",
    "unsupported": "too few words of the answer stand in its quotes (min_support)",
    "no_passages": "no passage of the subject's documents shares a word with the question",
    "concepts_apart": "no short run of sentences speaks of all concepts drawn (templates)",
    "no_wording": "no template asks for what the sentences say (templates)",
    "answered_before": "the sentences answer another question of this document (templates)",
    "plans_used_up": "the subject's syllabus has no plan left for another document",
    "no_syllabus": "the node has no class sessions",
    "empty_instruction": "the reply holds no question",
    "long_instruction": "the question has more than 150 words",
    "points_at_text": "the question points at a text that its reader does not see",
}


def explained(
    counts: Mapping[str, int], sentences: Mapping[str, str]
) -> Iterator[tuple[int, str, str]]:
    """Number, reason and sentence, most first; a reason of a check or a backend keeps its name."""
    for reason, many in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield many, reason, sentences.get(reason, "")


def by_level(levels: Mapping[str, Mapping[str, int]]) -> list[tuple[str, Mapping[str, int]]]:
    """The books of a tree from the top down; other levels come last."""
    return sorted(
        levels.items(), key=lambda row: LEVELS.index(row[0]) if row[0] in LEVELS else len(LEVELS)
    )


def told(figures: Mapping[str, Any], most: int = 6) -> Iterator[str]:
    """What a run made of its tree, a line each.

    Args:
        figures: `tree` of a run's manifest, or what growing alone has come to.
        most: Reasons of each kind.
    """
    levels = figures["levels"]
    yield "tree: " + "; ".join(
        f"{row['kept']} of {row['proposed']} {name or 'node'}s kept"
        for name, row in by_level(levels)
    )
    kinds = [("nodes turned away", figures["reasons"], NODES)]
    if "answered" in figures:
        yield (
            f"{figures['nodes_with_documents']} of {figures['nodes']} nodes have documents; "
            f"{figures['plans_used']} of {figures['plans_available']:,} plans used; "
            f"{figures['grounded']} answers from passages, {figures['ungrounded']} from memory"
        )
        kinds.append(("questions without an answer", figures["rejected"], QUESTIONS))
    for what, counts, sentences in kinds:
        rows = list(explained(counts, sentences))
        if rows:
            yield f"{what}: {sum(n for n, _, _ in rows)}"
        for many, reason, sentence in rows[:most]:
            yield f"  {many:6} {reason}: {sentence}" if sentence else f"  {many:6} {reason}"
