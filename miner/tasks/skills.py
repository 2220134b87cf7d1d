"""The generalist's skills: what a model is asked to make of a passage, and what that must be like.

Each skill is a row of a table: the assignment, wordings of the instruction, bounds on the length as
a share of the passage's words, and a check of the output against the passage.
"""

# ruff: noqa: E501 - a sentence is easier to judge on one line

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from miner.text import paragraphs, words

LONGEST_RUN = 12
"""Most words in a row that a rewriting may share with its passage, as in a name or a quotation."""


@dataclass(frozen=True)
class Skill:
    """`{as}` in assignment and wordings stands for one of the recipe's audiences or styles.

    `check` names what is wrong with an output, given the passage; it is empty if nothing is.
    `fits` says whether the skill can be asked of a passage at all.
    """

    assignment: str
    wordings: tuple[str, ...]
    least: float
    most: float
    check: Callable[[str, str], str] = lambda *_: ""
    fits: Callable[[str], bool] = lambda _: True


def one_line(output: str, passage: str) -> str:
    """A title is one line without a full stop."""
    del passage
    return "several_lines" if "\n" in output else ""


def hyphened(least: int, most: int, end: str = "") -> Callable[[str, str], str]:
    """So many lines, each behind a hyphen, and each with this end."""

    def check(output: str, passage: str) -> str:
        del passage
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        if not least <= len(lines) <= most:
            return "number_of_lines"
        whole = all(line.startswith(("- ", "– ")) and line.endswith(end) for line in lines)
        return "" if whole else "no_list"

    return check


def headed(output: str, passage: str) -> str:
    """One short heading a paragraph, no two alike."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if len(lines) != len(paragraphs(passage)):
        return "number_of_lines"
    short = all(len(words(line)) <= 10 for line in lines)
    return "" if short and len(set(lines)) == len(lines) else "no_headings"


def reworded(output: str, passage: str) -> str:
    """Not the passage again: no long run of its words."""
    theirs, ours = words(passage), words(output)
    width = LONGEST_RUN + 1
    runs = {tuple(theirs[i : i + width]) for i in range(len(theirs) - width + 1)}
    copied = any(tuple(ours[i : i + width]) in runs for i in range(len(ours) - width + 1))
    return "copied_run" if copied else ""


def several_paragraphs(passage: str) -> bool:
    """Whether there is something to head."""
    return 2 <= len(paragraphs(passage)) <= 8


SKILLS: Mapping[str, Skill] = {
    "summary": Skill(
        "Sum the document up in two or three sentences of your own, without anything it does not say.",
        ("Summarise the text in two or three sentences.", "Sum up the main points of the text briefly.", "What does this text say, in short?"),
        0.05, 0.6, reworded,
    ),
    "title": Skill(
        "Write a title for the document: what it is about, in at most ten words, without ornament.",
        ("Give the text a fitting title.", "Suggest a title for this text.", "What would be a good title for this text?"),
        0.0, 0.3, one_line,
    ),
    "headline": Skill(
        "Write a newspaper headline that reports the main thing the document says, in at most twelve words.",
        ("Write a headline for this text.", "How would a newspaper headline put this text?"),
        0.0, 0.3, one_line,
    ),
    "headings": Skill(
        "Write a heading for each paragraph of the document, in order, one a line, of at most six words each, without numbers or marks. A paragraph is a line of the document.",
        ("Give each paragraph of the text a heading, one a line.", "Write headings for the paragraphs of this text, each on its own line.", "What could the paragraphs of this text be headed? One heading a line, in order."),
        0.01, 0.5, headed, several_paragraphs,
    ),
    "outline": Skill(
        "Outline the document: three to eight short points in its order, one a line, each begun with a hyphen.",
        ("Outline the text in a few short points, each behind a hyphen.", "Make an outline of this text, as a list with hyphens.", "List the points of the text in order, one a line, with hyphens."),
        0.05, 0.9, hyphened(3, 8),
    ),
    "simplify": Skill(
        "Tell what the document says again in plain words and short sentences for a learner of the language. Leave nothing important out and add nothing.",
        ("Rewrite the text in simple language.", "Say this in plain words for a learner of the language.", "Make this text easier to read without changing what it says."),
        0.4, 1.6, reworded,
    ),
    "restyle": Skill(
        "Write what the document says again as {as}. Facts, names and numbers stay as they are; nothing is added but what belongs to the manner.",
        ("Rewrite the text as {as}.", "Say the same as {as}.", "Turn this text into {as}, without changing what it says.", "How would this read as {as}?"),
        0.4, 1.6, reworded,
    ),
    "explain": Skill(
        "Explain what the document says to {as}, in a short paragraph, with nothing that it does not support.",
        ("Explain this text to {as}.", "How would you explain this text to {as}?", "Tell {as} what this text says."),
        0.2, 1.5, reworded,
    ),
    "questions": Skill(
        "Write three to five questions that the document answers, one a line, each begun with a hyphen and understandable without the document.",
        ("Write a few questions that this text answers, as a list with hyphens.", "Which questions does this text answer? List three to five, each behind a hyphen."),
        0.05, 0.9, hyphened(3, 5, "?"),
    ),
}  # fmt: skip
