"""The instruction must not give the output away: an answer in its question, a long copied run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from miner.checks.findings import finding_of
from miner.shingles import known_tokens, tokens
from miner.types import Answers, Check, Document, Example, Labels, Rejected, Writing


@dataclass(frozen=True)
class Leak:
    """Refuses examples that can be answered by copying from the instruction."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    max_shared_words: int = 12
    """Longest run of words that instruction and written output may share. A title or a list of
    headings stays below it."""
    label_in_text: bool = False
    """Also refuse a classified text that contains the name of its own label."""

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if nothing is given away."""
        del documents
        finding = finding_of(item)
        if isinstance(finding, Answers):
            return self._answers(finding)
        if isinstance(finding, Labels):
            return self._labels(finding)
        if isinstance(finding, Writing):
            return self._writing(item)
        return None

    def _answers(self, finding: Answers) -> Rejected | None:
        if not finding.options:
            question = folded(finding.question)
            texts = [finding.answer] if finding.answer else [s.text for s in finding.spans]
            for text in texts:
                if (answer := folded(text)) and f" {answer} " in f" {question} ":
                    return Rejected("answer_in_question", text[:80])
            return None
        key = finding.answer or (finding.spans[0].text if finding.spans else "")
        rivals = [len(option) for option in finding.options if option != key]
        # A key that stands out by its length can be picked without reading.
        if key and rivals and len(key) > 2 * max(rivals) and len(key) > 20:
            return Rejected("longest_option", f"{len(key)} characters, the next has {max(rivals)}")
        return None

    def _labels(self, finding: Labels) -> Rejected | None:
        if self.label_in_text:
            text = f" {folded(finding.text.text)} "
            for label in finding.labels:
                if f" {folded(label)} " in text:
                    return Rejected("label_in_text", label)
        return None

    def _writing(self, item: Example) -> Rejected | None:
        width = self.max_shared_words + 1
        asked = tokens(item.instruction)
        if len(asked) < width:
            return None
        runs = {tuple(asked[i : i + width]): i for i in range(len(asked) - width + 1)}
        firsts = {run[0] for run in runs}
        given = known_tokens(item.output)
        found = [
            given[i : i + width]
            for i, word in enumerate(given)
            if word in firsts and given[i : i + width] in runs
        ]
        if found:
            first = min(found, key=runs.__getitem__)
            return Rejected("copied_run", " ".join(first))
        return None


def folded(text: str) -> str:
    """Lower-case words (characters, in Chinese) with spaces between them, for whole-word search."""
    return " ".join(tokens(text))


PART: type[Check] = Leak
